"""From the leaves of a pipeline to all of its steps, in order, named, each in its branch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from constructs_lib.exceptions import Fault
from constructs_lib.model.branches import Branch, place_in_branches
from constructs_lib.model.naming import name_steps
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.settings import StepDefaults
from constructs_lib.model.steps import FunctionStep, Step


@dataclass(frozen=True)
class PipelineGraph:
    """A whole pipeline, ready to be packaged and rendered.

    Attributes:
        parameters: In the order given.
        steps: All steps; each after those it depends on, otherwise in the order of making.
        names: Step to its name, unique in the pipeline.
        branches: Step to the branch that it runs in; steps that always run have none.
    """

    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    names: dict[Step, str]
    branches: dict[Step, Branch | None]

    def steps_in(self, branch: Branch | None) -> list[Step]:
        """Return the steps that run directly in a branch, or those that always run."""
        return [step for step in self.steps if self.branches[step] == branch]

    def function_steps(self) -> Iterator[tuple[str, FunctionStep]]:
        """Yield name and step of each function step, in order."""
        for step in self.steps:
            if isinstance(step, FunctionStep):
                yield self.names[step], step

    def request_steps(self) -> Iterator[tuple[str, RequestStep]]:
        """Yield name and step of each step that is a request, in order."""
        for step in self.steps:
            if isinstance(step, RequestStep):
                yield self.names[step], step


def build_graph(
    leaves: Sequence[Step], parameters: Sequence[Parameter], defaults: StepDefaults | None = None
) -> tuple[PipelineGraph, list[Fault]]:
    """Find every step that the leaves need, order, name and place them.

    Args:
        leaves: The steps given to the pipeline; those they depend on are found.
        parameters: The parameters given to the pipeline.
        defaults: Settings that hold for every function step. Default: the built-in ones.

    Returns:
        The graph and the faults found on the way: cycles, and steps needed outside the branch
        they are listed in. With a cycle the order is that of making.
    """
    found, unknown = _reachable(leaves, defaults or StepDefaults())
    order, faults = _ordered(found)
    branches, branch_faults = place_in_branches(order, leaves)
    graph = PipelineGraph(tuple(parameters), tuple(order), name_steps(order), branches)
    return graph, [*unknown, *faults, *branch_faults]


def _reachable(leaves: Sequence[Step], defaults: StepDefaults) -> tuple[list[Step], list[Fault]]:
    seen: dict[Step, None] = {}
    pending = list(leaves)
    while pending:
        step = pending.pop()
        if step in seen:
            continue
        seen[step] = None
        if isinstance(step, FunctionStep) and step.owner is None:
            step.use_defaults(defaults)
        pending.extend(step.upstream())
        pending.extend(inner for entries in step.inner().values() for inner in entries)
    found = sorted(seen, key=lambda step: step.number)
    names = {step.base_name: step for step in reversed(found)}
    faults = [
        Fault(
            what=f"{step!r} depends on a step that is not in the pipeline",
            found=repr(name),
            allowed=", ".join(names),
            mend="Correct the name, or give the step itself.",
            location=step.location,
        )
        for step in found
        for name in step.resolve(names)
    ]
    return found, faults


def _ordered(steps: list[Step]) -> tuple[list[Step], list[Fault]]:
    predecessors = {step: {*step.upstream()} for step in steps}
    for step in steps:
        for entries in step.inner().values():
            for inner in entries:
                predecessors[inner].add(step)
    try:
        sorter = TopologicalSorter(predecessors)
        sorter.prepare()
    except CycleError as error:
        circle: list[Step] = error.args[1][::-1]
        path = " → ".join(step.base_name for step in circle)
        fault = Fault(
            what="steps depend on each other in a circle",
            found=path,
            allowed="steps that depend on earlier ones only",
            mend="Remove one of the dependencies.",
            location=circle[0].location,
        )
        return steps, [fault]
    order: list[Step] = []
    ready: list[Step] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=lambda step: step.number)
        step = ready.pop(0)
        order.append(step)
        sorter.done(step)
    return order, []
