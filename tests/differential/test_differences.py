"""The same pipelines, made by this library and by both versions of the SageMaker SDK.

``docs/explanation/differences.md`` lists every difference with its reason; its table is what these
tests read. A difference that is not listed fails, and so does a listed one that is gone.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.differential.normal_form import OUTCOMES, compare, flatten
from tests.differential.pipelines import PIPELINES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "explanation" / "differences.md"
NOTHING = "–"  # noqa: RUF001 - a dash, as the page has it
PEERS = {
    "2.x": ("sagemaker_v2", "SAGEMAKER_V2_PYTHON", "sagemaker>=2,<3"),
    "3.x": ("sagemaker_v3", "SAGEMAKER_V3_PYTHON", "sagemaker>=3,<4"),
}


@dataclass(frozen=True)
class Known:
    """A row of the page: patterns of a difference, in which ``*`` is any text.

    ``{value}`` in both values stands for the same text.
    """

    pipelines: str
    path: str
    peers: str
    here: str
    there: str
    reason: str

    def covers(self, pipeline: str, path: str, here: Any, there: Any) -> bool:
        """Tell whether a difference is the one of this row."""
        found = "\n".join((pipeline, path, _shown(here), _shown(there)))
        return re.fullmatch(self._regex, found, re.DOTALL) is not None

    @functools.cached_property
    def _regex(self) -> str:
        parts = re.split(
            r"(\*|\{value\})", "\n".join((self.pipelines, self.path, self.here, self.there))
        )
        named = iter(["(?P<value>.*)", "(?P=value)"])
        return "".join(
            ".*" if part == "*" else next(named) if part == "{value}" else re.escape(part)
            for part in parts
        )


def known_differences() -> list[Known]:
    """Return the rows of the page's table."""
    rows = []
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) == 6:
            rows.append(Known(*(cell.strip("`") for cell in cells)))
    return rows


@functools.cache
def definitions(module: str, python: str) -> dict[str, Any]:
    """Return each pipeline's definition, as one of the adapters makes it."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if module == "ours":
        environment["PYTHONPATH"] = str(ROOT)
    result = subprocess.run(
        [python, "-m", f"adapters.{module}"],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    made = json.loads(result.stdout)
    assert list(PIPELINES) == [name for name in PIPELINES if name in made]
    return dict(made)


def ours() -> dict[str, Any]:
    """Return what this library makes."""
    return definitions("ours", sys.executable)


@pytest.fixture(params=PEERS)
def peer(request: pytest.FixtureRequest) -> str:
    """The SDK's versions; skipped where there is no interpreter that has one."""
    name = str(request.param)
    _, variable, requirement = PEERS[name]
    if not os.environ.get(variable):
        pytest.skip(
            f"{variable} is not set: make a virtual environment, install '{requirement}' into it "
            f"and set the variable to its Python"
        )
    return name


def theirs(peer: str) -> dict[str, Any]:
    """Return what a version of the SDK makes."""
    module, variable, _ = PEERS[peer]
    return definitions(module, os.environ[variable])


def differences(peer: str) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield pipeline, path, our value and the peer's."""
    here, there = ours(), theirs(peer)
    for name in PIPELINES:
        found = compare(flatten(here[name]), flatten(there[name]))
        for path, (one, other) in found.items():
            yield name, path, one, other


def test_every_difference_is_listed(peer: str) -> None:
    """Nothing differs but what the page explains."""
    rows = [row for row in known_differences() if row.peers in {peer, "both"}]
    unknown = [
        f"{name}: {path}: here {_shown(here)}, there {_shown(there)}"
        for name, path, here, there in differences(peer)
        if not any(row.covers(name, path, here, there) for row in rows)
    ]
    assert not unknown, "\n".join(unknown)


def test_every_listed_difference_is_there(peer: str) -> None:
    """The page explains nothing that is not so."""
    found = list(differences(peer))
    rows = [row for row in known_differences() if row.peers in {peer, "both"}]
    gone = [row for row in rows if not any(row.covers(*difference) for difference in found)]
    assert not gone, "\n".join(map(str, gone))


