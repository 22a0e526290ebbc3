"""Who is let in to what a pipeline has, and what limits its roles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.wording import permission_texts
from tests.unit.review.made import allow, compared, role, training

MADE = {"Fn::GetAtt": ["Own", "Arn"]}
OTHER = {"AWS": "arn:aws:iam::111122223333:root"}
SERVICE = {"Service": "sagemaker.amazonaws.com"}
BOUNDARY = "arn:aws:iam::123456789012:policy/developers"
READS = allow("s3:GetObject", "arn:aws:s3:::data/*")
KEY = allow("kms:Decrypt", {"Fn::GetAtt": ["Key", "Arn"]})


def trusted(*principals: dict[str, Any]) -> dict[str, Any]:
    """Return the policy of who may be the role."""
    found = [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": one} for one in principals
    ]
    return {"AssumeRolePolicyDocument": {"Statement": found}}


def bucket(*statements: dict[str, Any], name: str = "data") -> dict[str, Any]:
    """Return the policy of a bucket."""
    given = {"Bucket": name, "PolicyDocument": {"Statement": [*statements]}}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": given}


def key(*principals: dict[str, Any]) -> dict[str, Any]:
    """Return a key that principals may use."""
    statements = [allow("kms:*", Principal=one) for one in principals]
    given = {"KeyPolicy": {"Statement": statements}}
    path = {"aws:cdk:path": "Stack/Key/Resource"}
    return {"Type": "AWS::KMS::Key", "Properties": given, "Metadata": path}


def change(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> PipelineChange:
    """Compare a pipeline whose role, unless one is given, may read the bucket ``data``."""
    sides = [
        {"RoleArn": MADE, "resources": {"Own": role(READS), **resources}}
        for resources in (old, new)
    ]
    return compared(folder, [training("a")], [training("a")], *sides)


def granted(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return what is granted."""
    return [*permission_texts(change(folder, old, new).granted)]


def test_whoever_may_be_a_role_is_said(tmp_path: Path) -> None:
    """Who can be the role of a pipeline can do all that it may."""
    found = change(
        tmp_path,
        {"Own": role(READS, **trusted(SERVICE))},
        {"Own": role(READS, **trusted(SERVICE, OTHER))},
    )
    text = "account 111122223333 may sts:AssumeRole on role Own"
    assert [*permission_texts(found.granted)] == [text]
    assert found.risks == (f"somebody else is let in: {text}",)


