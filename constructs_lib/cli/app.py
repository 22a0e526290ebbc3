"""The app of a project: its command and context, as ``cdk.json`` has them, and how it is run."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from constructs_lib.cli.options import UsageError

CONFIGURATION = "cdk.json"
_LOOKED_UP = "cdk.context.json"
# Of what a failed app has said.
_LINES = 20


@dataclass(frozen=True)
class App:
    """An app that can be synthesized.

    Attributes:
        command: For the shell, as the CDK CLI runs it.
        folder: Where it runs.
        context: Of the project, and what the CDK CLI adds to it.
        output: Where it writes, relative to the folder, if it does not heed where it is told to.
    """

    command: str
    folder: Path
    context: Mapping[str, Any]
    output: str = "cdk.out"

    def run(
        self,
        output: Path,
        *,
        context: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        stream: int | IO[str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Synthesize it.

        Args:
            output: Folder for the assembly.
            context: More of it.
            environment: More of it.
            stream: Where stdout and stderr of the app go, as for ``subprocess.run``.
        """
        return subprocess.run(
            self.command,
            shell=True,
            cwd=self.folder,
            env={
                **os.environ,
                **(environment or {}),
                "CDK_OUTDIR": str(output),
                "CDK_CONTEXT_JSON": json.dumps({**self.context, **(context or {})}),
            },
            stdout=stream,
            stderr=subprocess.STDOUT if stream is not None else None,
            text=True,
            check=False,
        )

    def write(self, output: Path, environment: Mapping[str, str] | None = None) -> Path:
        """Synthesize it, and say nothing; returns the folder of its assembly.

        Args:
            output: Folder for the assembly.
            environment: More of it.

        Raises:
            UsageError: It fails.
        """
        done = self.run(output, environment=environment, stream=subprocess.PIPE)
        # An app may name its folder itself.
        for written in (output, self.folder / self.output):
            if done.returncode == 0 and (written / "manifest.json").is_file():
                return written
        end = "\n".join(done.stdout.splitlines()[-_LINES:])
        why = f"ended with {done.returncode}" if done.returncode else "wrote no cloud assembly"
        raise UsageError(f"the app `{self.command}` {why}\n{end}")


def read_app(folder: Path, command: str | None = None) -> App:
    """Read the app of a project.

    Args:
        folder: Has ``cdk.json``, and ``cdk.context.json`` if values were looked up.
        command: Instead of the one in ``cdk.json``.

    Raises:
        UsageError: There is no command, or a file is not JSON.
    """
    configuration = _read(folder / CONFIGURATION)
    found = command or configuration.get("app")
    if not isinstance(found, str) or not found:
        raise UsageError(
            f"there is no {CONFIGURATION} with an app in {folder}: run this in the app's folder, "
            f"or name its command with --app"
        )
    # As with the CDK CLI, what a person has written wins over what was looked up.
    context = {
        "aws:cdk:enable-path-metadata": True,
        **_read(folder / _LOOKED_UP),
        **configuration.get("context", {}),
    }
    return App(found, folder, context, configuration.get("output", "cdk.out"))


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} is not a JSON object")
    return content
