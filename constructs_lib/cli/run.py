"""``constructs-lib run``: runs a synthesized pipeline on this machine."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from constructs_lib.cli.display import Display
from constructs_lib.cli.options import RUNS, add_parallel, add_parameters, add_selection, pairs
from constructs_lib.cli.played import add_played, bucket_folders, file_system_folders
from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.assembly import Assembly, SynthesizedPipeline
from constructs_lib.local.definition import parse_definition
from constructs_lib.local.engine import Engine
from constructs_lib.local.execution import FAILED, STOPPED, SUCCEEDED, Execution
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.machine import Selection, engine_for
from constructs_lib.local.steps import Options
from constructs_lib.local.stubs import read_stub


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = commands.add_parser("run", help="run a synthesized pipeline on this machine")
    parser.add_argument("pipeline", nargs="?", help="name; may be left out if there is only one")
    add_parameters(parser)
    parser.add_argument("--app", default="cdk.out", help="cloud assembly; default: cdk.out")
    add_played(parser)
    parser.add_argument("--output", help=f"folder of the run; default: a new one in {RUNS}")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the steps")
    parser.add_argument(
        "--install",
        action="store_true",
        help="give steps the wheels that are locked for them, downloaded by pip; default: what "
        "the interpreter has",
    )
    add_parallel(parser)
    add_selection(parser)
    parser.add_argument(
        "--no-cache", action="store_true", help="run steps again that an equal earlier run has left"
    )
    parser.add_argument(
        "--stub",
        dest="stubs",
        metavar="STEP=FILE",
        action="append",
        default=[],
        help="what a step leaves instead of running: a JSON file of properties, or module:function",
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the pipeline and show its progress.

    Raises:
        LocalRunError: It cannot be run as asked.
    """
    assembly = Assembly(Path(arguments.app))
    pipeline = assembly.find(arguments.pipeline)
    parameters = pairs(arguments.parameters, "-p")
    buckets = bucket_folders(assembly, pipeline, arguments.buckets)
    mounted = file_system_folders(assembly, pipeline, arguments.file_systems, parameters)
    for entry in arguments.file_systems:
        sys.stderr.write(f"--file-system {entry}: steps can write to it, read-only or not\n")
    python = shutil.which(arguments.python)
    if python is None:
        raise LocalRunError(f"--python {arguments.python}: there is no such interpreter")

    if arguments.source is not None and not arguments.select:
        raise LocalRunError("--from needs --select: which steps are to run")
    runs = (RUNS / pipeline.name).resolve()

    def folder(execution_id: str) -> Path:
        if arguments.output is not None:
            return Path(arguments.output).resolve()
        started = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
        return runs / f"{started}-{execution_id}"

    with Display(sys.stdout) as display:
        engine = engine_for(
            pipeline,
            parameters,
            folder,
            lambda root: FolderStore(root, assembly, buckets, mounted),
            Options(
                python=python,
                install=arguments.install,
                parallel=arguments.parallel,
                stubs=_stubs(arguments.stubs, pipeline),
            ),
            display.show,
            earlier=None if arguments.no_cache else runs,
            selection=Selection(arguments.select, runs, arguments.source)
            if arguments.select
            else None,
        )
        with _stopped_by_signals(engine):
            execution = engine.run()
    display.conclude(execution)
    made = execution.folder
    shown = made.relative_to(Path.cwd()) if made.is_relative_to(Path.cwd()) else made
    display.tell(f"record, logs and outputs: {shown}")
    _explain(execution)
    return 0 if execution.status == SUCCEEDED else 1


@contextlib.contextmanager
def _stopped_by_signals(engine: Engine) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM stop the jobs; the second one ends them at once."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: engine.stop()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _explain(execution: Execution) -> None:
    if execution.status == STOPPED:
        sys.stderr.write(f"\n{execution.pipeline} was stopped\n")
    for record in execution.steps:
        if record.status != FAILED:
            continue
        sys.stderr.write(f"\nstep {record.name} failed: {record.reason}\n")
        if record.log is not None and Path(record.log).is_file():
            tail = Path(record.log).read_text(encoding="utf-8", errors="replace").splitlines()
            sys.stderr.write("\n".join(["end of its log:", *tail[-40:], ""]))


def _stubs(entries: list[str], pipeline: SynthesizedPipeline) -> dict[str, Any]:
    names = [step.name for step in parse_definition(pipeline.definition).steps]
    given = pairs(entries, "--stub")
    for name in given:
        if name not in names:
            raise LocalRunError(f"--stub {name}: no such step; there is: {', '.join(names)}")
    sys.path.insert(0, str(Path.cwd()))  # where a function to be imported would be
    return {name: read_stub(name, text) for name, text in given.items()}
