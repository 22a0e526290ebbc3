"""What roles may do, and what to look at twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.wording import permission_texts
from tests.unit.review.made import OWN, allow, compared, role, training

MADE = {"Fn::GetAtt": ["Own", "Arn"]}


def change(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> PipelineChange:
    """Compare a pipeline whose role is one of the stack."""
    steps = [training("a")]
    sides = [{"RoleArn": MADE, "resources": resources} for resources in (old, new)]
    return compared(folder, steps, steps, *sides)


def granted(folder: Path, *statements: dict[str, Any], before: Any = ()) -> list[str]:
    """Return what a role may do that it could not before."""
    found = change(folder, {"Own": role(*before)}, {"Own": role(*statements)})
    return [*permission_texts(found.granted)]


def test_roles_with_a_name_are_found(tmp_path: Path) -> None:
    """By the ARN, not by the path of their construct."""
    assert granted(tmp_path, allow(resource="arn:aws:s3:::b/*")) == [
        "role Own may s3:GetObject on arn:aws:s3:::b/*"
    ]


def test_all_but_some_is_not_some(tmp_path: Path) -> None:
    """NotAction and NotResource, which would else be read the wrong way round."""
    statement = {"Effect": "Deny", "NotAction": ["s3:Get*"], "NotResource": "arn:aws:s3:::b"}
    assert granted(tmp_path, statement) == [
        "role Own may not all but s3:Get* on all but arn:aws:s3:::b"
    ]


def test_conditions_are_said(tmp_path: Path) -> None:
    """Each with its operator; one more value is another permission."""
    limit = {"StringLike": {"s3:prefix": ["a/*", "b/*"]}, "Bool": {"aws:SecureTransport": "true"}}
    assert granted(tmp_path, allow("s3:ListBucket", "b", Condition=limit)) == [
        "role Own may s3:ListBucket on b if StringLike s3:prefix = a/*, b/*; "
        "Bool aws:SecureTransport = true"
    ]


def test_actions_on_the_same_things_are_one_sentence(tmp_path: Path) -> None:
    """Of each role."""
    assert granted(tmp_path, allow(["s3:PutObject", "s3:GetObject"], ["b", "c"])) == [
        "role Own may s3:GetObject, s3:PutObject on b, c"
    ]


def test_values_of_the_deployment_are_shown_as_they_stand(tmp_path: Path) -> None:
    """An import, a parameter: the rest of the policy is read."""
    bucket = {"Fn::Join": ["", [{"Fn::ImportValue": "Data"}, "/", {"Ref": "Key"}]]}
    assert granted(tmp_path, allow(resource=["a", bucket])) == [
        "role Own may s3:GetObject on ${ImportValue Data}/${Key}, a"
    ]


def test_managed_policies_are_read_or_named(tmp_path: Path) -> None:
    """One of the stack says what it allows, one of AWS only its name."""
    policy = {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"PolicyDocument": {"Statement": allow("sqs:SendMessage", "q")}},
        "Metadata": {"aws:cdk:path": "Stack/Policy/Resource"},
    }
    full = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    new = {"Own": role(ManagedPolicyArns=[{"Ref": "Policy"}, full]), "Policy": policy}
    found = change(tmp_path, {"Own": role()}, new)
    texts = [*permission_texts(found.granted)]
    assert f"role Own has the managed policy {full}" in texts
    assert "role Own may sqs:SendMessage on q" in texts
    assert found.risks == (f"role Own has the managed policy {full}, without limit",)


def test_policies_for_roles_of_elsewhere_are_theirs(tmp_path: Path) -> None:
    """They name the role; its ARN may have a path."""
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"Roles": ["own"], "PolicyDocument": {"Statement": [allow(resource="x")]}},
    }
    steps = [training("a")]
    arn = OWN.replace("/own", "/team/own")
    sides = [{"RoleArn": arn, "resources": found} for found in ({}, {"Policy": policy})]
    found = compared(tmp_path, steps, steps, *sides)
    assert [*permission_texts(found.granted)] == ["role team/own may s3:GetObject on x"]


def test_wider_and_unlimited_permissions_are_risks(tmp_path: Path) -> None:
    """A wildcard inside an action is what the CDK's grants have, and is none."""
    before = [allow("s3:GetObject", "b/a")]
    now = [allow("s3:GetObject", "b/*"), allow("s3:Abort*", "c"), allow("sqs:*", "q")]
    now += [allow("ecr:GetAuthorizationToken"), allow("sns:Publish")]
    found = change(tmp_path, {"Own": role(*before)}, {"Own": role(*now)})
    assert found.risks == (
        "role Own may s3:GetObject on b/*: wider than b/a",
        "role Own may sns:Publish on *, without limit",
        "role Own may sqs:* on q, without limit",
    )


def test_a_denial_that_is_gone_is_a_risk(tmp_path: Path) -> None:
    """It grants, though it is listed as revoked."""
    deny = {**allow("s3:DeleteObject", "b/*"), "Effect": "Deny"}
    found = change(tmp_path, {"Own": role(deny)}, {"Own": role()})
    assert found.risks == ("it is not denied any more that role Own may s3:DeleteObject on b/*",)


def test_role_of_elsewhere_is_a_risk(tmp_path: Path) -> None:
    """What it may do stands in no template."""
    arn = "arn:aws:iam::123456789012:role/strong"
    found = compared(tmp_path, [training("a", RoleArn="x")], [training("a", RoleArn=arn)])
    assert found.risks == (f"step 'a' runs as {arn}: what that role may do is not said here",)


def test_renamed_step_may_what_it_might(tmp_path: Path) -> None:
    """Under its new name, on its own folder: nothing is granted or revoked."""

    def side(name: str) -> dict[str, Any]:
        own = role(allow("s3:PutObject", f"bucket/p/{name}/*"), name=f"p-{name}")
        own["Metadata"] = {"aws:cdk:path": f"Stack/Pipe/Steps/{name}/Role/Resource"}
        return {"resources": {"Own": own}}

    def steps(name: str) -> list[dict[str, Any]]:
        return [training(name, Environment={"A": "1", "B": "2", "C": "3"})]

    found = compared(tmp_path, steps("fit"), steps("train"), side("fit"), side("train"))
    assert found.steps[0].old_name == "fit"
    assert (found.granted, found.revoked) == ((), ())
