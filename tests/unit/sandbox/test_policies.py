"""What policies allow."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.sandbox.policies import AccessRequest, PolicyError, explain_denial

ROLE = "arn:aws:iam::000000000000:role/train"
KEY = "arn:aws:s3:::data/in/a.csv"
READ = AccessRequest(ROLE, "s3:GetObject", KEY, {"aws:SecureTransport": "true"})


def policy(effect: str = "Allow", action: Any = "s3:Get*", resource: Any = "*", **more: Any) -> Any:
    return {"Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}]}


@pytest.mark.parametrize(
    ("policies", "allowed"),
    [
        ([], False),
        ([policy()], True),
        ([policy(action=["s3:PutObject", "S3:getobject"])], True),
        ([policy(resource="arn:aws:s3:::data/in/*")], True),
        ([policy(resource="arn:aws:s3:::data/IN/*")], False),
        ([policy(), policy("Deny", resource="arn:aws:s3:::data/?n/*")], False),
        ([policy(), policy("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
        ([policy(Condition={"StringEquals": {"s3:prefix": "in/"}})], False),
        ([policy(Condition={"StringEqualsIfExists": {"s3:prefix": "in/"}})], True),
        ([{"Statement": {"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}}], True),
    ],
)
def test_identity_policies(policies: list[Any], allowed: bool) -> None:
    """A request needs an Allow that applies and no Deny that does."""
    assert (explain_denial(READ, policies) is None) is allowed


def test_resource_policy_may_allow_or_deny() -> None:
    """In one account a bucket's policy that names the role is enough; its Deny wins."""
    assert explain_denial(READ, [], [policy(Principal={"AWS": ROLE})]) is None
    denial = explain_denial(READ, [policy()], [policy("Deny", Principal="*")])
    assert denial is not None
    assert denial.endswith("with an explicit deny in a resource-based policy")


def test_boundary_limits() -> None:
    """What the boundary does not allow is denied, whatever the policies say."""
    assert explain_denial(READ, [policy()], boundary=policy(action="iam:*")) is not None
    assert explain_denial(READ, [policy()], boundary=policy()) is None


def test_denial_names_role_action_and_resource() -> None:
    """The text is the service's."""
    assert explain_denial(READ, []) == (
        f"{ROLE} is not authorized to perform: s3:GetObject on resource: {KEY} because no "
        f"identity-based policy allows the s3:GetObject action"
    )


def test_unknown_operator_is_not_guessed() -> None:
    """A condition that cannot be evaluated is an error, not a yes or a no."""
    with pytest.raises(PolicyError, match="DateLessThan"):
        explain_denial(READ, [policy(Condition={"DateLessThan": {"aws:CurrentTime": "x"}})])
