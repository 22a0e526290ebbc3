"""The templates of ``synth_here.py``, made by hand: ``synth_floor.py ASSEMBLY OUTPUT``.

The same roles, as constructs that can be granted to, with the same statements; an asset for each
bundle; the same bucket; a ``CfnPipeline`` with the same definition.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_sagemaker as sagemaker


class Hand:
    """Writes as constructs what a template says."""

    def __init__(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(
            stack,
            "Artifacts",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
        )
        self._stack = stack
        self._bucket = bucket.bucket_name
        self._known = {
            "AWS::AccountId": cdk.Aws.ACCOUNT_ID,
            "AWS::Partition": cdk.Aws.PARTITION,
            "AWS::Region": cdk.Aws.REGION,
        }

    def role(self, name: str, properties: dict[str, Any]) -> None:
        """Make a role."""
        trust = properties["AssumeRolePolicyDocument"]["Statement"][0]
        iam.Role(
            self._stack,
            name,
            assumed_by=iam.ServicePrincipal(
                trust["Principal"]["Service"], conditions=self._texts(trust["Condition"])
            ),
            inline_policies={
                policy["PolicyName"]: iam.PolicyDocument(
                    statements=[self._statement(s) for s in policy["PolicyDocument"]["Statement"]]
                )
                for policy in properties["Policies"]
            },
        )

    def pipeline(self, name: str, properties: dict[str, Any]) -> None:
        """Make the pipeline."""
        sagemaker.CfnPipeline(
            self._stack,
            name,
            pipeline_name=properties["PipelineName"],
            pipeline_definition=self._texts(properties["PipelineDefinition"]),
            role_arn="arn:aws:iam::111122223333:role/r",
        )

    def _statement(self, statement: dict[str, Any]) -> iam.PolicyStatement:
        actions, resources = statement["Action"], self._texts(statement["Resource"])
        return iam.PolicyStatement(
            actions=actions if isinstance(actions, list) else [actions],
            resources=resources if isinstance(resources, list) else [resources],
            conditions=self._texts(statement.get("Condition", {})),
        )

    def _texts(self, value: Any) -> Any:
        """Return a value with text in the place of CloudFormation's functions."""
        if isinstance(value, list):
            return [self._texts(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return separator.join(map(self._texts, parts))
        if "Fn::Select" in value:
            number, choices = value["Fn::Select"]
            return self._texts(choices[int(number)])
        if "Fn::Sub" in value:
            return re.sub(r"\$\{(.*?)\}", lambda match: self._known[match[1]], value["Fn::Sub"])
        if "Ref" in value or "Fn::GetAtt" in value:
            return self._known.get(value.get("Ref"), self._bucket)
        return {key: self._texts(entry) for key, entry in value.items()}


def assets_of(assembly: Path, name: str) -> list[Path]:
    """Return the bundles of a stack."""
    manifest = json.loads((assembly / f"{name}.assets.json").read_text(encoding="utf-8"))
    files = (entry["source"]["path"] for entry in manifest["files"].values())
    return sorted(assembly / file for file in files if file.endswith(".zip"))


if __name__ == "__main__":
    assembly = Path(sys.argv[1])
    app = cdk.App(outdir=sys.argv[2])
    for path in sorted(assembly.glob("*.template.json")):
        name = path.name.partition(".")[0]
        stack = cdk.Stack(app, name)
        hand = Hand(stack)
        for bundle in assets_of(assembly, name):
            assets.Asset(stack, bundle.stem, path=str(bundle))
        resources = json.loads(path.read_text(encoding="utf-8"))["Resources"]
        for identifier, resource in resources.items():
            if resource["Type"] == "AWS::IAM::Role":
                hand.role(identifier, resource["Properties"])
            elif resource["Type"] == "AWS::SageMaker::Pipeline":
                hand.pipeline(identifier, resource["Properties"])
    app.synth()
