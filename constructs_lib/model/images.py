"""Container images, as data: where they come from, and what is known of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_folder, caller_location
from constructs_lib.model.values import TOKEN_MARKER
from constructs_lib.model.variables import PipelineVariable
from constructs_lib.service.images import AwsImage, find_image, known_versions

if TYPE_CHECKING:
    from pathlib import Path

Architecture = Literal["x86_64", "arm64"]

#: The oldest Python that a step runs on.
OLDEST_PYTHON = (3, 9)
DEFAULT_INTERPRETER = "python3"

_PYTHON = re.compile(r"3\.(\d{1,2})")
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_REPOSITORY = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*")
_ARCHITECTURES = ("x86_64", "arm64")


@dataclass(frozen=True)
class UriSource:
    """An image by its URI: text, or a variable of the pipeline."""

    uri: str | PipelineVariable


@dataclass(frozen=True)
class RepositorySource:
    """An image in an ECR repository.

    Attributes:
        repository: ``IRepository``, or the name of one in the stack's account and Region.
        tag: Tag, or digest.
    """

    repository: Any
    tag: str


@dataclass(frozen=True)
class FolderSource:
    """An image that is built of a folder when the app is deployed.

    Attributes:
        directory: Absolute path.
        file: The Dockerfile, relative to the folder; None for the usual one.
        build_args: Of the build.
    """

    directory: str
    file: str | None
    build_args: Mapping[str, str]


ImageSource = UriSource | RepositorySource | FolderSource | AwsImage


@dataclass(frozen=True)
class Image:
    """The container image of a step's job: a value of the setting ``image_uri``.

    Made by one of the class methods. A step runs in any image that has Python 3.9 or later;
    nothing else has to be in it.

    Attributes:
        source: Where the image comes from.
        python: Major and minor version of its Python; None if that is not known.
        architecture: Of the processors that it is built for.
        interpreter: The Python that runs the step: a program on the image's PATH, or its path.
        gpu: Whether it is built for GPUs.
    """

    source: ImageSource
    python: tuple[int, int] | None
    architecture: Architecture = "x86_64"
    interpreter: str = DEFAULT_INTERPRETER
    gpu: bool = False

    def __post_init__(self) -> None:
        if self.architecture not in _ARCHITECTURES:
            _refuse(
                "an image has an unknown architecture",
                repr(self.architecture),
                " or ".join(map(repr, _ARCHITECTURES)),
                "Give that of the instances' processors.",
            )
        if not isinstance(self.interpreter, str) or not self.interpreter.strip():
            _refuse(
                "an image has an unusable interpreter",
                repr(self.interpreter),
                "a program's name or path",
                "Give 'python', or a path such as '/opt/conda/bin/python'.",
            )

    @classmethod
    def uri(
        cls,
        uri: str | PipelineVariable,
        *,
        python: str | None = None,
        architecture: Architecture = "x86_64",
        interpreter: str = DEFAULT_INTERPRETER,
    ) -> Image:
        """Return an image by its URI.

        Args:
            uri: With tag or digest; a parameter or another variable of the pipeline may stand for
                it.
            python: Its Python, such as ``3.11``. Default: not known.
            architecture: ``x86_64`` or ``arm64``.
            interpreter: The Python that runs the step.

        Raises:
            StepError: An argument is wrong.
        """
        if not isinstance(uri, (str, PipelineVariable)) or (isinstance(uri, str) and not uri):
            _refuse(
                "Image.uri has no URI",
                repr(uri),
                "a text, or a variable of the pipeline",
                "Give '<account>.dkr.ecr.<Region>.amazonaws.com/<repository>:<tag>'.",
            )
        return cls(UriSource(uri), _version(python), architecture, interpreter)

    @classmethod
    def from_ecr(
        cls,
        repository: Any,
        tag: str = "latest",
        *,
        python: str | None = None,
        architecture: Architecture = "x86_64",
        interpreter: str = DEFAULT_INTERPRETER,
    ) -> Image:
        """Return an image in an ECR repository; steps that use it may pull from it.

        Args:
            repository: ``aws_ecr.IRepository``, or the name of a repository in the account and
                Region of the stack.
            tag: Tag of the image, or its digest, ``sha256:...``.
            python: Its Python, such as ``3.11``. Default: not known.
            architecture: ``x86_64`` or ``arm64``.
            interpreter: The Python that runs the step.

        Raises:
            StepError: An argument is wrong.
        """
        is_name = isinstance(repository, str)
        named = is_name and (_REPOSITORY.fullmatch(repository) or TOKEN_MARKER in repository)
        if not named and (is_name or not hasattr(repository, "repository_name")):
            _refuse(
                "Image.from_ecr has an unusable repository",
                repr(repository),
                "an aws_ecr.IRepository, or a name such as 'team/train'",
                "Give Image.uri(...) for an image by its URI.",
            )
        source = RepositorySource(repository, tag)
        return cls(source, _version(python), architecture, interpreter)

    @classmethod
    def from_asset(
        cls,
        directory: str | Path,
        *,
        python: str | None = None,
        file: str | None = None,
        build_args: Mapping[str, str] | None = None,
        architecture: Architecture = "x86_64",
        interpreter: str = DEFAULT_INTERPRETER,
    ) -> Image:
        """Return an image that ``cdk deploy`` builds and publishes; synthesis needs no Docker.

        Args:
            directory: Folder with the Dockerfile, relative to the file of this call.
            python: Its Python, such as ``3.11``. Default: not known.
            file: Name of the Dockerfile, relative to the folder. Default: ``Dockerfile``.
            build_args: Of the build.
            architecture: ``x86_64`` or ``arm64``; it is built for that.
            interpreter: The Python that runs the step.

        Raises:
            StepError: There is no Dockerfile, or another argument is wrong.
        """
        folder = caller_folder() / directory
        dockerfile = folder / (file or "Dockerfile")
        if not dockerfile.is_file():
            _refuse(
                "Image.from_asset finds no Dockerfile",
                repr(str(directory)),
                "a folder with a Dockerfile, relative to the file of this call",
                "Correct the path, or name the Dockerfile with file=.",
            )
        source = FolderSource(str(folder.resolve()), file, dict(build_args or {}))
        return cls(source, _version(python), architecture, interpreter)

    @classmethod
    def scikit_learn(cls, version: str) -> Image:
        """Return AWS's image with scikit-learn, such as ``1.4-2``.

        https://docs.aws.amazon.com/sagemaker/latest/dg/pre-built-docker-containers-scikit-learn-spark.html

        Raises:
            StepError: The version is not known; as for the other images that AWS builds.
        """
        return cls._built("scikit_learn", version)

    @classmethod
    def xgboost(cls, version: str) -> Image:
        """Return AWS's image with XGBoost, such as ``3.0-5``; it uses GPUs where there are some.

        https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html
        """
        return cls._built("xgboost", version)

    @classmethod
    def pytorch(cls, version: str, *, gpu: bool = False) -> Image:
        """Return AWS's training image with PyTorch, such as ``2.5.1``, or ``2.5``.

        https://github.com/aws/deep-learning-containers/blob/master/available_images.md
        """
        return cls._built("pytorch", version, gpu=gpu)

    @classmethod
    def tensorflow(cls, version: str, *, gpu: bool = False) -> Image:
        """Return AWS's training image with TensorFlow, such as ``2.19.0``, or ``2.19``.

        https://github.com/aws/deep-learning-containers/blob/master/available_images.md
        """
        return cls._built("tensorflow", version, gpu=gpu)

    @classmethod
    def sagemaker_distribution(cls, version: str, *, gpu: bool = False) -> Image:
        """Return the image of SageMaker Studio with many libraries, such as ``2.0``.

        https://github.com/aws/sagemaker-distribution
        """
        return cls._built("sagemaker_distribution", version, gpu=gpu)

    @classmethod
    def base_python(cls, version: str) -> Image:
        """Return the image with Python alone that the SageMaker SDK's ``@step`` uses by default.

        Args:
            version: Of Python.
        """
        return cls._built("base_python", version)

    @classmethod
    def _built(cls, family: str, version: str, *, gpu: bool = False) -> Image:
        found = find_image(family, version, gpu=gpu) if isinstance(version, str) else None
        if found is None:
            known = ", ".join(repr(name) for name in known_versions(family))
            _refuse(
                f"Image.{family} has an unknown version",
                repr(version),
                known,
                "Take one of them, or give Image.uri(...) for another image.",
            )
        return cls(found, found.python, gpu=gpu)

    @property
    def given_uri(self) -> str | PipelineVariable | None:
        """The URI as the user gave it; None if the image was named in another way."""
        return self.source.uri if isinstance(self.source, UriSource) else None


def version_text(python: tuple[int, int]) -> str:
    """Return a version of Python as it is written: ``3.11``."""
    return f"{python[0]}.{python[1]}"


def _version(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _PYTHON.fullmatch(text) if isinstance(text, str) else None
    if match is None or (3, int(match[1])) < OLDEST_PYTHON:
        _refuse(
            "an image has a Python that steps cannot run on",
            repr(text),
            "a major and minor version from '3.9' on, such as '3.11'",
            "Use an image with a later Python."
            if match
            else "Correct it, or leave it out if it is not known.",
        )
    return 3, int(match[1])


def _refuse(what: str, found: str, allowed: str, mend: str) -> NoReturn:
    raise StepError(Fault(what, found, allowed, mend, caller_location()))
