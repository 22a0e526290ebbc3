"""What has to fit between a step, its code and its image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from constructs_lib.exceptions import Fault
from constructs_lib.model.images import DEFAULT_INTERPRETER, Image, version_text
from constructs_lib.model.instances import instance_types
from constructs_lib.model.settings import StepDefaults
from constructs_lib.service.images import AwsImage
from constructs_lib.service.instances import architecture_of, has_gpu


def given_image(settings: StepDefaults) -> Image | None:
    """Return the image that a step's settings name, or None if they name none.

    Of an image that is given by its URI alone, nothing is known: it is taken to be built for the
    step's instances. The Python of a conda environment is not that of the image.
    """
    image = settings.image_uri
    if image is None:
        return None
    if not isinstance(image, Image):
        types = [architecture_of(name) for name in instance_types(settings)]
        return Image.uri(image, architecture=types[0] if types else "x86_64")
    if settings.job_conda_env is not None and isinstance(image.source, AwsImage):
        return replace(image, python=None)
    return image


def image_faults(
    image: Image,
    settings: StepDefaults,
    *,
    step: str,
    exact_python: tuple[int, int] | None,
    location: str | None,
) -> Iterator[Fault]:
    """Yield why a step cannot run in an image.

    Args:
        image: The image.
        settings: The step's.
        step: The step's name.
        exact_python: The version of Python that its bundle needs; None if any from 3.9 on.
        location: The user's ``file:line``.
    """
    if exact_python is not None and image.python is not None and image.python != exact_python:
        yield Fault(
            what=f"step {step!r} cannot run on its image's Python",
            found=f"an image with Python {version_text(image.python)}, and a bundle for Python "
            f"{version_text(exact_python)} only, because the function or an argument is pickled "
            "by value",
            allowed=f"an image with Python {version_text(exact_python)}",
            mend="Define the function at the top level of a module, so that it ships as source; "
            f"or give another image_uri, or synthesize with Python {version_text(image.python)}.",
            location=location,
        )
    for name in instance_types(settings):
        if architecture_of(name) != image.architecture:
            yield Fault(
                what=f"step {step!r} has an image that its instances cannot run",
                found=f"an image for {image.architecture}, and {name}, which is "
                f"{architecture_of(name)}",
                allowed=f"instances with processors of {image.architecture}",
                mend="Choose another instance_type, or give an image for it: "
                f"Image.uri(..., architecture={architecture_of(name)!r}).",
                location=location,
            )
    if settings.job_conda_env is not None and image.interpreter != DEFAULT_INTERPRETER:
        yield Fault(
            what=f"step {step!r}: job_conda_env and the image's interpreter exclude each other",
            found=f"job_conda_env={settings.job_conda_env!r} and interpreter={image.interpreter!r}",
            allowed="one of the two",
            mend="Leave the interpreter out: the environment's python3 runs the step.",
            location=location,
        )


def image_warning(image: Image, settings: StepDefaults) -> str | None:
    """Return what is odd about a step's image, or None."""
    types = list(instance_types(settings))
    if image.gpu and types and not any(map(has_gpu, types)):
        return f"the step's image is built for GPUs, which {types[0]} does not have"
    return None
