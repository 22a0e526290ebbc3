"""A definition that is too long for a template, deployed."""

from __future__ import annotations

import json
from pathlib import Path

from constructs_lib import Pipeline, step
from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.apps import deploy, new_stack
from tests.unit.cdk.test_long_definitions import rows


@step
def double(value):
    return value * 2


def test_pipeline_has_the_definition_with_its_names(sandbox: Sandbox, tmp_path: Path) -> None:
    """What the service is given is whole, with the roles and buckets that were made."""
    stack = new_stack(tmp_path / "cdk.out", "Long")
    Pipeline(stack, "P", steps=[double(2), rows(3000)], pipeline_name="written-to-s3")
    deploy(sandbox, stack)
    described = sandbox.client("sagemaker").describe_pipeline(PipelineName="written-to-s3")
    definition = json.loads(described["PipelineDefinition"])
    assert [step["Name"] for step in definition["Steps"]] == ["double", "rows"]
    assert definition["Steps"][0]["Arguments"]["RoleArn"].startswith("arn:aws:iam::")
    assert "<<name" not in described["PipelineDefinition"]
