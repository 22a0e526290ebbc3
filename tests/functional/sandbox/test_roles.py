"""Roles are held to what they carry: policies, boundary, and who may assume them."""

from __future__ import annotations

import json
from typing import Any

from constructs_lib.sandbox import Sandbox
from tests.functional.sandbox.pipelines import (
    ALL,
    TRUST,
    eventually,
    job,
    make_pipeline,
    make_role,
    start,
    steps_of,
    trust,
    wait,
)

ACCOUNT = "000000000000"


def deploy(sandbox: Sandbox, name: str, **resources: Any) -> None:
    """Make or change a stack."""
    template = {
        key: {"Type": f"AWS::IAM::{kind}", "Properties": properties}
        for key, (kind, properties) in resources.items()
    }
    cloudformation = sandbox.client("cloudformation")
    settings = {
        "StackName": name,
        "TemplateBody": json.dumps({"Resources": template}),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    stacks = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
    verb = "update" if name in stacks else "create"
    getattr(cloudformation, f"{verb}_stack")(**settings)
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert stack["StackStatus"] == f"{verb.upper()}_COMPLETE", stack


def outcome(sandbox: Sandbox, pipeline: str) -> str:
    """Run a pipeline of one step; returns why the step failed, or how the pipeline ended."""
    arn = start(sandbox, pipeline)
    status: str = wait(sandbox, arn)["PipelineExecutionStatus"]
    return str(steps_of(sandbox, arn)["one"].get("FailureReason", status))


def test_managed_policies_of_a_template_count(sandbox: Sandbox) -> None:
    """Those of the stack and those of AWS; what the template drops is gone."""
    own = {"PolicyDocument": ALL, "ManagedPolicyName": "own-all"}
    role = {"RoleName": "managed", "AssumeRolePolicyDocument": TRUST}
    aws = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    make_pipeline(sandbox, "managed", [job("one", role="managed")])

    deploy(sandbox, "managed", Own=("ManagedPolicy", own), Role=("Role", role))
    assert "managed is not authorized to perform: s3:PutObject" in outcome(sandbox, "managed")
    given = {**role, "ManagedPolicyArns": [{"Ref": "Own"}]}
    deploy(sandbox, "managed", Own=("ManagedPolicy", own), Role=("Role", given))
    assert outcome(sandbox, "managed") == "Succeeded"
    given = {**role, "ManagedPolicyArns": [aws]}
    deploy(sandbox, "managed", Own=("ManagedPolicy", own), Role=("Role", given))
    attached = sandbox.client("iam").list_attached_role_policies(RoleName="managed")
    assert [policy["PolicyArn"] for policy in attached["AttachedPolicies"]] == [aws]
    assert outcome(sandbox, "managed") == "Succeeded"


def test_permissions_boundary_limits(sandbox: Sandbox) -> None:
    """What the boundary does not allow is denied, whatever the policies say."""
    role = {
        "RoleName": "bounded",
        "AssumeRolePolicyDocument": TRUST,
        "Policies": [{"PolicyName": "all", "PolicyDocument": ALL}],
        "PermissionsBoundary": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    }
    make_pipeline(sandbox, "bounded", [job("one", role="bounded")])
    deploy(sandbox, "bounded", Role=("Role", role))
    reason = outcome(sandbox, "bounded")
    assert "no permissions boundary allows the s3:PutObject action" in reason


def test_role_that_trusts_something_else_cannot_be_assumed(sandbox: Sandbox) -> None:
    """The service, the account and the job have to fit the trust policy."""
    jobs = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/%s-*"
    policies = {
        "other-service": trust("lambda"),
        "other-account": trust("sagemaker", StringEquals={"aws:SourceAccount": "111111111111"}),
        "other-job": trust("sagemaker", ArnLike={"aws:SourceArn": jobs % "q"}),
        "this-job": trust("sagemaker", ArnLike={"aws:SourceArn": jobs % "p"}),
    }
    for name, policy in policies.items():
        role = {
            "RoleName": name,
            "AssumeRolePolicyDocument": policy,
            "Policies": [{"PolicyName": "all", "PolicyDocument": ALL}],
        }
        deploy(sandbox, name, Role=("Role", role))
        make_pipeline(sandbox, name, [job("one", role=name)])
        reason = outcome(sandbox, name)
        if name == "this-job":
            assert reason == "Succeeded"
        else:
            assert f"Could not assume role arn:aws:iam::{ACCOUNT}:role/{name}" in reason
            assert "training-job/p-one-" in reason


def test_start_that_a_schedule_may_not_make_is_a_dead_letter(sandbox: Sandbox) -> None:
    """The schedule's own role needs the permission to start the pipeline."""
    arn = make_pipeline(sandbox, "unstarted", [job("one")])
    role = {"RoleName": "scheduler", "AssumeRolePolicyDocument": trust("scheduler")}
    deploy(sandbox, "scheduler", Role=("Role", role))
    sqs = sandbox.client("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    sandbox.client("scheduler").create_schedule(
        Name="powerless",
        ScheduleExpression="rate(1 minute)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn,
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/scheduler",
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"},
        },
    )

    def receive() -> Any:
        names = {"MessageAttributeNames": ["All"]}
        return sqs.receive_message(QueueUrl=url, **names).get("Messages")

    (message,) = eventually(receive)
    reason = message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert "role/scheduler is not authorized to perform: sagemaker:StartPipelineEx" in reason
    started = sandbox.client("sagemaker").list_pipeline_executions(PipelineName="unstarted")
    assert started["PipelineExecutionSummaries"] == []


