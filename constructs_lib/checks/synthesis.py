"""What synthesis says by itself of the pipelines of an app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from constructs_lib.checks.findings import NOTE, WARNING, Finding
from constructs_lib.checks.limits import limit_findings
from constructs_lib.checks.reach import reach_findings
from constructs_lib.checks.subject import read_subject
from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import Assembly


def synthesis_findings(folder: Path, earlier: Path | None) -> list[Finding]:
    """Return what can be known only of the whole app; an app that cannot be read has none.

    Args:
        folder: The assembly that was written.
        earlier: The assembly to compare it with.
    """
    try:
        assembly = Assembly(folder)
        subjects = [read_subject(assembly, pipeline) for pipeline in assembly.pipelines]
    except LocalRunError:
        return []  # such as a parameter of the stack that has no value before it is deployed
    found = [
        one
        for subject in subjects
        for one in (*limit_findings(subject), *reach_findings(assembly, subject))
    ]
    risks = [] if earlier is None else list(_risks(folder, earlier, subjects[0].name))
    return [one for one in (*found, *risks) if one.level != NOTE]


def _risks(folder: Path, earlier: Path, some: str) -> Iterator[Finding]:
    # They are asked for, and take their time to import.
    from constructs_lib.review.comparison import compare
    from constructs_lib.review.snapshot import read_snapshots

    if earlier.resolve() == folder.resolve():
        yield _uncompared(some, "is the assembly that is being written")
        return
    try:
        old, new = read_snapshots(earlier), read_snapshots(folder)
    except LocalRunError:
        yield _uncompared(some, "cannot be read")
        return
    paths = {snapshot.name: snapshot.path for snapshot in new}
    for change in compare(old, new):
        for risk in change.risks:
            yield Finding(
                WARNING,
                "risk",
                paths.get(change.name, some),
                None,
                risk,
                "",
                "Acknowledge it if it is meant.",
            )


def _uncompared(pipeline: str, why: str) -> Finding:
    return Finding(
        WARNING,
        "against",
        pipeline,
        None,
        f"context constructs-lib:against names a folder that {why}",
        "a copy of an earlier cloud assembly can be compared",
        "Copy cdk.out before the change, and name the copy.",
    )
