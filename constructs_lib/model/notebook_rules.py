"""What the image of a notebook job needs to start."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.exceptions import Fault
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.notebook_job_step import NotebookJobStep

_JOB_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")

_Finding = tuple[str, str, str, str]


def notebook_faults(graph: PipelineGraph) -> Iterator[Fault]:
    """Yield the faults of every NotebookJobStep."""
    for name, step in graph.request_steps():
        if isinstance(step, NotebookJobStep):
            for what, found, allowed, mend in _findings(step):
                yield Fault(f"step {name!r}: {what}", found, allowed, mend, step.location)


def _findings(step: NotebookJobStep) -> Iterator[_Finding]:
    if not _JOB_NAME.fullmatch(step.notebook_job_name):
        yield (
            "notebook_job_name cannot name a notebook job",
            repr(step.notebook_job_name),
            "letters, digits, '_' and '-', a letter first",
            "Give another notebook_job_name.",
        )
    needed = {
        "image_uri": (
            step.arguments["AlgorithmSpecification"]["TrainingImage"],
            "the URI of an image that can run notebook jobs",
        ),
        "kernel_name": (
            step.arguments["Environment"]["SM_KERNEL_NAME"],
            "the name of a kernel in the image, such as 'python3'",
        ),
    }
    for name, (value, allowed) in needed.items():
        if value is None or (isinstance(value, str) and not value):
            yield (f"{name} is missing", repr(value), allowed, f"Add {name}.")
    network = step.arguments["VpcConfig"]
    if network is not None and not all(network.values()):
        given, missing = ("subnets", "security_group_ids")[:: 1 if network["Subnets"] else -1]
        yield (
            f"{given} without {missing} would leave the job outside of the VPC",
            f"no {missing}",
            "both, or neither",
            f"Add {missing}.",
        )
