"""Values, files and folders that are meant to do harm, and do none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from constructs_lib import LocalRunError
from constructs_lib.runtime.bootstrap import START_CODE
from constructs_lib.runtime.failure import StepFailure
from constructs_lib.runtime.serializers import tables
from tests.functional.local.assemblies import job, run_steps
from tests.functional.runtime.bundles import (
    make_bundle,
    run_bundle,
    run_function,
    without_network,
)

HOSTILE = [
    "'; touch pwned; '",
    '" && touch pwned && "',
    "$(touch pwned) `touch pwned` ${HOME} $HOME",
    "--help",
    "-c 'import os'",
    "line\nanother\r\n\ttab",
    "größe 東京 🎈 \u202e\u0000",
    "%s {0} {x!r} \\n \\x00",
    "../../../etc/passwd",
    "x" * 2500,
    "ß" * 2500,
    "",
]
SHOW = "def f(**values):\n    return values\n"
NODE = {"kind": "hyperparameter", "type": "string"}
# Stands for the launcher of an image: keeps its command line, and starts one process.
LAUNCHER = """#!{python}
import json, os, subprocess, sys
json.dump(sys.argv, open(os.environ["SAGEMAKER_BASE_DIR"] + "/argv.json", "w"))
sys.exit(subprocess.call(sys.argv[sys.argv.index({python!r}):]))
"""


@pytest.mark.parametrize("launcher", [None, "torchrun", "mpirun"])
def test_hyperparameters_are_values_and_nothing_else(tmp_path: Path, launcher: str | None) -> None:
    """They arrive as they are; none reaches a command line, a shell or the name of a file."""
    values = {f"v{number}": text for number, text in enumerate(HOSTILE)}
    nodes = {name: {**NODE, "key": name} for name in values}
    kind = launcher and {"kind": launcher, "processes": 1, "options": []}
    folder = tmp_path / "bin"
    folder.mkdir()
    if launcher is not None:
        (folder / launcher).write_text(LAUNCHER.format(python=sys.executable))
        (folder / launcher).chmod(0o755)
    base = tmp_path / "ml"
    outcome = run_bundle(
        base,
        make_bundle({"m.py": SHOW}, {"kwargs": nodes, "launcher": kind}),
        hyperparameters={**values, "--rank": "7", "-x": "y"},
        PATH=f"{folder}{os.pathsep}{os.environ['PATH']}",
    )
    assert outcome.result == values, outcome.output
    assert not list(tmp_path.rglob("pwned"))
    if launcher is not None:
        command = json.loads((base / "argv.json").read_text())
        assert not [part for part in command for text in HOSTILE if text and text in part]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"x": 1}', b" " * (1 << 25), None],
)
def test_malformed_hyperparameters_are_a_reason(tmp_path: Path, content: bytes | None) -> None:
    """A file that no service writes fails the job with a sentence."""
    bundle = make_bundle({"m.py": SHOW}, {"kwargs": {"x": {**NODE, "key": "x"}}})
    path = tmp_path / "input" / "config" / "hyperparameters.json"
    run_bundle(tmp_path, bundle)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    code = next((tmp_path / "input" / "data" / "code").iterdir()).stem
    ended = subprocess.run(
        [sys.executable, "-c", START_CODE, code],
        env={"SAGEMAKER_BASE_DIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("StepFailure: ")
    assert "hyperparameter" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "resources",
    [
        {},
        {"hosts": 3},
        {"hosts": ["--x"], "current_host": "--x"},
        {"hosts": ["a:9,b"], "current_host": "a:9,b"},
        {"hosts": ["algo-1"], "current_host": "algo-2"},
        {"hosts": ["a"], "current_host": "a", "network_interface_name": "eth0 --mca x"},
    ],
)
def test_hosts_cannot_be_options(tmp_path: Path, resources: Any) -> None:
    """What the platform says of the hosts becomes arguments of mpirun: names, or nothing."""
    launcher = {"kind": "torchrun", "processes": 1, "options": []}
    bundle = make_bundle({"m.py": RETURNS_ONE}, {"launcher": launcher})
    outcome = run_bundle(tmp_path, bundle, resources=resources)
    assert outcome.code == 1
    assert str(outcome.failure).startswith("StepFailure: resourceconfig.json ")


RETURNS_ONE = "def f():\n    return 1\n"
RETURNS_FOLDER = """
import os, pathlib, socket
def f():
    folder = pathlib.Path("out")
    (folder / "in").mkdir(parents=True)
    (folder / "plain.txt").write_text("plain")
    {make}
    return folder{of}
