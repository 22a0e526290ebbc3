"""Permissions that are granted and revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from constructs_lib.review.changes import Permission
from constructs_lib.review.renamed import renamed_text
from constructs_lib.review.sharing import is_usual
from constructs_lib.review.snapshot import Snapshot


def permission_changes(
    old: Snapshot, new: Snapshot, renamed: Mapping[str, str]
) -> tuple[tuple[Permission, ...], tuple[Permission, ...]]:
    """Return what is granted and what is revoked; a step that is renamed has what it had.

    Of a role, a bucket or a key that the pipeline did not use before, only who else is let in is
    granted; one that it uses no more revokes nothing.

    Args:
        old: Before.
        new: Now.
        renamed: New name to old of the steps that have another name.
    """
    before, now = set(old.permissions), set(new.permissions)
    known = {_place(holder, renamed): found for holder, found in old.sharing.items()}
    for holder, found in new.sharing.items():
        if holder in known:
            before |= known[holder]
            now |= found
        else:
            now |= {one for one in found if not is_usual(one)}
    granted, revoked = now - before, set()
    for permission in before - now:
        translated = _translated(permission, renamed)
        if translated in granted:
            granted.remove(translated)
        else:
            revoked.add(permission)
    return tuple(sorted(granted)), tuple(sorted(revoked))


def _place(holder: str, renamed: Mapping[str, str]) -> str:
    for new, old in renamed.items():
        if holder == f"role of step {old}":
            return f"role of step {new}"
    return holder


def _translated(permission: Permission, renamed: Mapping[str, str]) -> Permission:
    for new, old in renamed.items():
        permission = replace(
            permission,
            who=f"step {new}" if permission.who == f"step {old}" else permission.who,
            resource=renamed_text(permission.resource, old, new),
            condition=renamed_text(permission.condition, old, new),
        )
    return permission