def test_steps_that_are_not_played_are_held_to_policies_too(sandbox: Sandbox) -> None:
    """The pipeline's role has to make what they ask for, and to pass a role that fits it."""
    make_pipeline(sandbox, "unplayed", [job("one")])
    sagemaker = sandbox.client("sagemaker")
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}"
    make = {
        "Name": "one",
        "Type": "Model",
        "Arguments": {
            "ModelName": "m",
            "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/jobs",
            "PrimaryContainer": {"Image": "i", "ModelDataUrl": "s3://b/m.tar.gz"},
        },
    }
    ask = {
        "Name": "one",
        "Type": "Callback",
        "SqsQueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q",
    }
    group = {"ModelPackageGroupName": "g"}
    register = {"Name": "one", "Type": "RegisterModel", "Arguments": group}
    missing = {
        "sagemaker:CreateModel": (make, f"{arn}:model/m-"),
        "iam:PassRole": (make, f"arn:aws:iam::{ACCOUNT}:role/jobs"),
        "sqs:SendMessage": (ask, f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"),
        "sagemaker:CreateModelPackage": (register, f"{arn}:model-package/g/1"),
    }
    for action, (step, resource) in missing.items():
        denied = {"Effect": "Deny", "Action": action, "Resource": "*"}
        policy = {**ALL, "Statement": [ALL["Statement"], denied]}
        body = {"Version": "2020-12-01", "Steps": [step]}
        sagemaker.update_pipeline(
            PipelineName="unplayed",
            PipelineDefinition=json.dumps(body),
            RoleArn=make_role(sandbox, "unplayed", policy),
        )
        reason = outcome(sandbox, "unplayed")
        assert f"not authorized to perform: {action} on resource: {resource}" in reason
        make_role(sandbox, "unplayed")
        assert outcome(sandbox, "unplayed") == "Succeeded"


def test_key_of_a_bucket_is_needed_too(sandbox: Sandbox) -> None:
    """Who may read an object, and not use its key, reads nothing."""
    key = sandbox.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="locked")
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket="locked",
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    s3.put_object(Bucket="locked", Key="a", Body=b"")
    make_pipeline(sandbox, "keys", [job("one", role="locked-out", channels={"x": "s3://locked/a"})])
    denied = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": key}
    make_role(sandbox, "locked-out", {**ALL, "Statement": [ALL["Statement"], denied]})
    assert f"perform: kms:Decrypt on resource: {key}" in outcome(sandbox, "keys")
    make_role(sandbox, "locked-out")
    assert outcome(sandbox, "keys") == "Succeeded"
