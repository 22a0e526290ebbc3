"""The execution as a graph: the steps of its definition, coloured by what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from constructs_lib.drawing.graph import Node, graph_of
from constructs_lib.drawing.svg import svg
from constructs_lib.local.execution import FAILED, NOT_RUN, STOPPED, SUCCEEDED, WAITING
from constructs_lib.report.markup import Html, element
from constructs_lib.report.record import CACHED, Run, StepRun
from constructs_lib.report.words import anchor, duration, several, state_class

# Which state of several iterations is that of their step: the first of these that one has.
_WORST = (FAILED, STOPPED, WAITING, NOT_RUN, SUCCEEDED, CACHED)


def graph(run: Run) -> Html:
    """Return the drawing."""
    if run.definition is None:
        text = "The run has not kept its definition: an older version of this library made it."
        return element("p", text, class_="quiet")
    steps = {step.name: step for step in run.steps}
    turns: dict[tuple[str, str], list[StepRun]] = {}
    for step in run.steps:
        name = step.name.rpartition("-")[0]
        turns.setdefault((step.for_each, name), []).append(step)
    drawn = graph_of(run.definition, f"Steps of {run.pipeline}")
    nodes = tuple(
        _iterated(node, turns.get((node.parent, node.name), []), run)
        if node.parent
        else _coloured(node, steps.get(node.name), run)
        for node in drawn.nodes
    )
    # It has escaped what it draws.
    return element("div", Html(svg(replace(drawn, nodes=nodes))), class_="graph")


def _coloured(node: Node, step: StepRun | None, run: Run) -> Node:
    if step is None:  # it was not selected
        return replace(node, state=state_class(NOT_RUN), note="not selected", details=())
    took = duration(step.seconds(run.until)) if step.has_run else ""
    href = f"#{anchor(step.name)}"
    return replace(
        node, state=state_class(step.state), note=took or step.instance_type, href=href, details=()
    )


def _iterated(node: Node, steps: Sequence[StepRun], run: Run) -> Node:
    """Return a step of the body of a ForEach step, for all of its iterations."""
    if len(steps) == 1:
        return _coloured(node, steps[0], run)
    states = Counter(step.state for step in steps)
    executing = [state for state in states if state not in _WORST]
    order = (FAILED, *executing, *_WORST)
    state = next((state for state in order if states[state]), NOT_RUN)
    first = next((step for step in steps if step.state == state), None)
    note = several(len(steps), "iteration")
    if states[FAILED]:
        note += f", {states[FAILED]} failed"
    href = f"#{anchor(first.name)}" if first else ""
    return replace(node, state=state_class(state), note=note, href=href, details=())
