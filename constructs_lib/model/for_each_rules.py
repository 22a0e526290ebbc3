"""The rules of ForEach steps and of the steps in their bodies, one function a rule.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.exceptions import Fault
from constructs_lib.model.expressions import reads_item
from constructs_lib.model.for_each import ForEachStep
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import FunctionStep


def for_each_faults(graph: PipelineGraph) -> list[Fault]:
    """Return every fault of ForEach steps."""
    rules = (_items_in_bodies, _names_of_iterations, _no_cache, _no_triggers)
    return [fault for rule in rules for fault in rule(graph)]


def _items_in_bodies(graph: PipelineGraph) -> Iterator[Fault]:
    for step in graph.steps:
        if step.for_each is None and any(map(reads_item, step.expressions())):
            yield Fault(
                what=f"step {graph.names[step]!r} uses the current item outside of a ForEachStep",
                found="CurrentItem()",
                allowed="CurrentItem in for_each_body",
                mend="Give the step to ForEachStep(for_each_body=[...]), or call .map(items).",
                location=step.location,
            )


def _names_of_iterations(graph: PipelineGraph) -> Iterator[Fault]:
    """The service calls the steps of the iterations ``<name in the body>-<index>``."""
    bodies = [graph.names[step] for step in graph.steps if step.for_each is not None]
    for step, name in graph.names.items():
        start = re.sub(r"-\d+$", "", str(name))
        if step.for_each is None and start != name and start in bodies:
            yield Fault(
                what=f"step {name!r} has the name of an iteration",
                found=f"{start!r} in the body of a ForEachStep, whose iterations are "
                f"{start}-0, {start}-1, ...",
                allowed=f"names other than {start}- and a number",
                mend="Give one of the steps another name.",
                location=step.location,
            )


def _no_cache(graph: PipelineGraph) -> Iterator[Fault]:
    for step in graph.steps:
        if step.for_each is None or not isinstance(step, (FunctionStep, RequestStep)):
            continue
        own = step.own_settings.cache_config if isinstance(step, FunctionStep) else None
        if own is not None and own.enable_caching:
            yield Fault(
                what=f"step {graph.names[step]!r} is cached in the body of a ForEachStep",
                found=f"cache_config={own!r}",
                allowed="no cache: all results of one execution are collected from one place",
                mend="Leave cache_config out, or cache the steps before and after.",
                location=step.location,
            )


def _no_triggers(graph: PipelineGraph) -> Iterator[Fault]:
    for step in graph.steps:
        body = step.for_each.body if isinstance(step.for_each, ForEachStep) else ()
        for other in step.triggers:
            if step.for_each is not None and other not in body:
                yield Fault(
                    what=f"step {graph.names[step]!r} waits for the failure of a step outside",
                    found=f"a StepDependency on {graph.names[other]!r}",
                    allowed="StepDependency in depends_on of the ForEachStep itself",
                    mend="Move it there.",
                    location=step.location,
                )
