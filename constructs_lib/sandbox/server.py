"""The sandbox's own process: moto behind one port, executions and schedules beside it."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import SandboxError
from constructs_lib.local.steps import Options
from constructs_lib.sandbox.environment import ACCOUNT, HOST, environment

# moto reads its account when it is imported, and so must not see the user's AWS configuration.
os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 10.0


class _Turns:
    """A WSGI application that handles one request at a time, and tells when it has changed.

    Args:
        application: moto's.
        state: What it changes.
    """

    def __init__(self, application: Any, state: Any) -> None:
        self._application = application
        self._state = state

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        from constructs_lib.sandbox.state import LOCK

        with LOCK:
            body = list(self._application(environ, start_response))
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            self._state.touch()
        return body


def serve(folder: Path, port: int, options: Options) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        folder: Of the state.
        port: To listen on, on loopback only.
        options: How jobs run.

    Raises:
        SandboxError: The port is in use, or the state cannot be read.
    """
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    from constructs_lib.sandbox.executions import api, job_api
    from constructs_lib.sandbox.executions.service import ExecutionService
    from constructs_lib.sandbox.executions.single_jobs import SingleJobs
    from constructs_lib.sandbox.patches import apply_patches
    from constructs_lib.sandbox.schedules.clock import Clock
    from constructs_lib.sandbox.state import State

    apply_patches()
    state = State(folder)
    application = _Turns(DomainDispatcherApplication(create_backend_app), state)
    try:
        server = make_server(
            HOST, port, application, threaded=True, request_handler=MotoRequestHandler
        )
    except (OSError, SystemExit) as error:
        raise SandboxError(f"port {port} is in use: choose another with --port") from error
    state.open()
    service = ExecutionService(folder / "executions", port, options, state.save)
    api.apply(service)
    service.recover()
    jobs = SingleJobs(folder / "training", port, options, state.save)
    job_api.apply(jobs)
    jobs.recover()
    clock = Clock(service)
    clock.start()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _log.info("serving on port %s", port)
    ended.wait()
    clock.stop()
    jobs.close()
    service.close()  # jobs store their last output while the server still answers
    server.shutdown()
    state.close()


def main() -> int:
    """Run the process: ``python -m constructs_lib.sandbox.server FOLDER PORT PYTHON``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("python")
    parser.add_argument("--install", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    os.environ.update(environment(arguments.port))
    try:
        serve(
            arguments.folder,
            arguments.port,
            Options(
                python=arguments.python, install=arguments.install, grace_seconds=_GRACE_SECONDS
            ),
        )
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
