"""Packages that steps have installed, and what differs in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from constructs_lib.review.changes import PackageChange

# A line of a list of wheels, of a requirements file or of a conda environment.
_PACKAGE = re.compile(r"\s*(?:- +)?([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*([=<>!~].*)?")
_LIST_OF_WHEELS = " for Python "


def is_list_of_wheels(name: str) -> bool:
    """Tell whether a text that the template shows is a list of wheels."""
    return _LIST_OF_WHEELS in name


def packages_of(texts: Mapping[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    """Return step to package to version: of its wheels, or else as it requires them.

    Args:
        texts: What the template shows, by name.
    """
    found: dict[str, dict[str, str]] = {}
    for kind in ("environment", "requirements", "wheels"):
        for name, lines in texts.items():
            if name.startswith(f"{kind} of "):
                listed = texts.get(lines[0], ()) if kind == "wheels" else lines
                found[name.removeprefix(f"{kind} of ")] = dict(_packages(listed))
    return found


def package_changes(
    old: Mapping[str, Mapping[str, str]],
    new: Mapping[str, Mapping[str, str]],
    pairs: Mapping[str, str],
) -> Iterator[PackageChange]:
    """Yield what differs, each once, with the steps that it differs in.

    Args:
        old: Step to package to version.
        new: Likewise.
        pairs: New name to old of the steps that there are in both.
    """
    steps: dict[tuple[str, str | None, str | None], list[str]] = {}
    for step, name in pairs.items():
        before, after = old.get(name, {}), new.get(step, {})
        for package in sorted({*before, *after}):
            was, now = before.get(package), after.get(package)
            if was != now:
                steps.setdefault((package, was, now), []).append(step)
    for change in sorted(steps, key=lambda change: [text or "" for text in change]):
        yield PackageChange(*change, tuple(steps[change]))


def _packages(lines: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _PACKAGE.fullmatch(line.partition(" ;")[0].partition("#")[0].rstrip())
        if found:
            version = (found[2] or "").strip()
            yield re.sub(r"[-_.]+", "-", found[1]).lower(), version.removeprefix("==").strip()
