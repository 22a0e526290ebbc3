"""What IAM policies allow."""

from __future__ import annotations

import pytest

from constructs_lib.sandbox.policies import AccessRequest, PolicyError, explain_denial

ROLE = "arn:aws:iam::111122223333:role/job"
OBJECT = "arn:aws:s3:::bucket/a/b.csv"
DENIAL = f"{ROLE} is not authorized to perform: s3:GetObject on resource: {OBJECT}"
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
DENY = {**ALLOW, "Effect": "Deny"}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def ask(context=None, resource=OBJECT):
    return AccessRequest(ROLE, "s3:GetObject", resource, context or {})


def meets(operator, key, wanted, context):
    statement = {**ALLOW, "Condition": {operator: {key: wanted}}}
    return explain_denial(ask(context), [policy(statement)]) is None


TO_ROLE = {**ALLOW, "Principal": {"AWS": ROLE}}
DENY_ROLE = {**DENY, "Principal": "*"}
NO_IDENTITY = " because no identity-based policy allows the s3:GetObject action"


@pytest.mark.parametrize(
    ("identity", "resource", "boundary", "ending"),
    [
        ([], [], None, NO_IDENTITY),
        ([ALLOW], [], None, None),
        ([], [TO_ROLE], None, None),
        ([ALLOW, DENY], [], None, " with an explicit deny in an identity-based policy"),
        ([ALLOW], [DENY_ROLE], None, " with an explicit deny in a resource-based policy"),
        ([DENY], [TO_ROLE], None, " with an explicit deny in an identity-based policy"),
        ([ALLOW], [], [ALLOW], None),
        ([ALLOW], [], [], " because no permissions boundary allows the s3:GetObject action"),
        ([], [TO_ROLE], [], " because no permissions boundary allows the s3:GetObject action"),
        ([ALLOW], [], [ALLOW, DENY], " with an explicit deny in a permissions boundary"),
        ([], [], [ALLOW], NO_IDENTITY),
    ],
)
def test_evaluation(identity, resource, boundary, ending):
    """A deny wins, either policy may allow, the boundary must, and the words are AWS's."""
    limit = None if boundary is None else policy(*boundary)
    found = explain_denial(ask(), [policy(*identity)], [policy(*resource)], limit)
    assert found == (None if ending is None else DENIAL + ending)


@pytest.mark.parametrize(
    ("part", "allowed"),
    [
        ({"Action": "S3:getobject"}, True),
        ({"Action": ["s3:Put*", "s3:Get*"]}, True),
        ({"Action": "s3:GetObjec?"}, True),
        ({"Action": "s3:GetObject?"}, False),
        ({"Action": "*"}, True),
        ({"NotAction": "s3:Put*"}, True),
        ({"NotAction": ["iam:*", "S3:GET*"]}, False),
        ({"Action": "s3:Get[A-Z]*"}, False),
        ({"Resource": OBJECT}, True),
        ({"Resource": "arn:aws:s3:::bucket/*"}, True),
        ({"Resource": "arn:aws:s3:::bucket/A/*"}, False),
        ({"Resource": "arn:aws:s3:::bucket/?/b.csv"}, True),
        ({"Resource": ["arn:aws:s3:::other/*", "arn:aws:s3:::bucket"]}, False),
        ({"NotResource": "arn:aws:s3:::other/*"}, True),
        ({"NotResource": "arn:aws:s3:::bucket/*"}, False),
    ],
)
def test_actions_and_resources(part, allowed):
    """Actions match in any case, resources in their own, both with wildcards."""
    replaced = {name.removeprefix("Not") for name in part}
    statement = {name: value for name, value in ALLOW.items() if name not in replaced} | part
    assert (explain_denial(ask(), [{"Statement": statement}]) is None) is allowed


