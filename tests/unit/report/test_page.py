"""The page: safe whatever is in it, of bounded size, readable without scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from constructs_lib.local.definition import parse_definition
from constructs_lib.report.page import page
from constructs_lib.report.record import Data, Item, Log, Preview, Table
from constructs_lib.report.words import dollars, duration, size
from tests.unit.report.runs import large_run, make_definition, make_run, make_step

HOSTILE = '" onload="alert(2)"></pre></script><script>alert(\'x\')</script><img src=x>'


class Reader(HTMLParser):
    """Collects elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def test_hostile_content_stays_text() -> None:
    """Tags and quotes in names, logs, values, files and reasons make no element and attribute."""
    shown = Table((HOSTILE,), ((HOSTILE,),))
    step = make_step(
        HOSTILE,
        type=HOSTILE,
        status="Failed",
        reason=HOSTILE,
        instance_type=HOSTILE,
        instance_count=1,
        arguments={HOSTILE: HOSTILE},
        settings={HOSTILE: HOSTILE},
        metrics={HOSTILE: 1.0},
        result={HOSTILE: HOSTILE},
        inputs=(Data(HOSTILE, HOSTILE, HOSTILE, note=HOSTILE),),
        outputs=(
            Data("o", "", items=(Item(HOSTILE, 1, HOSTILE, Preview(HOSTILE, shown, HOSTILE)),)),
        ),
        log=Log(HOSTILE, HOSTILE, 5, HOSTILE),
        code=HOSTILE,
        job=HOSTILE,
        item=HOSTILE,
        for_each=HOSTILE,
        cached_from=HOSTILE,
    )
    harmless = make_run(make_step("a"))
    run = make_run(
        step,
        pipeline=HOSTILE,
        execution_id=HOSTILE,
        place=HOSTILE,
        reason=HOSTILE,
        parameters={HOSTILE: HOSTILE},
        definition=harmless.definition,
    )
    earlier = replace(run, parameters={HOSTILE: "other"})
    found = Reader(page(run, {HOSTILE: 1.0}, earlier))
    assert found.count("script") == 1
    assert found.count("img") == 0
    assert not [name for _, given in found.tags for name in given if name.startswith("on")]


