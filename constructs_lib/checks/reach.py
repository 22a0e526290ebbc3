"""Whether the steps of a pipeline reach what they are given: by their roles, by their networks."""

from __future__ import annotations

from constructs_lib.checks.findings import NOTE, Finding
from constructs_lib.checks.network import network_findings
from constructs_lib.checks.reachability import Reachability
from constructs_lib.checks.subject import Subject
from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import Assembly

# What reading resources raises that have not the CDK's form.
_ODD = (LocalRunError, AttributeError, LookupError, TypeError, ValueError)


def reach_findings(assembly: Assembly, subject: Subject) -> list[Finding]:
    """Return what they do not reach, and what is not known.

    Args:
        assembly: The app.
        subject: The pipeline.
    """
    try:
        reachability = Reachability(assembly, subject)
        found = list(reachability.findings())
        return [*found, *network_findings(assembly, subject, reachability)]
    except _ODD as error:
        return [
            Finding(
                NOTE,
                "reach",
                subject.name,
                None,
                f"what its steps reach is not known: {type(error).__name__}: {error}",
                "roles, policies and networks are read as the CDK writes them",
                "See that every step reaches what it is given.",
            )
        ]
