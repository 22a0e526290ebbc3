"""CDK apps deployed to the sandbox without the CLI: assets are copied, stacks created."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk

from constructs_lib.sandbox import Sandbox

ACCOUNT, REGION = "000000000000", "us-east-1"


def new_stack(folder: Path, name: str) -> cdk.Stack:
    """Return a stack of a new app that is synthesized into a folder."""
    app = cdk.App(outdir=str(folder))
    return cdk.Stack(app, name, env=cdk.Environment(account=ACCOUNT, region=REGION))


def synthesize(stack: cdk.Stack) -> Path:
    """Write the assembly of a stack's app; returns its folder."""
    app = stack.node.root
    assert isinstance(app, cdk.App)
    return Path(app.synth().directory)


def deploy(sandbox: Sandbox, stack: cdk.Stack) -> Path:
    """Deploy a stack; returns the folder of its assembly."""
    folder = synthesize(stack)
    s3, cloudformation = sandbox.client("s3"), sandbox.client("cloudformation")
    assets = json.loads((folder / f"{stack.artifact_id}.assets.json").read_text())
    for asset in assets["files"].values():
        for destination in asset["destinations"].values():
            s3.create_bucket(Bucket=destination["bucketName"])
            path = folder / asset["source"]["path"]
            s3.upload_file(str(path), destination["bucketName"], destination["objectKey"])
    version = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
    sandbox.client("ssm").put_parameter(**version, Overwrite=True)
    cloudformation.create_stack(
        StackName=stack.stack_name,
        TemplateBody=(folder / stack.template_file).read_text(),
        Capabilities=["CAPABILITY_IAM"],
    )
    (made,) = cloudformation.describe_stacks(StackName=stack.stack_name)["Stacks"]
    events = cloudformation.describe_stack_events(StackName=stack.stack_name)["StackEvents"]
    reasons = [e["ResourceStatusReason"] for e in events if "ResourceStatusReason" in e]
    assert made["StackStatus"] == "CREATE_COMPLETE", reasons
    return folder
