"""Whether IAM policies allow a request, within one account."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

# A wildcard in a variable's value stands for itself; private characters keep the two apart.
_PROTECTED = str.maketrans("*?", "\ue000\ue001")
_PLAIN = str.maketrans("\ue000\ue001", "*?")
_VARIABLE = re.compile(r"\$\{\s*([^},\s]+)\s*(?:,\s*'([^']*)')?\s*\}")


class PolicyError(Exception):
    """A policy cannot be evaluated; the text names the part."""


@dataclass(frozen=True)
class AccessRequest:
    """What is asked for.

    Attributes:
        principal: ARN of the role that asks, or a service such as ``sagemaker.amazonaws.com``.
        action: Such as ``s3:GetObject``.
        resource: ARN of what is asked for.
        context: Condition keys to their values; ``aws:PrincipalArn`` is there by itself.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def explain_denial(
    request: AccessRequest,
    identity_policies: Sequence[Mapping[str, Any]],
    resource_policies: Sequence[Mapping[str, Any]] = (),
    boundary: Mapping[str, Any] | None = None,
) -> str | None:
    """Return why AWS would deny a request, or None if it would allow it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

    Args:
        request: What is asked for.
        identity_policies: Documents of the role, inline and managed.
        resource_policies: Documents of the resource, which is of the role's account.
        boundary: Document of the role's permissions boundary.

    Raises:
        PolicyError: A condition operator is unknown, or a statement malformed.
    """
    context = {"aws:principalarn": request.principal}
    context.update((key.lower(), value) for key, value in request.context.items())
    asked = replace(request, context=context)
    identity = _effects(identity_policies, asked)
    resource = _effects(resource_policies, asked, of_resource=True)
    limit = {"Allow"} if boundary is None else _effects([boundary], asked)
    denial = f"{request.principal} is not authorized to perform: {request.action}"
    denial += f" on resource: {request.resource}"
    kinds = ("an identity-based policy", "a resource-based policy", "a permissions boundary")
    for kind, effects in zip(kinds, (identity, resource, limit), strict=True):
        if "Deny" in effects:
            return f"{denial} with an explicit deny in {kind}"
    if "Allow" not in identity | resource:
        return f"{denial} because no identity-based policy allows the {request.action} action"
    if "Allow" not in limit:
        return f"{denial} because no permissions boundary allows the {request.action} action"
    return None


def may_assume(
    service: str, role: str, trust_policy: Mapping[str, Any], context: Mapping[str, str]
) -> bool:
    """Tell whether a service may assume a role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    Args:
        service: Such as ``sagemaker.amazonaws.com``.
        role: ARN of the role.
        trust_policy: Document that says who may assume it.
        context: Condition keys to their values, such as ``aws:SourceArn``.

    Raises:
        PolicyError: A condition operator is unknown, or a statement malformed.
    """
    lower = {key.lower(): value for key, value in context.items()}
    asked = AccessRequest(service, "sts:AssumeRole", role, lower)
    return _effects([trust_policy], asked, of_resource=True) == {"Allow"}


def _effects(
    policies: Iterable[Mapping[str, Any]], request: AccessRequest, *, of_resource: bool = False
) -> set[str]:
    statements = [one for policy in policies for one in _listed(policy.get("Statement", []))]
    for statement in statements:
        if statement.get("Effect") not in {"Allow", "Deny"}:
            raise PolicyError(f"Effect {statement.get('Effect')!r} is neither Allow nor Deny")
    return {one["Effect"] for one in statements if _applies(one, request, of_resource)}


def _applies(statement: Mapping[str, Any], request: AccessRequest, of_resource: bool) -> bool:
    action, resource, context = request.action.lower(), request.resource, request.context
    # A role's trust policy has no Resource: it is about the resource that carries it.
    everywhere = of_resource and not {"Resource", "NotResource"} & set(statement)
    if of_resource and not _names(statement, request.principal):
        return False
    if not _selects(statement, "Action", lambda text: _like(text.lower(), action)):
        return False
    if not everywhere and not _selects(
        statement, "Resource", lambda text: _like(_filled(text, context), resource)
    ):
        return False
    # A list, so that an operator that is not supported never hides behind a condition that fails.
    outcomes = [
        _holds(name, key, [_text(value) for value in _listed(values)], context)
        for name, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return all(outcomes)


def _selects(statement: Mapping[str, Any], name: str, fits: Callable[[str], bool]) -> bool:
    if name in statement:
        return any(map(fits, _listed(statement[name])))
    if f"Not{name}" in statement:
        return not any(map(fits, _listed(statement[f"Not{name}"])))
    raise PolicyError(f"a statement has neither {name} nor Not{name}")


def _names(statement: Mapping[str, Any], principal: str) -> bool:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    principals = statement.get("Principal", statement.get("NotPrincipal", []))
    is_role = principal.startswith("arn:")
    if isinstance(principals, Mapping):
        principals = principals.get("AWS" if is_role else "Service", [])
    named = set(_listed(principals))
    if "NotPrincipal" in statement:
        # An account there exempts its root user only; its roles have to be listed themselves.
        return not named & {"*", principal}
    if statement["Effect"] == "Allow" or not is_role:
        # To allow an account is to leave the decision to its identity policies.
        return bool(named & {"*", principal})
    prefix, _, rest = principal.partition("::")
    account = rest.partition(":")[0]
    return bool(named & {"*", principal, account, f"{prefix}::{account}:root"})


def _holds(name: str, key: str, wanted: list[str], context: Mapping[str, str]) -> bool:
    # .../IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    quantifier, _, base = name.rpartition(":")
    optional = base.endswith("IfExists") and base != "NullIfExists"  # Null asks that by itself
    base = base.removesuffix("IfExists") if optional else base
    compare = _COMPARISONS.get(base.replace("Not", "") if base in _NEGATED else base)
    if compare is None or quantifier not in {"", "ForAnyValue", "ForAllValues"}:
        raise PolicyError(f"condition operator {name} is not supported")
    actual = context.get(key.lower())
    if base == "Null":
        return any((actual is None) == (value.lower() == "true") for value in wanted)
    if actual is None:
        absent_is_true = base in _NEGATED and quantifier != "ForAnyValue"
        return optional or absent_is_true or quantifier == "ForAllValues"
    try:
        met = any(compare(actual, _filled(value, context)) for value in wanted)
    except ValueError as error:
        raise PolicyError(f"{name} of {key} takes numbers: {error}") from error
    return met != (base in _NEGATED)


def _arn(actual: str, wanted: str) -> bool:
    # Each of the six parts is compared by itself: a wildcard does not reach across a colon.
    actuals, patterns = actual.split(":", 5), wanted.split(":", 5)
    return len(actuals) == len(patterns) and all(map(_like, patterns, actuals))


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted.translate(_PLAIN),
    "StringEqualsIgnoreCase": lambda a, wanted: a.lower() == wanted.translate(_PLAIN).lower(),
    "StringLike": lambda actual, wanted: _like(wanted, actual),
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "Null": operator.eq,
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
}
_NEGATED = {f"{kind}Not{test}" for kind in ("String", "Arn") for test in ("Equals", "Like")}
_NEGATED |= {"StringNotEqualsIgnoreCase", "NumericNotEquals"}


def _filled(text: str, context: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = name if name in {"*", "?", "$"} else context.get(name.lower(), default)
        # One without a value stays as it is, and so matches nothing.
        return match[0] if found is None else found.translate(_PROTECTED)

    return _VARIABLE.sub(value, text)


def _like(pattern: str, value: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    expression = expression.replace("\ue000", r"\*").replace("\ue001", r"\?")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