def test_nothing_else_runs_and_nothing_is_loaded() -> None:
    """The policy allows the page's own script by its hash, and images that are in the page."""
    text = page(large_run(3), {})
    policy = next(
        str(given["content"]) for tag, given in Reader(text).tags if "http-equiv" in given
    )
    script = re.search(r"<script>(.*)</script>", text, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{digest}'" in policy
    addresses = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert {address[0] for address in addresses} == {"#"}


@pytest.mark.parametrize("count", [1, 50, 500])
def test_size_is_bounded(count: int) -> None:
    """The page of 500 steps stays below 5 MB."""
    text = page(large_run(count), {"ml.m5.xlarge": 0.2})
    assert len(text.encode()) < 5_000_000
    assert Reader(text).count("details") >= count


def test_is_readable_without_scripts() -> None:
    """Controls that do nothing without scripts are hidden; each step's details can be opened."""
    found = Reader(page(large_run(14), {}))
    hidden = [given.get("id") for _, given in found.tags if "hidden" in given]
    assert hidden == ["filter", "folding"]
    links = {str(given["href"]) for tag, given in found.tags if tag == "a"}
    targets = {f"#{given['id']}" for tag, given in found.tags if tag == "details" and "id" in given}
    assert links <= targets
    assert found.count("summary") == found.count("details")


def test_no_two_elements_have_one_id() -> None:
    """Links lead to one place."""
    found = [str(given["id"]) for _, given in Reader(page(large_run(20), {})).tags if "id" in given]
    assert len(found) == len(set(found))


def test_a_failed_step_is_open_with_its_reason_first() -> None:
    """The reason stands in the head, and on top of the step's details."""
    run = make_run(
        make_step("a"), make_step("b", status="Failed", reason="no rows"), status="Failed"
    )
    text = page(run, {})
    assert re.search(r"What failed.*no rows", text)
    assert re.search(
        r'<details id="step-b" class="step" open>.*?<div class="body"><pre[^>]*>no rows', text
    )
    assert '<details id="step-a" class="step">' in text


def test_colour_is_not_the_only_sign() -> None:
    """Each state has a word and a sign of its own."""
    text = page(large_run(17), {})
    found = set(re.findall(r'aria-hidden="true">([^<]+)</span>([A-Z][a-z ]+)</span>', text))
    assert {word for _, word in found} == {
        *("Succeeded", "Failed", "Executing", "Stopped", "Cached", "Not run")
    }
    assert len({sign for sign, _ in found}) == len(found)


def test_a_cut_log_says_how_much_is_left_out() -> None:
    """And where all of it is."""
    text = page(make_run(make_step("a", log=Log("begin", "end", 1234, "logs/a.log"))), {})
    assert "1,234 characters are left out here. All of it: logs/a.log" in text
    assert text.index("begin") < text.index("1,234 characters") < text.index("end</pre>")
    assert "left out" not in page(make_run(make_step("a", log=Log("begin", "end"))), {})


def test_a_running_execution_says_so() -> None:
    """The page tells of when it is."""
    steps = make_step("a", end=None), make_step("b", start=0, status="Waiting", end=None)
    steps = steps[0], replace(steps[1], start=None)
    text = page(make_run(*steps, status="Executing", end=None), {})
    assert "1 step did not begin so far" in text
    assert re.search(r'<g class="node waiting" data-step="b"', text)
    assert "still executing when this was written" in text


def test_a_run_without_a_definition_has_no_graph() -> None:
    """The page says why."""
    assert "has not kept its definition" in page(make_run(make_step("a"), definition=None), {})


def test_prices_are_asked_for() -> None:
    """Without prices there is no cost, but the time of each type."""
    run = make_run(make_step("a", instance_type="ml.m5.large", instance_count=3))
    assert "--prices" in page(run, {})
    assert "estimated cost" not in page(run, {})
    assert "$360.00" in page(run, {"ml.m5.large": 43_200.0})


def test_durations_sizes_and_sums_in_words() -> None:
    """Each with what says something, and a unit."""
    seconds = [0, 0.04, 0.9999, 9.94, 59.4, 61, 3599.6, 7380, 100_000]
    assert [duration(value) for value in seconds] == [
        *("0 s", "40 ms", "1.0 s", "9.9 s", "59 s", "1 min 01 s", "1 h 00 min"),
        *("2 h 03 min", "1 d 3 h"),
    ]
    assert [size(count) for count in (0, 999, 1500, 2_000_000)] == [
        "0 B",
        "999 B",
        "1.5 KB",
        "2.0 MB",
    ]
    assert [dollars(x) for x in (0, 0.000053, 0.037, 1234.5)] == [
        "$0.00",
        "$0.000053",
        "$0.037",
        "$1,234.50",
    ]


def test_graph_shows_states_and_leads_to_details() -> None:
    """A step of the graph has its state's class and a link; one that is not in the run is told."""
    steps = make_step("a"), make_step("b", status="Failed", depends_on=("a",))
    run = make_run(*steps, definition=make_definition(*steps, make_step("c")))
    text = page(run, {})
    assert re.search(r'<a href="#step-a"><g class="node succeeded" data-step="a"', text)
    assert re.search(r'<a href="#step-b"><g class="node failed" data-step="b"', text)
    assert re.search(r'<g class="node not-run" data-step="c"', text)
    assert "not selected" in text


def test_graph_sums_up_iterations() -> None:
    """A step of a ForEach body is drawn once: by its worst iteration, which it leads to."""
    definition = parse_definition(
        {
            "Steps": [
                {
                    "Name": "each",
                    "Type": "ForEach",
                    "Arguments": {"ForEachBody": [{"Name": "fit", "Type": "Training"}]},
                }
            ]
        }
    )
    turns = [
        make_step("each", type="ForEach", status="Failed"),
        make_step("fit-0", for_each="each"),
        make_step("fit-1", for_each="each", status="Failed"),
        make_step("fit-2", for_each="each"),
    ]
    text = page(make_run(*turns, definition=definition), {})
    assert re.search(r'<a href="#step-fit-1"><g class="node failed" data-step="fit"', text)
    assert "3 iterations, 1 failed" in text
