"""The sandbox from outside: starts its process, asks for it, ends it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from constructs_lib.exceptions import SandboxError
from constructs_lib.sandbox.environment import DEFAULT_PORT, HOST, REGION, environment

DEFAULT_FOLDER = Path(".constructs-lib") / "sandbox"

_PROCESS_FILE = "process.json"
_START_SECONDS = 60.0
_END_SECONDS = 30.0
_POLL_SECONDS = 0.05


class Sandbox:
    """An embedded AWS on a loopback port.

    Args:
        folder: Keeps its state. Default: a temporary one, removed at the end of a ``with`` block.
        port: To listen on. Default: a free one.
        python: Interpreter that stands for the images' ``python3``.
        install: Whether steps get the wheels that are locked for them.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        *,
        port: int | None = None,
        python: str = sys.executable,
        install: bool = False,
    ) -> None:
        self._temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="constructs-lib-sandbox-")).resolve()
        self._port = port
        self._python = python
        self._install = install

    @property
    def port(self) -> int:
        """Port of the running sandbox.

        Raises:
            SandboxError: It does not run.
        """
        return int(self._required_process()["port"])

    @property
    def url(self) -> str:
        """Endpoint for every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make every AWS tool talk to it."""
        return environment(self.port)

    @property
    def log(self) -> Path:
        """What the process has printed."""
        return self.folder / "sandbox.log"

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a boto3 client of a service."""
        from constructs_lib.sandbox.clients import Clients

        return Clients(self.port, region).get(service)

    def is_up(self) -> bool:
        """Tell whether it runs and answers."""
        return self._process() is not None

    def up(self) -> None:
        """Start it and wait until it answers; it runs on when this process ends.

        Raises:
            SandboxError: moto is not installed, the port is in use, or the state cannot be read.
        """
        if self.is_up():
            running = self._required_process()["port"]
            if self._port not in {None, running}:
                raise SandboxError(
                    f"the sandbox of {self.folder} runs on port {running}, not {self._port}: "
                    f"`constructs-lib sandbox down` ends it"
                )
            return
        if importlib.util.find_spec("moto") is None:
            raise SandboxError(
                "the sandbox needs moto, which is not installed: "
                "pip install 'constructs-lib[sandbox]'"
            )
        self._require_python()
        port = self._port or _free_port()
        _require_free(port)
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "constructs_lib.sandbox.server"]
        with self.log.open("ab") as log:
            start = log.tell()
            process = subprocess.Popen(
                [
                    *command,
                    *(["--install"] if self._install else []),
                    str(self.folder),
                    str(port),
                    self._python,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        content = json.dumps({"pid": process.pid, "port": port})
        (self.folder / _PROCESS_FILE).write_text(content, encoding="utf-8")
        _wait(lambda: process.poll() is not None or _answers(port), _START_SECONDS)
        if process.poll() is not None or not _answers(port):
            process.kill()
            (self.folder / _PROCESS_FILE).unlink()
            text = self.log.read_bytes()[start:].decode("utf-8", "replace").strip()
            reason = text.splitlines()[-1] if text else "it gave no reason"
            raise SandboxError(f"the sandbox did not start: {reason} (all of it: {self.log})")

    def down(self) -> bool:
        """End it; its state stays. Running jobs are stopped.

        Returns:
            Whether it ran.

        Raises:
            SandboxError: It does not end.
        """
        process = self._process()
        (self.folder / _PROCESS_FILE).unlink(missing_ok=True)
        if process is None:
            return False
        pid = process["pid"]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        if not _wait(lambda: _has_ended(pid), _END_SECONDS):
            raise SandboxError(f"the sandbox, process {pid}, does not end: see {self.log}")
        return True

    def reset(self) -> None:
        """Forget everything. A sandbox that runs is started again, empty."""
        port = self.port if self.is_up() else None
        self.down()
        shutil.rmtree(self.folder, ignore_errors=True)
        if port is not None:
            self._port = port
            self.up()

    def __enter__(self) -> Sandbox:
        self.up()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _process(self) -> dict[str, int] | None:
        """Return process ID and port of the running sandbox; a stale record is no sandbox."""
        try:
            process: dict[str, int] = json.loads(
                (self.folder / _PROCESS_FILE).read_text(encoding="utf-8")
            )
            os.kill(process["pid"], 0)
        except (OSError, ValueError, KeyError):
            return None
        return process if _answers(process["port"]) else None

    def _required_process(self) -> dict[str, int]:
        process = self._process()
        if process is None:
            raise SandboxError(
                f"no sandbox runs for {self.folder}: start it with `constructs-lib sandbox up`"
            )
        return process

    def _require_python(self) -> None:
        if shutil.which(self._python) is None:
            raise SandboxError(f"--python {self._python}: there is no such interpreter")


def _answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}/moto-api/config", timeout=10):
            return True
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            default = f" (the default is {DEFAULT_PORT})"
            raise SandboxError(
                f"port {port} cannot be used: {error}; choose another with --port{default}"
            ) from error


def _has_ended(pid: int) -> bool:
    try:
        # A child of this process stays in the table until it is waited for.
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return True
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(_POLL_SECONDS)
    return done()
