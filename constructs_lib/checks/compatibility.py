"""Whether a step's code, its image and its instances fit together.

Synthesis refuses what does not fit an ``Image``; of an image that is given by its URI alone, or
for a step that is a request, it knows nothing. Here the URI says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from constructs_lib.checks.findings import ERROR, WARNING, Finding
from constructs_lib.checks.jobs import jobs_of
from constructs_lib.checks.subject import Subject
from constructs_lib.local.definition import StepDefinition
from constructs_lib.service.images import python_of
from constructs_lib.service.instances import architecture_of, has_gpu

# What the tags and the repositories of AWS's images say of the machine.
_PROCESSOR = re.compile(r":(?:.*-)?(cpu|gpu)(?:-|$)")
_ARM = re.compile(r"(?:arm64|graviton)")
_AWS = re.compile(r"\d{12}\.dkr\.ecr\.[^/]+/[^:@]+[:@]")
_OLDEST_PYTHON = (3, 9)


def compatibility_findings(subject: Subject) -> Iterator[Finding]:
    """Yield what does not fit."""
    for step in subject.steps:
        image = _image(subject, step)
        if image is None:
            continue
        for level, rule, what, allowed, mend in _of_step(subject, step, image):
            yield Finding(level, rule, subject.name, step.name, what, allowed, mend)


def _of_step(
    subject: Subject, step: StepDefinition, image: str
) -> Iterator[tuple[str, str, str, str, str]]:
    python, bundle = python_of(image), subject.bundles.get(step.name)
    if bundle is not None and python is not None:
        has, needs = ".".join(map(str, python)), bundle.exact_python
        if needs is not None and needs != has:
            yield (
                *(ERROR, "python", f"has code for Python {needs}, in an image with Python {has}"),
                f"an image with Python {needs} would do",
                "Define the function at the top level of a module, or give another image_uri.",
            )
        elif python < _OLDEST_PYTHON:
            yield (
                *(ERROR, "python", f"has an image with Python {has}"),
                "an image with Python 3.9 or later would do",
                "Give another image_uri.",
            )
    types = {job.instance_type for job in jobs_of(subject, step)} - {None}
    built_for = "arm64" if _ARM.search(image) else "x86_64" if python is not None else None
    processor = _PROCESSOR.search(image)
    for name in sorted(map(str, types)):
        if built_for not in {None, architecture_of(name)}:
            yield (
                *(ERROR, "architecture", f"has an image for {built_for} on {name}"),
                f"{name} runs images for {architecture_of(name)}",
                "Choose another instance_type, or another image_uri.",
            )
        elif processor is not None and (processor[1] == "gpu") != has_gpu(name):
            odd = "has no GPUs" if processor[1] == "gpu" else "has GPUs, which it does not use"
            yield (
                *(WARNING, "gpu", f"has an image for {processor[1].upper()}s on {name}"),
                f"{name} {odd}",
                "Choose another instance_type, or another image_uri.",
            )


def _image(subject: Subject, step: StepDefinition) -> str | None:
    """Return the URI of a job's image, if it is of a registry of AWS's and known."""
    for part in ("AlgorithmSpecification", "AppSpecification"):
        specification: Any = step.arguments.get(part)
        if isinstance(specification, dict):
            uri = subject.known(specification.get("TrainingImage", specification.get("ImageUri")))
            if isinstance(uri, str) and _AWS.match(uri):
                return uri
    return None
