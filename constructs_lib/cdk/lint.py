"""The checks that need the whole app: they read the templates when these have been written.

A plugin of the CDK's validation runs behind every grant and every aspect, and its warnings are
printed and acknowledged as the CDK's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jsii
from aws_cdk import (
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stage,
    Validations,
)
from constructs import Construct, IConstruct

if TYPE_CHECKING:
    from constructs_lib.checks.findings import Finding

#: Context that names the folder of an earlier assembly to compare with.
AGAINST = "constructs-lib:against"
_NAME = "constructs-lib"
# On the app's construct, which is in no template. The object is no mark: without an App of the
# user's it is another one each time.
_MARK = "constructs-lib:linted"


def lint_app(scope: Construct) -> None:
    """Let the app of a construct be checked when it is synthesized, once."""
    root = scope.node.root
    is_marked = any(entry.type == _MARK for entry in root.node.metadata)
    if isinstance(root, Stage) and not is_marked:
        root.node.add_metadata(_MARK, data=True)
        Validations.of(root).add_plugins(_Lint(root))


@jsii.implements(IPolicyValidationPlugin)
class _Lint:
    """Reports warnings only: they do not fail synthesis.

    Args:
        root: The app.
    """

    def __init__(self, root: Stage) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return _NAME

    @property
    def version(self) -> str | None:
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        return None

    def validate(self, _context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        # Here, because whoever only imports a module with steps needs none of it.
        from constructs_lib.checks.synthesis import synthesis_findings

        against = self._root.node.try_get_context(AGAINST)
        earlier = None if against is None else Path(str(against))
        found = synthesis_findings(Path(self._root.outdir), earlier)
        return PolicyValidationPluginReport(
            success=True, violations=[self._violation(one) for one in found]
        )

    def _violation(self, finding: Finding) -> PolicyViolation:
        path = finding.path if self._has(finding.path) else finding.pipeline
        return PolicyViolation(
            rule_name=finding.rule,
            description=finding.text,
            fix=finding.mend,
            severity=finding.level,
            violating_resources=[PolicyViolatingResource(locations=[], construct_path=path)],
        )

    def _has(self, path: str) -> bool:
        """Tell whether there is a construct: steps without a role of their own have none."""
        found: IConstruct | None = self._root
        for name in path.split("/"):
            found = None if found is None else found.node.try_find_child(name)
        return found is not None
