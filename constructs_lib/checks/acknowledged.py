"""Findings that the app has acknowledged."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from constructs_lib.checks.findings import Finding

_NAMESPACE = "constructs-lib::"
_ENTRY = "aws:cdk:acknowledged-rules"


class Acknowledged:
    """What ``Validations.of(construct).acknowledge`` has written into an assembly.

    Args:
        folder: Of the assembly.
    """

    def __init__(self, folder: Path) -> None:
        self._rules: dict[str, dict[str, str]] = defaultdict(dict)
        for file in sorted(folder.rglob("*.metadata.json")):
            for path, entries in json.loads(file.read_text(encoding="utf-8")).items():
                for entry in entries:
                    if entry["type"] == _ENTRY:
                        self._rules[path.strip("/")].update(entry["data"])

    def reason(self, finding: Finding) -> str | None:
        """Return why a finding is meant, or None: said of its construct, or of one around it."""
        parts = finding.path.split("/")
        for length in range(len(parts), 0, -1):
            rules = self._rules.get("/".join(parts[:length]), {})
            if f"{_NAMESPACE}{finding.rule}" in rules:
                return rules[f"{_NAMESPACE}{finding.rule}"]
        return None