def test_most_pipelines_are_compared_in_full(peer: str) -> None:
    """Both sides have a definition, so that the comparison is not one of refusals."""
    here, there = ours(), theirs(peer)
    made = [
        name
        for name in PIPELINES
        if not any(outcome in side[name] for side in (here, there) for outcome in OUTCOMES)
    ]
    assert len(made) >= 60


def test_what_is_refused_here_is_listed() -> None:
    """The page names each pipeline that this library does not make; needs no SDK."""
    listed = {
        row.pipelines: row.here
        for row in known_differences()
        if row.path == "outcome" and row.here != NOTHING
    }
    found = {name: flatten(made).get("outcome") for name, made in ours().items()}
    # What both sides refuse is no difference.
    both = {"unknown-step-by-name"}
    assert {name: it for name, it in found.items() if it and name not in both} == listed


def test_table_is_complete() -> None:
    """Every row has a peer that exists and a reason."""
    rows = known_differences()
    text = PAGE.read_text("utf-8")
    assert len(rows) == sum(line.startswith("| `") for line in text.splitlines())
    assert all(row.peers in {*PEERS, "both"} and row.reason.endswith(".") for row in rows)


@pytest.mark.parametrize(
    ("pipeline", "old", "new", "path"),
    [
        ("order-without-data", '"DependsOn": ["first"]', '"DependsOn": []', "steps/second/after"),
        ("linear", '"Name": "load"', '"Name": "read"', "steps/load/Type"),
        ("limits", '"VolumeSizeInGB": 100', '"VolumeSizeInGB": 10', None),
        ("limits", '"MaximumRetryAttempts": 3', '"MaximumRetryAttempts": 4', None),
        ("parameters-of-every-type", '"DefaultValue": true', '"DefaultValue": 1', None),
        ("parameter-with-enum-values", '["test", "live"]', '["live", "test"]', None),
        ("every-comparison", '"LessThan"', '"GreaterThan"', "steps/gate/Conditions"),
        ("every-comparison", '"RightValue": 9', '"RightValue": "9"', "steps/gate/Conditions"),
        ("in-not-and-or", '["a", "b", ', '["b", "a", ', "steps/gate/Conditions"),
        ("nested-branches", '"IfSteps"', '"ElseSteps"', None),
        ("items-of-results", "Parameters", "Parameters", None),
        ("settings-from-a-result", "['type']", "['kind']", "steps/train/ResourceConfig/*"),
        ("execution-variables", "Execution.PipelineArn", "Execution.PipelineName", None),
        ("retry-policies", '"ExpireAfterMin": 60', '"ExpireAfterMin": 61', None),
        ("callback-between-steps", '"OutputType": "Boolean"', '"OutputType": "String"', None),
        ("network-and-encryption", '"subnet-1", "subnet-2"', '"subnet-1"', None),
        ("conda-environment", '"science"', '"base"', "steps/train/conda"),
    ],
)
def test_comparison_sees(pipeline: str, old: str, new: str, path: str | None) -> None:
    """A change in a definition is a difference; an equal definition has none."""
    original = ours()[pipeline]
    text = json.dumps(original)
    changed = compare(flatten(original), flatten(json.loads(text.replace(old, new))))
    assert bool(changed) == (old != new)
    if path is not None:
        assert any(re.fullmatch(path.replace("*", ".*"), one) for one in changed)


def test_comparison_ignores_order_of_keys_and_steps() -> None:
    """Steps stand in any order, and so do the members of an object."""
    original = ours()["fan-out-fan-in"]
    turned = copy.deepcopy(original)
    turned["Steps"] = [dict(reversed(step.items())) for step in reversed(turned["Steps"])]
    assert compare(flatten(original), flatten(turned)) == {}


def _shown(value: Any) -> str:
    return NOTHING if value is None else str(value)
