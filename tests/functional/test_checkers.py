"""cdk-nag and cfn-lint find nothing, and what the library asks them to pass over has reasons."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from constructs_lib import Pipeline
from constructs_lib.cdk import wildcards
from sample_app.stack import TrainingStack
from tests.samples import classic_app, kitchen_app
from tests.unit.cdk.test_long_definitions import rows, work

ACKNOWLEDGED = "aws:cdk:acknowledged-rules"


def sample_app() -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    TrainingStack(app, "Training")
    return app


def long_app() -> cdk.App:
    """An app with a definition that has no room in the template."""
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Long")
    Pipeline(
        stack,
        "P",
        steps=[work(5, 3), rows(3000)],
        encryption_key=kms.Key(stack, "Key", enable_key_rotation=True),
    )
    return app


APPS: dict[str, Callable[[], cdk.App]] = {
    "sample": sample_app,
    "kitchen": kitchen_app.make_app,
    "classic": classic_app.make_app,
    "long": long_app,
}
every_app = pytest.mark.parametrize("make", APPS.values(), ids=list(APPS))


def nodes(app: cdk.App) -> Iterator[Any]:
    """Yield every construct of an app."""
    return iter(app.node.find_all())


def acknowledgements(app: cdk.App) -> dict[str, dict[str, str]]:
    """Return path to rule to reason, of constructs below a pipeline."""
    return {
        node.node.path: {
            rule: reason
            for entry in node.node.metadata
            if entry.type == ACKNOWLEDGED
            for rule, reason in entry.data.items()
        }
        for node in nodes(app)
        if any(entry.type == ACKNOWLEDGED for entry in node.node.metadata)
    }


@every_app
def test_cdk_nag_finds_nothing(make: Callable[[], cdk.App]) -> None:
    """Its rules for AWS solutions hold for everything that the library makes."""
    cdk_nag = pytest.importorskip("cdk_nag")
    app = make()
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    app.synth()  # fails with a report if there are findings


def test_cdk_nag_does_look() -> None:
    """It finds a wildcard that somebody grants besides."""
    cdk_nag = pytest.importorskip("cdk_nag")
    app = sample_app()
    (step,) = (node for node in nodes(app) if node.node.path.endswith("/Steps/split"))
    step.role.add_to_principal_policy(
        cdk.aws_iam.PolicyStatement(actions=["s3:*"], resources=["arn:aws:s3:::other/*"])
    )
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match=r"IAM5\[Action::s3:\*\]"):
        app.synth()


@every_app
def test_cfn_lint_finds_nothing(make: Callable[[], cdk.App]) -> None:
    """Templates are valid, down to each property's format."""
    folder = Path(make().synth().directory)
    templates = [str(path) for path in folder.glob("*.template.json")]
    assert templates
    program = Path(sys.executable).parent / "cfn-lint"
    result = subprocess.run(
        [program, "--regions", "eu-west-1", "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@every_app
def test_only_wildcards_that_are_there_are_passed_over(make: Callable[[], cdk.App]) -> None:
    """Each acknowledgement is about a resource of the very step's policies, and has a reason."""
    app = make()
    found = acknowledgements(app)
    template = json.dumps(app.synth().stacks[0].template)
    ours = {
        path: rules
        for path, rules in found.items()
        if "/Steps/" in path or path.endswith("/Definition")
    }
    assert ours
    for path, rules in ours.items():
        for rule, reason in rules.items():
            assert reason in {wildcards.CODE, wildcards.NO_RESOURCES, *wildcards.REASONS.values()}
            resource = rule.partition("[Resource::")[2].removesuffix("]")
            assert "*" in resource, path
            # The part behind the last reference stands in the template as it is.
            assert resource.rpartition(">")[2] in template


def test_every_reason_is_used() -> None:
    """No reason for a wildcard that is gone."""
    used = {
        reason
        for make in APPS.values()
        for rules in acknowledgements(make()).values()
        for reason in rules.values()
    }
    assert {wildcards.CODE, wildcards.NO_RESOURCES, *wildcards.REASONS.values()} <= used