"""


@pytest.mark.parametrize(
    ("make", "of", "message"),
    [
        ("os.mkfifo(folder / 'x')", "", "is a pipe, a socket or a device"),
        ("os.mkfifo(folder / 'x')", " / 'x'", "is a pipe, a socket or a device"),
        ("pass", " / '/dev/zero'", "is a pipe, a socket or a device"),
        (
            "socket.socket(socket.AF_UNIX).bind(str(folder / 'x'))",
            "",
            "is a pipe, a socket or a device",
        ),
        ("(folder / 'in' / 'x').symlink_to('..')", "", "leads back to a folder that it is in"),
        ("(folder / 'x').symlink_to('/')", "", "leads back to a folder that it is in"),
        ("(folder / 'x').symlink_to('nothing')", "", "leads to nothing"),
    ],
)
def test_odd_files_cannot_be_returned(tmp_path: Path, make: str, of: str, message: str) -> None:
    """They have no end, or no content; the step fails instead of hanging."""
    outcome = run_function(tmp_path, RETURNS_FOLDER.format(make=make, of=of))
    assert outcome.code == 1
    assert message in str(outcome.failure)


def test_links_to_files_are_returned_as_files(tmp_path: Path) -> None:
    """As caches of models have them."""
    make = "(folder / 'in' / 'x').symlink_to('../plain.txt')"
    outcome = run_function(tmp_path, RETURNS_FOLDER.format(make=make, of=""))
    assert outcome.code == 0, outcome.output
    copied = tmp_path / "model" / "value" / "value" / "out" / "in" / "x"
    assert not copied.is_symlink()
    assert copied.read_text() == "plain"


@pytest.mark.parametrize("place", ["value/value.json", "value/payload.json", "manifest.json"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_odd_files_in_a_channel_are_not_read(tmp_path: Path, place: str, kind: str) -> None:
    """Where a file should be there is a link to a secret, or something without an end."""
    produced = run_function(tmp_path / "p", RETURNS_ONE)
    secret = tmp_path / "secret"
    shutil.copy(produced.base / "model" / place, secret)
    node = {"kind": "result", "channel": "x", "path": [], "serializer": None}
    bundle = make_bundle({"m.py": "def f(x):\n    open('ran', 'w').close()\n"}, {"args": [node]})
    base = tmp_path / "c"
    channel = base / "input" / "data" / "x"
    shutil.copytree(produced.base / "model", channel)
    (channel / place).unlink()
    aim = {"link": str(secret), "device": "/dev/zero"}
    if kind == "pipe":
        os.mkfifo(channel / place)
    elif kind == "folder":
        (channel / place).mkdir()
    else:
        (channel / place).symlink_to(aim[kind])
    outcome = run_bundle(base, bundle)
    assert outcome.code == 1
    assert Path(place).name in str(outcome.failure)
    assert not (base / "ran").exists()


@pytest.mark.parametrize(
    "name",
    ["..", "../" * 7 + "escaped", "{here}/escaped", ".", "", "a/b", "x" * 300, "a\0b", None, 3],
)
@pytest.mark.parametrize("of", ["step", "channel", "output", "checkpoints"])
def test_names_stay_in_the_folder_of_the_run(tmp_path: Path, name: Any, of: str) -> None:
    """A definition by somebody else writes nothing outside of the run's folder."""
    work = tmp_path / "a" / "b" / "work"
    name = name.format(here=tmp_path) if isinstance(name, str) else name
    entry = job("s", "give(1)")
    arguments = entry["Arguments"]
    if of == "step":
        entry["Name"] = name
    elif of == "channel":
        source = {"S3DataSource": {"S3Uri": "s3://raw/x"}}
        arguments["InputDataConfig"] = [{"ChannelName": name, "DataSource": source}]
    elif of == "output":
        arguments["OutputDataConfig"]["S3OutputPath"] = f"s3://{name}"
    else:
        arguments["CheckpointConfig"] = {"S3Uri": "s3://p/c", "LocalPath": f"/opt/ml/{name}"}
    raw = tmp_path / "raw"
    (raw / "x").mkdir(parents=True)
    (raw / "x" / "file").write_text("1")
    try:
        execution = run_steps(work, [entry], buckets={"raw": raw})
    except LocalRunError:
        pass
    else:
        assert execution.end_time is not None
    left = {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*") if p.is_file()}
    assert left <= {"a", "raw"}
    inside = [p for p in (tmp_path / "a").rglob("*") if p.is_file()]
    assert all(p.is_relative_to(work) for p in inside)


@pytest.mark.parametrize("aim", ["/etc", "/", "..", "/dev"])
def test_links_out_of_the_model_folder_are_not_uploaded(tmp_path: Path, aim: str) -> None:
    """The local engine stores what the job has written, not what a link leads to."""
    program = f"(base / 'model' / 'link').symlink_to({aim!r})"
    execution = run_steps(tmp_path, [job("s", program)])
    assert execution.status == "Failed"
    assert "leads out of" in str(execution.reason)
    assert not list((tmp_path / "run" / "buckets").rglob("passwd"))


def test_pipe_in_the_model_folder_does_not_hang(tmp_path: Path) -> None:
    """It has no end to upload."""
    execution = run_steps(tmp_path, [job("s", "os.mkfifo(base / 'model' / 'x')")])
    assert execution.status == "Failed"
    assert "named pipe" in str(execution.reason)


class Named(pa.ExtensionType):  # type: ignore[misc]
    """An extension type under the name that pyarrow had for pickles."""

    loaded = False

    def __init__(self) -> None:
        super().__init__(pa.int64(), "arrow.py_extension_type")

    def __arrow_ext_serialize__(self) -> bytes:
        return b"a pickle"

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: Any, data: bytes) -> Named:
        cls.loaded = True
        return cls()


