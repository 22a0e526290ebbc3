"""An edit that changes one thing shows that thing, and whose it is, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.comparison import compare
from constructs_lib.review.snapshot import read_snapshots
from tests.e2e.variants import TEMPLATE, Edit, synthesize, write

STEPS, HELPERS, DEEP, APP = "shop/steps.py", "shop/helpers.py", "shop/deep.py", "app.py"
LOAD = '@step(instance_type="ml.m5.large", cache_config=CacheConfig(expire_after="P30D"))'
FIT = '    instance_type="ml.m5.xlarge",\n'
MODEL = "model = steps.fit(rows, depth=depth, rate=0.1)\n"
PIPELINE = '    pipeline_name="sales",\n'
GRANT = 'table.grant_read_data(pipeline.step("publish"))\n'


@dataclass(frozen=True)
class Case:
    """An edit, and what a reviewer is to be told of: steps, texts, parameters, schedules."""

    edits: tuple[Edit, ...]
    named: set[str]


def case(*named: str, edits: tuple[Edit, ...]) -> Case:
    return Case(edits, set(named))


def setting(text: str, step: str = "fit") -> Case:
    """A setting more in the decorator of a step."""
    return case(f"step {step}", edits=((STEPS, FIT, f"{FIT}    {text},\n"),))


CASES: dict[str, Case] = {
    "line of a step": case("step load", "steps.load", edits=((STEPS, "count + 1000", "count + 2000"),)),
    "docstring of a step": case("step load", "steps.load", edits=((STEPS, "Read the first", "Read some"),)),
    "helper": case("step fit", "helpers.scale", edits=((HELPERS, "len(row), factor", "len(row), factor + 1"),)),
    "helper of a helper": case("step fit", "deep.times", edits=((DEEP, "left * right", "left + right"),)),
    "constant of another module": case("step measure", "helpers.LIMIT", edits=((HELPERS, "LIMIT = 10", "LIMIT = 12"),)),
    "constant of the module": case("step load", "steps.COLUMNS", edits=((STEPS, '"day", "sum"', '"day", "total"'),)),
    "instance type": case("step fit", edits=((STEPS, "ml.m5.xlarge", "ml.m5.4xlarge"),)),
    "instance type of another": case("step load", edits=((STEPS, '"ml.m5.large"', '"ml.c5.xlarge"'),)),
    "warm pool": setting("keep_alive_period_in_seconds=600"),
    "size of the volume": setting("volume_size=100"),
    "longest run": setting("max_runtime_in_seconds=3600"),
    "spot": setting("use_spot_instances=True, max_wait_time_in_seconds=90_000"),
    "network isolation": setting("enable_network_isolation=True"),
    "image": setting('image_uri="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.5.1-cpu-py311-ubuntu22.04-sagemaker"'),
    "tag": setting('tags={"team": "sales"}'),
    "value of an environment variable": case("step fit", edits=((STEPS, '"info"', '"debug"'),)),
    "environment variable": case("step fit", edits=((STEPS, '"info"}', '"info", "MODE": "x"}'),)),
    "version of a requirement": case("step fit", "requirements of fit", edits=(("shop/requirements.txt", "2.2.0", "2.2.1"),)),
    "requirement": case("step fit", "requirements of fit", edits=(("shop/requirements.txt", "", "polars\n"),)),
    "cache": case("step load", edits=((STEPS, LOAD, LOAD.replace("P30D", "P7D")),)),
    "number as an argument": case("step load", edits=((APP, "count=3", "count=4"),)),
    "number as an argument of another": case("step fit", edits=((APP, "rate=0.1", "rate=0.2"),)),
    "text as an argument": case("step publish", edits=((APP, "gold", "silver"),)),
    "key of an input": case("step load", edits=((APP, '"sales.csv"', '"new.csv"'),)),
    "default of a parameter": case("parameter Depth", edits=((APP, "default_value=6", "default_value=7"),)),
    "values of a parameter": case("parameter Mode", edits=((APP, '["fast", "good"]', '["fast", "good", "best"]'),)),
    "threshold": case("step GoodEnough", edits=((APP, "2.5", "2.6"),)),
    "message": case("step TooWeak", edits=((APP, "the model is too weak", "too weak"),)),
    "order": case("step publish", edits=((APP, "steps.publish(", "steps.publish.with_options(depends_on=[rows])("),)),
    "time of a schedule": case("Nightly", edits=((APP, 'hour="2"', 'hour="3"'),)),
    "parameter of a schedule": case("Nightly", edits=((APP, '{"Depth": 8}', '{"Depth": 9}'),)),
    "wider grant": case("step publish", edits=((APP, "grant_read_data", "grant_read_write_data"),)),
    "grant": case("step measure", edits=((APP, GRANT, GRANT + GRANT.replace("publish", "measure")),)),
    "grant that is gone": case("step publish", edits=((APP, GRANT, ""),)),
    "steps at once": case("pipeline", edits=((APP, "steps=4", "steps=5"),)),
    "description": case("pipeline", edits=((APP, PIPELINE, f'{PIPELINE}    pipeline_description="Sales.",\n'),)),
}  # fmt: skip


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every variant, and the original as ""."""
    folder = tmp_path_factory.mktemp("changes")
    edits: dict[str, tuple[Edit, ...]] = {"": (), **{name: c.edits for name, c in CASES.items()}}
    return synthesize({name: write(folder / str(n), edits[name]) for n, name in enumerate(edits)})