def test_trust_that_is_limited_no_more_is_said(tmp_path: Path) -> None:
    """Also that of a service: it could be made to act for somebody else."""
    limit = {"StringEquals": {"aws:SourceAccount": "1"}}
    old, new = trusted(SERVICE), trusted(SERVICE)
    old["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = limit
    found = change(tmp_path, {"Own": role(READS, **old)}, {"Own": role(READS, **new)})
    assert found.risks == (
        "sagemaker.amazonaws.com may sts:AssumeRole on role Own: "
        "wider than role Own if StringEquals aws:SourceAccount = 1",
    )


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_bucket_that_is_opened_is_a_risk(tmp_path: Path, principal: Any) -> None:
    """It is one that the pipeline reads, whoever it belongs to."""
    opened = bucket(allow("s3:GetObject", "arn:aws:s3:::data/*", Principal=principal))
    found = change(tmp_path, {"Policy": bucket()}, {"Policy": opened})
    text = "anybody may s3:GetObject on arn:aws:s3:::data/*"
    assert [*permission_texts(found.granted)] == [text]
    assert found.risks == (f"somebody else is let in: {text}",)


def test_bucket_that_is_no_longer_limited_is_a_risk(tmp_path: Path) -> None:
    """Such as one that was read with TLS only."""
    limit = {"Bool": {"aws:SecureTransport": "false"}}
    deny = allow("s3:*", "arn:aws:s3:::data", Principal="*", Condition=limit)
    found = change(tmp_path, {"Policy": bucket({**deny, "Effect": "Deny"})}, {"Policy": bucket()})
    assert found.risks == (
        "it is not denied any more that anybody may s3:* on arn:aws:s3:::data "
        "if Bool aws:SecureTransport = false",
    )


def test_bucket_policy_that_is_gone_is_told_of(tmp_path: Path) -> None:
    """The bucket stays, so what the policy denied is not denied any more."""
    deny = {**allow("s3:*", "arn:aws:s3:::data", Principal="*"), "Effect": "Deny"}
    found = change(tmp_path, {"Policy": bucket(deny)}, {})
    assert found.risks == ("it is not denied any more that anybody may s3:* on arn:aws:s3:::data",)


def test_buckets_that_the_pipeline_does_not_use_are_left_out(tmp_path: Path) -> None:
    """Also one whose name begins likewise."""
    opened = bucket(allow("s3:GetObject", "x", Principal="*"), name="dat")
    more = {"Own": role(READS, KEY), "Key": key()}  # something to be compared at all
    assert "anybody" not in " ".join(granted(tmp_path, {}, {**more, "Policy": opened}))


def test_key_that_others_may_use_is_a_risk(tmp_path: Path) -> None:
    """Its policy calls itself ``*``."""
    own = {"Own": role(KEY)}
    found = change(tmp_path, {**own, "Key": key()}, {**own, "Key": key(OTHER)})
    (risk,) = found.risks
    assert risk.startswith("somebody else is let in: account 111122223333 may kms:* on arn:aws:kms")


def test_what_a_new_role_or_key_has_anyhow_is_not_said(tmp_path: Path) -> None:
    """That its service may be it, and its account manage it."""
    own = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
    step = role(KEY, name="step", **trusted(SERVICE))
    step["Metadata"] = {"aws:cdk:path": "Stack/Pipe/Steps/a/Role/Resource"}
    (text,) = granted(tmp_path, {}, {"Step": step, "Key": key(own)})
    assert text.startswith("step a may kms:Decrypt")


def test_account_is_known_if_the_stack_names_it(tmp_path: Path) -> None:
    """A key of a stack with an environment is not thought to be shared with its own account."""
    job = "arn:aws:sagemaker:eu-west-1:123412341234:training-job/p-*"
    account = {"AWS": "arn:aws:iam::123412341234:root"}
    mine = role(KEY, allow("sagemaker:CreateTrainingJob", job))
    mine["Metadata"] = {"aws:cdk:path": "Stack/Pipe/Role/Resource"}
    found = change(tmp_path, {"Own": role()}, {"Own": mine, "Key": key(account)})
    assert "let in" not in " ".join(found.risks)


def test_stranger_is_said_of_what_is_new_too(tmp_path: Path) -> None:
    """A pipeline's first key, which others have as well."""
    found = change(tmp_path, {"Own": role()}, {"Own": role(KEY), "Key": key(OTHER)})
    assert any("account 111122223333 may kms:*" in risk for risk in found.risks)


def test_step_that_the_bucket_lets_in_is_called_by_its_name(tmp_path: Path) -> None:
    """By its role's ARN, nobody would know it."""
    opened = bucket(allow("s3:PutObject", "arn:aws:s3:::data/*", Principal={"AWS": MADE}))
    found = change(tmp_path, {"Policy": bucket()}, {"Policy": opened})
    assert [*permission_texts(found.granted)] == [
        "role Own may s3:PutObject on arn:aws:s3:::data/*"
    ]
    assert not found.risks


def test_all_but_some_principals_are_not_some(tmp_path: Path) -> None:
    """NotPrincipal would else be read the wrong way round."""
    statement = {**allow("s3:*", "arn:aws:s3:::data", NotPrincipal=OTHER), "Effect": "Deny"}
    assert granted(tmp_path, {"Policy": bucket()}, {"Policy": bucket(statement)}) == [
        "all but arn:aws:iam::111122223333:root may not s3:* on arn:aws:s3:::data"
    ]


def test_boundary_that_is_gone_is_a_risk(tmp_path: Path) -> None:
    """What a role was given beyond it holds from now on."""
    limited = role(READS, PermissionsBoundary=BOUNDARY)
    found = change(tmp_path, {"Own": limited}, {})
    text = f"role Own is limited by the permissions boundary {BOUNDARY}"
    assert [*permission_texts(found.revoked)] == [text]
    assert found.risks == (f"{text.replace('is limited', 'is not limited')} any more",)


def test_boundary_that_comes_is_no_risk(tmp_path: Path) -> None:
    """It takes away only."""
    limited = role(READS, PermissionsBoundary={"Fn::Sub": BOUNDARY})
    found = change(tmp_path, {}, {"Own": limited})
    assert [*permission_texts(found.granted)] == [
        f"role Own is limited by the permissions boundary {BOUNDARY}"
    ]
    assert not found.risks


def test_boundary_of_a_role_that_is_gone_is_no_risk(tmp_path: Path) -> None:
    """Nobody is limited less."""
    limited = role(READS, PermissionsBoundary=BOUNDARY)
    limited["Metadata"] = {"aws:cdk:path": "Stack/Pipe/Steps/b/Role/Resource"}
    found = change(tmp_path, {"More": limited}, {})
    assert found.revoked
    assert not found.risks


@pytest.mark.parametrize("place", ["entry", "list", "document", "policy", "resource", "condition"])
def test_statements_may_depend_on_the_stack(tmp_path: Path, place: str) -> None:
    """Only a deployment knows whether; it is said that they may be there."""
    statement = allow("sqs:SendMessage", "q")

    def if_(value: Any) -> dict[str, Any]:
        return {"Fn::If": ["Big", value, {"Ref": "AWS::NoValue"}]}

    document: Any = {"Statement": [statement]}
    if place == "entry":
        document = {"Statement": [if_(statement)]}
    elif place == "list":
        document = {"Statement": if_([statement])}
    elif place == "document":
        document = if_(document)
    elif place == "resource":
        document = {"Statement": [{**statement, "Resource": [if_("q")]}]}
    elif place == "condition":
        document = {"Statement": [{**statement, "Condition": if_({"Bool": {"a": "b"}})}]}
    policy: Any = {"PolicyName": "p", "PolicyDocument": document}
    new = role(Policies=[if_(policy) if place == "policy" else policy])
    (text,) = granted(tmp_path, {"Own": role()}, {"Own": new})
    assert text.startswith("role Own may sqs:SendMessage on ")
    assert "Big" in text


def test_both_branches_are_said(tmp_path: Path) -> None:
    """One of them will hold."""
    branches = {"Fn::If": ["Big", allow("sqs:SendMessage", "q"), allow("sns:Publish", "t")]}
    assert granted(tmp_path, {"Own": role()}, {"Own": role(branches)}) == [
        "role Own may sns:Publish on t if not Big",
        "role Own may sqs:SendMessage on q if stack condition Big",
    ]


def test_role_of_a_renamed_step_is_the_same(tmp_path: Path) -> None:
    """Whoever could be it before can be it now, so nothing is granted."""
    sides, steps = [], []
    for name in ("load", "read"):
        own = role(READS, name=name, **trusted(SERVICE, OTHER))
        own["Metadata"] = {"aws:cdk:path": f"Stack/Pipe/Steps/{name}/Role/Resource"}
        sides.append({"RoleArn": MADE, "resources": {"Own": role(), "Step": own}})
        steps.append([training(name, HyperParameters={str(n): "x" for n in range(9)})])
    found = compared(tmp_path, *steps, *sides)
    assert [step.old_name for step in found.steps] == ["load"]
    assert (found.granted, found.revoked) == ((), ())


def test_boundary_is_no_narrower_permission(tmp_path: Path) -> None:
    """What is granted as it goes is measured against other permissions only."""
    old = role(PermissionsBoundary=BOUNDARY)
    found = change(tmp_path, {"Own": old}, {"Own": role(allow("*"))})
    assert found.risks == (
        f"role Own is not limited by the permissions boundary {BOUNDARY} any more",
        "role Own may * on *, without limit",
    )