@pytest.mark.parametrize(
    ("effect", "principal", "applies"),
    [
        ("Allow", {"Principal": "*"}, True),
        ("Allow", {"Principal": {"AWS": "*"}}, True),
        ("Allow", {"Principal": {"AWS": ["arn:aws:iam::1:role/x", ROLE]}}, True),
        ("Allow", {"Principal": {"AWS": ROLE + "2"}}, False),
        ("Allow", {"Principal": {"Service": "sagemaker.amazonaws.com"}}, False),
        ("Allow", {"Principal": {"AWS": "111122223333"}}, False),
        ("Allow", {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, False),
        ("Deny", {"Principal": {"AWS": "111122223333"}}, True),
        ("Deny", {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, True),
        ("Deny", {"Principal": {"AWS": "444455556666"}}, False),
        ("Deny", {"NotPrincipal": {"AWS": [ROLE, "111122223333"]}}, False),
        ("Deny", {"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}}, True),
        ("Deny", {"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/other"}}, True),
    ],
)
def test_principals(effect, principal, applies):
    """A statement applies to whom it names; an account allowed is left to identity policies."""
    statement = {**ALLOW, "Effect": effect, **principal}
    identity = [] if effect == "Allow" else [policy(ALLOW)]
    allowed = explain_denial(ask(), identity, [policy(statement)]) is None
    assert allowed is (applies if effect == "Allow" else not applies)


def test_a_trust_policy_has_no_resource():
    """A statement of a resource policy without Resource is about that resource."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"}
    assert explain_denial(ask(), [], [policy(statement)]) is None


@pytest.mark.parametrize(
    ("operator", "wanted", "actual", "met"),
    [
        ("StringEquals", ["x", "a"], "a", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "A", "a", False),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", ["a", "b"], "c", True),
        ("StringEqualsIgnoreCase", "A", "a", True),
        ("StringNotEqualsIgnoreCase", "A", "a", False),
        ("StringLike", "a/*", "a/b/c", True),
        ("StringLike", "a?", "abc", False),
        ("StringNotLike", "a/*", "a/b", False),
        ("ArnLike", "arn:aws:sns:*:1:t*", "arn:aws:sns:eu-west-1:1:topic", True),
        ("ArnEquals", "arn:aws:sns:*:1:topic", "arn:aws:sns:eu-west-1:1:topic", True),
        ("ArnLike", "arn:aws:*:topic", "arn:aws:sns:eu-west-1:1:topic", False),
        ("ArnNotLike", "arn:aws:sns:*:1:t*", "arn:aws:sns:eu-west-1:1:topic", False),
        ("ArnNotEquals", "arn:aws:sns:*:2:t*", "arn:aws:sns:eu-west-1:1:topic", True),
        ("Bool", "true", "true", True),
        ("Bool", False, "true", False),
        ("Null", "false", "a", True),
        ("Null", True, "a", False),
        ("NumericEquals", 10, "10.0", True),
        ("NumericNotEquals", "10", "10", False),
        ("NumericLessThan", "10", "9", True),
        ("NumericLessThan", "10", "10", False),
        ("NumericLessThanEquals", "10", "10", True),
        ("NumericGreaterThan", "10", "10", False),
        ("NumericGreaterThanEquals", "10", "10", True),
        ("StringEqualsIfExists", "a", "b", False),
        ("ForAnyValue:StringLike", ["a*", "b*"], "bc", True),
        ("ForAllValues:StringLike", ["a*", "b*"], "c", False),
    ],
)
def test_operators(operator, wanted, actual, met):
    """A condition operator compares the request's value with each of the policy's."""
    assert meets(operator, "my:Key", wanted, {"MY:key": actual}) is met


@pytest.mark.parametrize(
    ("operator", "met"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("ArnNotLike", True),
        ("Bool", False),
        ("NumericLessThan", False),
        ("StringEqualsIfExists", True),
        ("Null", True),
        ("ForAnyValue:StringNotEquals", False),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEqualsIfExists", True),
    ],
)
def test_a_missing_key(operator, met):
    """A key that is missing fails a positive operator and meets a negated one."""
    assert meets(operator, "my:Key", "true", {}) is met


def test_all_conditions_are_needed():
    """A statement applies if each of its conditions holds."""
    keys = {"StringEquals": {"a:A": "1", "a:B": "2"}}
    statements = [policy({**ALLOW, "Condition": keys})]
    assert explain_denial(ask({"a:A": "1", "a:B": "2"}), statements) is None
    assert explain_denial(ask({"a:A": "1", "a:B": "3"}), statements) is not None


@pytest.mark.parametrize(
    "operator",
    ["IpAddress", "NumericNotLessThan", "NullIfExists", "ForSome:StringLike", "IfExists"],
)
def test_an_unsupported_operator(operator):
    """An operator that is not supported is named, also beside a condition that fails."""
    conditions = {"StringEquals": {"a:A": "1"}, operator: {"a:B": "1"}}
    with pytest.raises(PolicyError, match=operator):
        explain_denial(ask(), [policy({**ALLOW, "Condition": conditions})])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"Effect": "allow"}, "'allow'"),
        ({"Action": None}, "NotAction"),
        ({"Resource": None}, "NotResource"),
        ({"Condition": {"NumericEquals": {"a:A": "x"}}}, "NumericEquals of a:A"),
    ],
)
def test_a_malformed_statement(change, named):
    """A statement that lacks a part or compares no number is refused."""
    statement = {name: value for name, value in {**ALLOW, **change}.items() if value is not None}
    with pytest.raises(PolicyError, match=named):
        explain_denial(ask({"a:A": "1"}), [policy(statement)])


@pytest.mark.parametrize(
    ("resource", "context", "allowed"),
    [
        ("arn:aws:s3:::bucket/${my:Dir}/*", {"my:dir": "a"}, True),
        ("arn:aws:s3:::bucket/${my:Dir}/*", {"my:dir": "*"}, False),
        ("arn:aws:s3:::bucket/${my:Dir}/*", {}, False),
        ("arn:aws:s3:::bucket/${my:Dir, 'a'}/*", {}, True),
        ("arn:aws:s3:::bucket/${*}", {}, False),
    ],
)
def test_variables_in_resources(resource, context, allowed):
    """A variable stands for the request's value, in which a wildcard is a plain character."""
    found = explain_denial(ask(context), [policy({**ALLOW, "Resource": resource})])
    assert (found is None) is allowed


def test_variables_in_conditions():
    """A condition may compare with the role that asks."""
    assert meets("StringEquals", "my:Owner", "${aws:PrincipalArn}", {"my:Owner": ROLE})
    assert meets("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/j*", {})
