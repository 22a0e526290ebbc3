"""cdk-nag and cfn-lint find nothing, and what the library asks them to pass over has reasons."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

import constructs_lib
from constructs_lib import Pipeline
from constructs_lib.cdk import wildcards
from sample_app.stack import TrainingStack
from tests.samples import classic_app, kitchen_app, mapped_app
from tests.samples.kitchen import steps as kitchen_steps
from tests.unit.cdk.test_long_definitions import rows, work

ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
ACCESS_LOGS = (
    "Where access logs go is for the account to say: artifacts_bucket= takes a bucket that has "
    "them."
)
WILDCARDS = {wildcards.CODE, wildcards.NO_RESOURCES, *wildcards.REASONS.values()}
# What an app can do to make a checker or a linter pass something over, and where the library does.
WAYS = re.compile(
    r"acknowledge\(|acknowledged-rules|NagSuppressions|add_(resource|stack)_suppressions"
    r"|rules_to_suppress|cfn[-_]lint|cfn[-_]nag|[cC]heckov|suppress_",
    re.ASCII,
)
ALLOWED = {
    "cdk/surroundings.py": ["acknowledge("],
    "cdk/wildcards.py": ["acknowledged-rules"],
    # Reads what the app has acknowledged.
    "checks/acknowledged.py": ["acknowledged-rules"],
}


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
    "mapped": mapped_app.make_app,
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
            # What our own checks find is for an app to acknowledge.
            if not rule.startswith("constructs-lib::")
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
def test_all_that_is_passed_over_has_its_reason(make: Callable[[], cdk.App]) -> None:
    """Wildcards of roles, and the access logs of the bucket that is made: there is nothing else."""
    app = make()
    (pipeline,) = (node.node.path for node in nodes(app) if isinstance(node, Pipeline))
    bucket = f"{pipeline}/Artifacts"
    ours = {
        p: rules for p, rules in acknowledgements(app).items() if f"{p}/".startswith(f"{pipeline}/")
    }
    assert ours.pop(bucket) == {"Annotation::AwsSolutions-S1": ACCESS_LOGS}
    for path, rules in ours.items():
        assert path in {pipeline, f"{pipeline}/Definition"} or path.startswith(f"{pipeline}/Steps/")
        for rule, reason in rules.items():
            assert rule.startswith("Annotation::AwsSolutions-IAM5[Resource::")
            assert reason in WILDCARDS


def test_bucket_of_the_user_is_not_passed_over() -> None:
    """What somebody else makes is for them to answer for."""
    stack = cdk.Stack(cdk.App(analytics_reporting=False), "Own")
    bucket = cdk.aws_s3.Bucket(stack, "Mine")
    Pipeline(stack, "Pipeline", steps=[kitchen_steps.prices()], artifacts_bucket=bucket)
    app = stack.node.root
    assert isinstance(app, cdk.App)
    assert not [
        rules for rules in acknowledgements(app).values() if "AwsSolutions-S1" in str(rules)
    ]


def test_nothing_else_of_the_library_makes_checkers_pass_something_over() -> None:
    """Neither metadata of linters nor acknowledgements are made in any other place."""
    folder = Path(constructs_lib.__file__).parent
    found = {
        path.relative_to(folder).as_posix(): [way[0] for way in WAYS.finditer(path.read_text())]
        for path in folder.rglob("*.py")
    }
    assert {name: ways for name, ways in found.items() if ways} == ALLOWED


@every_app
def test_only_wildcards_that_are_there_are_passed_over(make: Callable[[], cdk.App]) -> None:
    """Each acknowledgement is about a resource that a policy names."""
    app = make()
    found = acknowledgements(app)
    template = json.dumps(app.synth().stacks[0].template)
    ours = {
        path: [rule for rule, reason in rules.items() if reason in WILDCARDS]
        for path, rules in found.items()
    }
    assert any(ours.values())
    for path, rules in ours.items():
        for rule in rules:
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
    assert used >= WILDCARDS
