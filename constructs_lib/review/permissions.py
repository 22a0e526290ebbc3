"""Permissions that are granted and revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from constructs_lib.review.changes import Permission
from constructs_lib.review.renamed import renamed_text
from constructs_lib.review.snapshot import Snapshot


def permission_changes(
    old: Snapshot, new: Snapshot, renamed: Mapping[str, str]
) -> tuple[tuple[Permission, ...], tuple[Permission, ...]]:
    """Return what is granted and what is revoked; a step that is renamed has what it had.

    Args:
        old: Before.
        new: Now.
        renamed: New name to old of the steps that have another name.
    """
    granted, revoked = set(new.permissions - old.permissions), set()
    for permission in old.permissions - new.permissions:
        translated = _translated(permission, renamed)
        if translated in granted:
            granted.remove(translated)
        else:
            revoked.add(permission)
    return tuple(sorted(granted)), tuple(sorted(revoked))


def _translated(permission: Permission, renamed: Mapping[str, str]) -> Permission:
    for new, old in renamed.items():
        permission = replace(
            permission,
            who=f"step {new}" if permission.who == f"step {old}" else permission.who,
            resource=renamed_text(permission.resource, old, new),
            condition=renamed_text(permission.condition, old, new),
        )
    return permission
