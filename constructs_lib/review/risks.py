"""Edits that a reviewer should look at twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from constructs_lib.review.changes import (
    ALL_BUT,
    MANAGED_POLICY,
    PERMISSIONS_BOUNDARY,
    REMOVED,
    Permission,
    Setting,
    StepChange,
)
from constructs_lib.review.sharing import is_stranger, is_usual
from constructs_lib.review.snapshot import Snapshot
from constructs_lib.review.wording import permission_texts

# Settings that protect something, and the text that says they do.
_PROTECTIONS = {
    "enable_network_isolation": "true",
    "encrypt_inter_container_traffic": "true",
    "output_kms_key": None,
    "volume_kms_key": None,
    "subnets": None,
    "security_group_ids": None,
}
_PARAMETER = "parameter "
# Of managed policies: what lets a job do anything, to everything or to one service.
_POWERFUL = ("FullAccess", "AdministratorAccess", "PowerUserAccess")
# They can be allowed for "*" only.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_WITHOUT_RESOURCE = ("ecr:GetAuthorizationToken", "ec2:Describe")


def risks(
    old: Snapshot,
    new: Snapshot,
    steps: Sequence[StepChange],
    granted: Sequence[Permission],
    revoked: Sequence[Permission],
) -> Iterator[str]:
    """Yield a sentence for each.

    Args:
        old: Before.
        new: Now.
        steps: The steps that differ.
        granted: Permissions that there were not before.
        revoked: Permissions that are gone.
    """
    if old.name != new.name:
        yield (
            f"the pipeline {old.name!r} becomes {new.name!r}: CloudFormation replaces it, and its "
            f"executions and caches are lost"
        )
    for step in steps:
        yield from _of_step(step, old)
    yield from _of_parameters(old, new)
    yield from _of_boundaries(new, revoked)
    yield from _of_access(granted, revoked)


def _of_step(step: StepChange, old: Snapshot) -> Iterator[str]:
    if step.old_name is not None:
        cache = "its cache and " if old.steps[step.old_name].cache_config.get("Enabled") else ""
        yield (
            f"step {step.old_name!r} becomes {step.name!r}: {cache}the results of earlier "
            f"executions are not found under the new name"
        )
    for setting in step.settings:
        if setting.name in _PROTECTIONS and _is_given_up(setting):
            yield f"step {step.name!r} gives up {setting.name}"
        if setting.name == "role" and setting.new and setting.new.startswith("arn:"):
            yield (
                f"step {step.name!r} runs as {setting.new}: what that role may do is not said here"
            )
        if setting.name == "use_spot_instances" and setting.new == "true":
            yield f"step {step.name!r} can be interrupted: without checkpoints it starts afresh"


def _is_given_up(setting: Setting) -> bool:
    protects = _PROTECTIONS[setting.name]
    was = setting.old is not None and protects in (None, setting.old)
    return was and (setting.new is None or (protects is not None and setting.new != protects))


def _of_parameters(old: Snapshot, new: Snapshot) -> Iterator[str]:
    before = {p.name: p for p in old.definition.parameters}
    now = {p.name: p for p in new.definition.parameters}
    for schedule, settings in {**old.schedules, **new.schedules}.items():
        if schedule not in new.schedules:
            continue
        passed = [n.removeprefix(_PARAMETER) for n in settings if n.startswith(_PARAMETER)]
        for name in passed:
            if name not in now:
                yield f"schedule {schedule!r} passes {name!r}, which is {REMOVED}: it cannot start"
        for name, parameter in now.items():
            if parameter.default is None and name not in passed:
                yield f"schedule {schedule!r} passes no {name!r}, which has no default"
    for name, parameter in before.items():
        if name not in now:
            yield f"parameter {name!r} is {REMOVED}: whoever still passes it cannot start"
        elif parameter.type != now[name].type:
            yield f"parameter {name!r} was {parameter.type} and is {now[name].type}"
        elif parameter.default is not None and now[name].default is None:
            yield f"parameter {name!r} has no default any more: whoever passes none cannot start"
    for name, parameter in now.items():
        if name not in before and parameter.default is None:
            yield f"parameter {name!r} is new and has no default: every start has to pass it"


def _of_boundaries(new: Snapshot, revoked: Sequence[Permission]) -> Iterator[str]:
    still = {one.who for one in new.permissions}
    for one in revoked:
        if one.action == PERMISSIONS_BOUNDARY and one.who in still:
            yield f"{one.who} is not limited by the permissions boundary {one.resource} any more"


def _of_access(granted: Sequence[Permission], revoked: Sequence[Permission]) -> Iterator[str]:
    allowed = [one for one in granted if one.effect == "Allow"]
    others = [one for one in allowed if is_stranger(one.who) and not is_usual(one)]
    yield from (f"somebody else is let in: {text}" for text in permission_texts(others))
    allowed = [one for one in allowed if one not in others]
    revoked = [one for one in revoked if one.action != PERMISSIONS_BOUNDARY]
    narrower = {one: next((o for o in revoked if _is_wider(one, o)), None) for one in allowed}
    for one, old in narrower.items():
        if old is not None:
            (text,) = permission_texts([one])
            yield f"{text}: wider than {_place(old, one)}"
    unlimited = [one for one in allowed if narrower[one] is None and _is_unlimited(one)]
    yield from (f"{text}, without limit" for text in permission_texts(unlimited))
    for text in permission_texts([one for one in revoked if one.effect == "Deny"]):
        yield f"it is not denied any more that {text.replace(' may not ', ' may ', 1)}"


def _is_wider(permission: Permission, old: Permission) -> bool:
    return (
        (old.who, old.effect) == (permission.who, permission.effect)
        and fnmatchcase(old.action.lower(), permission.action.lower())
        and fnmatchcase(old.resource, permission.resource)
        and permission.condition in ("", old.condition)
    )


def _place(old: Permission, new: Permission) -> str:
    """Return what an old permission was limited to, where the new one is not."""
    (text,) = permission_texts([old])
    return (
        text.partition(" may ")[2]
        if old.action != new.action
        else (f"{old.resource}{f' if {old.condition}' if old.condition else ''}")
    )


def _is_unlimited(permission: Permission) -> bool:
    """Tell whether it is more than anybody means; some actions know no resource."""
    service, _, action = permission.action.partition(":")
    if permission.action == MANAGED_POLICY:
        return permission.resource.endswith(_POWERFUL)
    if permission.action.startswith(ALL_BUT) or permission.resource.startswith(ALL_BUT):
        return True
    if service == "*" or action == "*":
        return True
    return (
        permission.resource == "*"
        and not permission.condition
        and not permission.action.startswith(_WITHOUT_RESOURCE)
    )
