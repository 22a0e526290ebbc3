"""The critical path, and how many steps ran at once."""

from __future__ import annotations

from constructs_lib.local.definition import parse_definition
from constructs_lib.report.path import critical_path
from constructs_lib.report.timeline import most_at_once
from tests.unit.report.runs import at, make_run, make_step


def test_path_follows_what_was_waited_for_longest() -> None:
    """Of the steps that a step waits for, the one that ended last is on the path."""
    run = make_run(
        make_step("short", 0, 5),
        make_step("long", 0, 9),
        make_step("join", 9, 12, depends_on=("short", "long")),
        make_step("aside", 5, 8, depends_on=("short",)),
    )
    assert critical_path(run) == ["long", "join"]


def test_path_leads_through_iterations() -> None:
    """Not a ForEach step is on the path, but what its last iteration waited for."""
    run = make_run(
        make_step("list", 0, 2),
        make_step("each", 2, 20, type="ForEach", depends_on=("list",)),
        make_step("read-0", 2, 3, for_each="each"),
        make_step("read-1", 2, 9, for_each="each"),
        make_step("fit-0", 3, 8, for_each="each", depends_on=("read-0",)),
        make_step("fit-1", 9, 20, for_each="each", depends_on=("read-1",)),
    )
    assert critical_path(run) == ["list", "read-1", "fit-1"]


def test_no_path_without_a_definition() -> None:
    """What waited for what is not guessed."""
    assert critical_path(make_run(make_step("a"), definition=None)) == []


def test_a_running_step_is_the_end() -> None:
    """A step without an end counts until the run was read."""
    run = make_run(make_step("a", 0, 5), make_step("b", 0, None), end=None, read=at(60))
    assert critical_path(run) == ["b"]


def test_counts_steps_at_once() -> None:
    """A step that ends as another begins is not beside it; cache hits and ForEach steps run nothing."""
    steps = [
        make_step("a", 0, 5),
        make_step("b", 5, 9),
        make_step("c", 6, 8),
        make_step("cached", 6, 8, cached_from="arn"),
        make_step("outer", 0, 9),
        make_step("inner", 6, 8, for_each="outer"),
    ]
    assert most_at_once(steps, at(9)) == 3
    assert most_at_once([], at(0)) == 0


def test_definition_order_does_not_matter() -> None:
    """The path is that of times, whatever the order of the steps."""
    steps = [make_step("b", 5, 9, depends_on=("a",)), make_step("a", 0, 5)]
    definition = parse_definition(
        {"Steps": [{"Name": "a", "Type": "Training"}, {"Name": "b", "Type": "Training"}]}
    )
    assert critical_path(make_run(*steps, definition=definition)) == ["a", "b"]