@pytest.mark.parametrize("kind", ["arrow", "parquet"])
def test_arrow_never_loads_a_pickle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Up to pyarrow 14.0.0 a file could name an extension type that was unpickled."""
    from pyarrow import parquet

    path = tmp_path / "value"
    array = pa.ExtensionArray.from_storage(Named(), pa.array([1], pa.int64()))
    table = pa.table({"x": array})
    if kind == "arrow":
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    else:
        parquet.write_table(table, str(path))
    pa.register_extension_type(Named())
    monkeypatch.setattr(pa, "__version__", "13.0.0")
    Named.loaded = False
    read = tables.read if kind == "arrow" else tables.read_parquet
    try:
        with pytest.raises(ValueError, match="extension type that is a pickle"):
            read(str(path), "pyarrow.Table")
    finally:
        pa.unregister_extension_type("arrow.py_extension_type")
    assert not Named.loaded


CONNECTS = (
    "import socket\ndef f(x):\n"
    "    try:\n        socket.create_connection(('127.0.0.1', 1), 1)\n"
    "    except OSError as error:\n        return [int(x), type(error).__name__, str(error)]\n"
)


def test_a_step_needs_no_network(tmp_path: Path) -> None:
    """From the code to the stored result, with not even an interface that is up."""
    isolated = without_network(tmp_path)
    if isolated is None:
        pytest.skip("no network namespaces here")
    produced = run_function(tmp_path / "p", "import numpy\ndef f():\n    return numpy.arange(3)\n")
    node = {"kind": "result", "channel": "x", "path": [0], "serializer": None}
    bundle = make_bundle({"m.py": CONNECTS}, {"args": [node]})
    channels = {"x": produced.base / "model"}
    outcome = run_bundle(tmp_path / "c", bundle, channels=channels, python=isolated)
    assert outcome.code == 0, outcome.output
    assert outcome.result[0] == 0
    assert "unreachable" in outcome.result[2]
    # The same step does see a network where there is one.
    outcome = run_bundle(tmp_path / "d", bundle, channels=channels)
    assert "refused" in outcome.result[2]


def test_lying_safetensors_are_refused(tmp_path: Path) -> None:
    """A header that is longer than its file would be read into as much memory."""
    tensors = pytest.importorskip("constructs_lib.runtime.serializers.tensors")
    pytest.importorskip("torch")
    path = tmp_path / "x"
    path.write_bytes((1 << 62).to_bytes(8, "little") + b"{}")
    with pytest.raises((ValueError, StepFailure)):
        tensors.read(str(path))
