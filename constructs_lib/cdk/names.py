"""Physical names: of the pipeline, and the prefixes of its jobs."""

from __future__ import annotations

import hashlib
import re

from constructs_lib.model.requests import RequestStep
from constructs_lib.model.variables import as_expression
from constructs_lib.service.step_types import step_type_of

# A job's name is "<prefix>-<execution id>-<token>-<retries>", at most 63 characters.
# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html
LONGEST_JOB_PREFIX = 38

# The pipeline's share of it, so that one IAM pattern covers all of its jobs.
_LONGEST_PIPELINE_PART = 18


def physical_name(path: str) -> str:
    """Return a pipeline name for a construct path.

    Lower case: the service lower-cases ARNs, and IAM patterns are compared case by case.

    Args:
        path: The stack's name and the construct's path inside it, joined by ``/``.
    """
    return shortened(_kebab(path), 80)


def pipeline_job_prefix(pipeline: str) -> str:
    """Return what the names of all jobs of a pipeline begin with."""
    return shortened(_kebab(pipeline), _LONGEST_PIPELINE_PART)


def job_prefix(pipeline: str, step: str, chosen: object = None) -> str:
    """Return what names of a step's jobs begin with: the choice, else ``<pipeline>-<step>``."""
    if isinstance(chosen, str):
        return chosen
    start = pipeline_job_prefix(pipeline)
    return f"{start}-{shortened(_kebab(step), LONGEST_JOB_PREFIX - len(start) - 1)}"


def request_job_prefix(pipeline_name: str, name: str, step: RequestStep) -> str:
    """Return what the names of a step's jobs begin with."""
    kind = step_type_of(step.step_type)
    chosen = step.arguments.get(kind.job_name) if kind.job_name else None
    if isinstance(chosen, str):
        return chosen
    return job_prefix(pipeline_name, name)[: kind.longest_prefix].rstrip("-")


def known_name(given: object) -> str:
    """Return a name; ``*`` if it is not known at synthesis."""
    known = given is not None and isinstance(as_expression(given, "a name"), str)
    return str(given) if known else "*"


def shortened(name: str, length: int) -> str:
    """Return a name cut to a length, with a hash of the whole if something is cut."""
    if len(name) <= length:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: length - 7].rstrip('-')}-{digest}"


def _kebab(name: str) -> str:
    """Keep letters, digits and single dashes, in lower case; a hash if nothing is left."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join(words) or hashlib.sha256(name.encode()).hexdigest()[:6]