def test_there_are_thirty() -> None:
    """The table is as long as is promised."""
    assert len(CASES) >= 30


@pytest.mark.parametrize("name", CASES)
def test_plain_cdk_diff_names_it(cdk: Callable, assemblies: dict[str, Path], name: str) -> None:
    """The real CLI, without any tool of ours."""
    output = cdk(
        *("diff", "Shop", "--app", str(assemblies[name]), "--method=template"),
        *("--template", str(assemblies[""] / TEMPLATE)),
        cwd=assemblies[""],
    )
    text = re.sub(r"\x1b\[\d*m", "", output.stdout + output.stderr)
    assert set(named_by_the_cli(text)) == CASES[name].named, text


@pytest.mark.parametrize("name", CASES)
def test_our_diff_names_it(assemblies: dict[str, Path], name: str) -> None:
    """``constructs-lib diff`` says the same."""
    (change,) = compare(read_snapshots(assemblies[""]), read_snapshots(assemblies[name]))
    assert set(named_by_us(change)) == CASES[name].named, change


def named_by_the_cli(text: str) -> Iterator[str]:
    """Yield what the changed resources and the changed lines of the definition belong to."""
    for resource in re.split(r"\n(?=\[[-+~]\] AWS::)", text)[1:]:
        head, *lines = resource.split("\n")
        kind, path = re.match(r"\[.\] (\S+) (\S+)", head).groups()
        if kind != "AWS::SageMaker::Pipeline":
            parts = path.removeprefix("Sales/").split("/")
            removed = re.fullmatch(r"SalesSteps(\w+)RoleDefaultPolicy\w{8}", path)
            step = removed[1] if removed else parts[1] if parts[0] == "Steps" else None
            yield f"step {step}" if step else parts[0]
            continue
        members = re.findall(r"^ [├└]─ \[.\] (\w+)", resource, re.MULTILINE)
        yield from ("pipeline" for member in members if member != "PipelineDefinition")
        for line in lines:
            label = re.match(r' +\[[-+]\] +"([^"|]+) \| ', line)
            code = re.match(r' +\[[-+]\] .*ContainerArguments.*"(\w+)\\" \],', line)
            if label:
                yield label[1]
            elif code:
                yield f"step {code[1]}"


def named_by_us(change: PipelineChange) -> Iterator[str]:
    """Yield what differs."""
    yield from (f"step {step.name}" for step in change.steps)
    yield from (text.name for text in change.texts)
    yield from (f"parameter {parameter.name}" for parameter in change.parameters)
    yield from ("pipeline" for _ in change.settings)
    yield from (schedule.name.split()[0] for schedule in change.schedules)
    yield from (permission.who for permission in (*change.granted, *change.revoked))
