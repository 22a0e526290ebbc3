"""From leaves to an ordered, named graph with its branches."""

from __future__ import annotations

from constructs_lib import (
    ConditionEquals,
    ConditionStep,
    FailStep,
    get_step,
    step,
)
from constructs_lib.model.branches import Branch
from constructs_lib.model.graph import PipelineGraph, build_graph
from constructs_lib.model.steps import as_step


@step
def load():
    return 1


@step
def use(*values):
    return values


def graph_of(*leaves: object) -> PipelineGraph:
    graph, faults = build_graph([as_step(leaf, "steps") for leaf in leaves], [])
    assert faults == []
    return graph


def names_in(graph: PipelineGraph, branch: Branch | None) -> list[str]:
    return [graph.names[step] for step in graph.steps_in(branch)]


def test_steps_are_found_from_the_leaves() -> None:
    """Only the last steps are given; what they read is found, also when nested."""
    graph = graph_of(use([load(), {"k": (load(),)}]))
    assert list(graph.names.values()) == ["load", "load-2", "use"]


def test_later_calls_are_numbered_in_order_of_the_calls() -> None:
    """The second call of a function is its name and ``-2``, however the steps are wired."""
    first, second = load(), load()
    graph = graph_of(use(second, first))
    assert graph.names[get_step(first)] == "load"
    assert graph.names[get_step(second)] == "load-2"


def test_numbering_skips_chosen_names() -> None:
    """A number that somebody chose as a name is left out."""
    chosen = load.with_options(name="load-2")()
    graph = graph_of(use(load(), chosen, load()))
    assert list(graph.names.values()).count("load-2") == 1
    assert "load-3" in graph.names.values()


def test_steps_come_after_what_they_depend_on() -> None:
    """The order is that of the dependencies, and of the calls where these leave it open."""
    last = load()
    first = use()
    get_step(last).add_depends_on([first])
    graph = graph_of(last)
    assert [graph.names[s] for s in graph.steps] == ["use", "load"]


def test_cycle_is_a_fault_that_shows_the_circle() -> None:
    """Explicit dependencies can make a circle; it is named step by step."""
    one, two = load(), use()
    get_step(one).add_depends_on([two])
    get_step(two).add_depends_on([one])
    _, faults = build_graph([get_step(one)], [])
    assert len(faults) == 1
    assert "load" in faults[0].found
    assert "use" in faults[0].found
    assert "→" in faults[0].found


def test_step_that_only_a_branch_needs_runs_only_there() -> None:
    """What a branch's step reads moves into the branch, unless something outside reads it too."""
    measured, shared, only = load(), load(), load()
    gate = ConditionStep(
        "gate",
        conditions=[ConditionEquals(measured, 1)],
        if_steps=[use(only, shared)],
        else_steps=[FailStep("stop", "no")],
    )
    graph = graph_of(gate, use(shared))
    assert names_in(graph, None) == ["load", "load-2", "gate", "use-2"]
    assert names_in(graph, Branch(gate, "if_steps")) == ["load-3", "use"]
    assert names_in(graph, Branch(gate, "else_steps")) == ["stop"]


def test_step_needed_by_both_branches_runs_always() -> None:
    """A step that each branch needs stands before the condition."""
    shared = load()
    gate = ConditionStep(
        "gate", conditions=[ConditionEquals(1, 1)], if_steps=[use(shared)], else_steps=[use(shared)]
    )
    assert names_in(graph_of(gate), None) == ["load", "gate"]


def test_nested_conditions_hold_their_own_steps() -> None:
    """A condition inside a branch has branches of its own."""
    inner_only = load()
    inner = ConditionStep("inner", conditions=[ConditionEquals(1, 1)], if_steps=[use(inner_only)])
    outer = ConditionStep("outer", conditions=[ConditionEquals(1, 1)], if_steps=[inner])
    graph = graph_of(outer)
    assert names_in(graph, None) == ["outer"]
    assert names_in(graph, Branch(outer, "if_steps")) == ["inner"]
    assert names_in(graph, Branch(inner, "if_steps")) == ["load", "use"]


def test_listed_step_needed_outside_is_a_fault() -> None:
    """A step listed in a branch may not run, so nothing outside can depend on it."""
    inside = load()
    gate = ConditionStep("gate", conditions=[ConditionEquals(1, 1)], if_steps=[inside])
    _, faults = build_graph([gate, get_step(use(inside))], [])
    assert len(faults) == 1
    assert "listed in a branch and needed elsewhere" in faults[0].what


def test_step_in_both_branches_is_a_fault() -> None:
    """A step stands in one place of the definition."""
    inside = load()
    gate = ConditionStep(
        "gate", conditions=[ConditionEquals(1, 1)], if_steps=[inside], else_steps=[inside]
    )
    _, faults = build_graph([gate], [])
    assert "else_steps" in faults[0].found


def test_very_long_chains_are_ordered() -> None:
    """A chain longer than Python's recursion limit is no problem."""
    result = load()
    for _ in range(3000):
        result = use(result)
    assert len(graph_of(result).steps) == 3001
