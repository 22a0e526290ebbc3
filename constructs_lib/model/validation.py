"""The rules of a pipeline, one function a rule; all faults are reported together."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator

from constructs_lib.exceptions import Fault
from constructs_lib.model.cleanup_rules import cleanup_faults
from constructs_lib.model.expressions import parameter_names
from constructs_lib.model.file_systems import FileSystemInput
from constructs_lib.model.for_each_rules import for_each_faults
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.job_rules import job_faults
from constructs_lib.model.notebook_rules import notebook_faults
from constructs_lib.model.placement import Placement
from constructs_lib.model.steps import FailStep, Step
from constructs_lib.service.limits import (
    LONGEST_DESCRIPTION,
    LONGEST_HYPERPARAMETER,
    LONGEST_KEY,
    MOST_CHANNELS,
    MOST_HYPERPARAMETERS,
    MOST_PARAMETERS,
)

# API shapes StepName and PipelineName.
STEP_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
PIPELINE_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}")


def validate(graph: PipelineGraph, placements: dict[Step, Placement]) -> list[Fault]:
    """Return every fault of a pipeline, in the order of its steps within each rule."""
    faults = [fault for rule in _RULES for fault in rule(graph, placements)]
    others = (for_each_faults, job_faults, cleanup_faults, notebook_faults)
    return [*faults, *(fault for rules in others for fault in rules(graph))]


def claim(graph: PipelineGraph, pipeline: str) -> list[Fault]:
    """Make the steps those of one pipeline; a fault for each that is another's already.

    Args:
        graph: The pipeline's steps.
        pipeline: What identifies the pipeline in the app.
    """
    faults = [
        Fault(
            what=f"step {graph.names[step]!r} belongs to another pipeline",
            found=f"a step of {step.owner}",
            allowed=f"steps of {pipeline} only: results do not cross pipelines",
            mend="Call the function again for this pipeline.",
            location=step.location,
        )
        for step in graph.steps
        if step.owner not in {None, pipeline}
    ]
    if not faults:
        for step in graph.steps:
            step.owner = pipeline
    return faults


def _step_names(graph: PipelineGraph, _: dict[Step, Placement]) -> Iterator[Fault]:
    for step, name in graph.names.items():
        if not isinstance(name, str) or not STEP_NAME.fullmatch(name):
            yield Fault(
                what="a step has an invalid name",
                found=repr(name),
                allowed="1 to 64 letters, digits, '_' and '-'",
                mend=f"Pass name={_suggestion(str(name))!r}.",
                location=step.location,
            )


def _texts(graph: PipelineGraph, _: dict[Step, Placement]) -> Iterator[Fault]:
    for step, name in graph.names.items():
        for member, longest in (("display_name", 256), ("description", LONGEST_DESCRIPTION)):
            text = getattr(step, member)
            if text is not None and (not isinstance(text, str) or not len(text) <= longest):
                yield Fault(
                    what=f"step {name!r} has an unusable {member}",
                    found=f"{len(text)} characters" if isinstance(text, str) else repr(text),
                    allowed=f"a text of at most {longest:,} characters",
                    mend="Shorten it.",
                    location=step.location,
                )


def _unique_names(graph: PipelineGraph, _: dict[Step, Placement]) -> Iterator[Fault]:
    for name, count in Counter(graph.names.values()).items():
        if count > 1:
            places = [str(step.location) for step, other in graph.names.items() if other == name]
            yield Fault(
                what=f"{count} steps have the same name",
                found=f"{name!r} at {', '.join(places)}",
                allowed="names that are unique in the pipeline",
                mend="Give each its own name, or none: unnamed calls are numbered.",
                location=places[-1],
            )


def _unique_parameters(graph: PipelineGraph, _: dict[Step, Placement]) -> Iterator[Fault]:
    for name, count in Counter(parameter.name for parameter in graph.parameters).items():
        if count > 1:
            yield Fault(
                what=f"{count} parameters have the same name",
                found=repr(name),
                allowed="names that are unique in the pipeline",
                mend="Give each parameter to the pipeline once, under its own name.",
                location=next(p.location for p in graph.parameters if p.name == name),
            )
    if len(graph.parameters) > MOST_PARAMETERS:
        yield Fault(
            what="the pipeline has too many parameters",
            found=str(len(graph.parameters)),
            allowed=f"at most {MOST_PARAMETERS}",
            mend="Join parameters that are always set together.",
        )


def _declared_parameters(graph: PipelineGraph, _: dict[Step, Placement]) -> Iterator[Fault]:
    declared = [parameter.name for parameter in graph.parameters]
    for step in graph.steps:
        names = [name for e in step.expressions() for name in parameter_names(e)]
        for name in dict.fromkeys(names):
            if name not in declared:
                near = difflib.get_close_matches(name, declared, 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                yield Fault(
                    what=f"step {graph.names[step]!r} uses an undeclared parameter",
                    found=repr(name),
                    allowed=f"parameters given to the pipeline: {declared or 'none'}",
                    mend=f"Add it to Pipeline(parameters=[...]).{hint}",
                    location=step.location,
                )


def _channels(graph: PipelineGraph, placements: dict[Step, Placement]) -> Iterator[Fault]:
    for step, placement in placements.items():
        if len(placement.channels) + 1 > MOST_CHANNELS:
            yield channels_fault(graph.names[step], len(placement.channels), "its code", step)


def channels_fault(name: str, inputs: int, files: str, step: Step) -> Fault:
    """Return why a step has too many channels.

    Args:
        name: Of the step.
        inputs: How many results and S3 inputs it has.
        files: What else has a channel, in words.
        step: The step.
    """
    own = 1 + files.count(" and ")
    return Fault(
        what=f"step {name!r} has too many inputs",
        found=f"{inputs + own} channels: {files}, and {inputs} results or S3 inputs",
        allowed=f"at most {MOST_CHANNELS} channels, the service's limit",
        mend="Combine results in an intermediate step, or pass a whole tuple instead of its "
        "elements.",
        location=step.location,
    )


def _file_systems(graph: PipelineGraph, placements: dict[Step, Placement]) -> Iterator[Fault]:
    for name, step in graph.function_steps():
        mounts = [
            channel
            for channel, source in placements[step].channels.items()
            if isinstance(source, FileSystemInput)
        ]
        # Where one of the two is given, the settings' own rule asks for the other.
        if mounts and not step.settings.subnets and not step.settings.security_group_ids:
            yield Fault(
                what=f"step {name!r} mounts a file system outside of its VPC",
                found=f"FileSystemInput {mounts[0]!r}, no subnets and no security_group_ids",
                allowed="both: the service mounts file systems only inside a VPC",
                mend="Add subnets and security_group_ids from which the file system is reached.",
                location=step.location,
            )


def _isolated(graph: PipelineGraph, placements: dict[Step, Placement]) -> Iterator[Fault]:
    for name, step in graph.function_steps():
        resources = placements[step].resources
        if resources and step.settings.enable_network_isolation is True:
            kinds = ", ".join(type(one).__name__ for one in resources)
            yield Fault(
                what=f"step {name!r} has no network to reach the resources that it is given",
                found=f"{kinds}, and enable_network_isolation=True",
                allowed="S3Input and results of other steps, which SageMaker brings",
                mend="Use the resource in a step of its own, or leave the network on.",
                location=step.location,
            )


def _hyperparameters(graph: PipelineGraph, placements: dict[Step, Placement]) -> Iterator[Fault]:
    defaults = {p.name: p.default_value for p in graph.parameters}
    for step, placement in placements.items():
        name = graph.names[step]
        if len(placement.hyperparameters) > MOST_HYPERPARAMETERS:
            yield Fault(
                what=f"step {name!r} has too many arguments",
                found=f"{len(placement.hyperparameters)} plain values and variables",
                allowed=f"at most {MOST_HYPERPARAMETERS}, the service's limit for hyperparameters",
                mend="Group plain values in one list or dict argument.",
                location=step.location,
            )
        for key, value in placement.hyperparameters.items():
            used = [defaults[p] for p in parameter_names(value) if p in defaults]
            length = sum(len(d) for d in used if isinstance(d, str))
            if length > LONGEST_HYPERPARAMETER:
                yield Fault(
                    what=f"step {name!r}: argument {key!r} is too long",
                    found=f"{length} characters from parameter defaults",
                    allowed=f"at most {LONGEST_HYPERPARAMETER} characters",
                    mend="Pass the text as a literal, or put it into S3 and pass an S3Input.",
                    location=step.location,
                )
            if len(key) > LONGEST_KEY:
                yield Fault(
                    what=f"step {name!r} has an argument with too long a name",
                    found=f"{key[:40]!r}… of {len(key)} characters",
                    allowed=f"at most {LONGEST_KEY} characters",
                    mend="Shorten the argument's name or its keys.",
                    location=step.location,
                )


def _dependencies(graph: PipelineGraph, _: dict[Step, Placement]) -> Iterator[Fault]:
    for step in graph.steps:
        for other in step.upstream():
            if isinstance(other, FailStep):
                yield Fault(
                    what=f"step {graph.names[step]!r} depends on a FailStep",
                    found=repr(graph.names[other]),
                    allowed="steps that can succeed",
                    mend="Remove the dependency: nothing runs after a FailStep.",
                    location=step.location,
                )


def _suggestion(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:64] or "step-1"


_Rule = Callable[[PipelineGraph, dict[Step, Placement]], Iterator[Fault]]
_RULES: tuple[_Rule, ...] = (
    _step_names,
    _texts,
    _unique_names,
    _unique_parameters,
    _declared_parameters,
    _dependencies,
    _channels,
    _file_systems,
    _isolated,
    _hyperparameters,
)
