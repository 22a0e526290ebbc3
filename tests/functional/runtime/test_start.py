"""How a job starts: the pin, the Python, the function."""

from __future__ import annotations

import hashlib
import pickle
import sys
from pathlib import Path

import pytest

from constructs_lib.runtime.bootstrap import START_CODE
from tests.functional.runtime.bundles import make_bundle, run_bundle, run_function
from tests.interpreters import interpreters, others


def test_start_code_fits_into_an_entrypoint() -> None:
    """An element of ContainerEntrypoint has at most 256 characters, on one line."""
    assert len(START_CODE) <= 256
    assert "\n" not in START_CODE


def test_altered_bundle_is_refused_before_its_code_runs(tmp_path: Path) -> None:
    """One changed byte, anywhere, and nothing of the bundle is imported."""
    text = "open('ran', 'w').close()\ndef f():\n    return 1\n"
    bundle = bytearray(make_bundle({"m.py": text, "_constructs_lib_runtime.py": "x"}, {}))
    digest = hashlib.sha256(bundle).hexdigest()
    position = bundle.index(b"return 1")
    bundle[position + 7 : position + 8] = b"2"
    outcome = run_bundle(tmp_path, bytes(bundle), digest=digest)
    assert outcome.code == 1
    assert "bad sha256" in outcome.output
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("version", interpreters())
def test_source_runs_on_every_python(version: str, tmp_path: Path) -> None:
    """A bundle of source made here runs on each Python from 3.9 on."""
    source = {"pkg/__init__.py": "", "pkg/a.py": "from .b import g\ndef f(x):\n    return g(x)\n"}
    bundle = make_bundle(
        {**source, "pkg/b.py": "def g(x):\n    return [x, 2]\n"},
        {
            "function": {"module": "pkg.a", "qualname": "f"},
            "args": [{"kind": "hyperparameter", "key": "x", "type": "integer"}],
        },
    )
    python = interpreters()[version]
    outcome = run_bundle(tmp_path, bundle, python=python, hyperparameters={"x": "7"})
    assert (outcome.code, outcome.output) == (0, "")
    assert outcome.result == [7, 2]


class Trap:
    def __reduce__(self):
        return open, ("unpickled", "w")


@pytest.mark.parametrize("version", others())
def test_pickle_by_value_is_refused_by_another_python(version: str, tmp_path: Path) -> None:
    """Both versions are named, and nothing is unpickled."""
    here = list(sys.version_info[:2])
    plan = {"python": {"exact": here}, "function": {"pickle": "pickles/function.pkl"}}
    bundle = make_bundle({}, plan, {"pickles/function.pkl": pickle.dumps(Trap())})
    outcome = run_bundle(tmp_path, bundle, python=others()[version])
    assert outcome.code == 1
    assert f"Python {here[0]}.{here[1]}" in outcome.failure
    assert f"container runs Python {version}" in outcome.failure
    assert not (tmp_path / "unpickled").exists()


def test_other_protocol_is_refused(tmp_path: Path) -> None:
    """A shim does not guess what a newer plan means."""
    outcome = run_function(tmp_path, "def f(): pass", protocol=99)
    assert outcome.code == 1
    assert "protocol 99" in outcome.failure


def test_user_code_sees_a_clean_command_line(tmp_path: Path) -> None:
    """Arguments of the start code are not the step's; its folder is importable by children."""
    text = "import sys\ndef f():\n    return [len(sys.argv), sys.path[0].endswith('/source')]\n"
    assert run_function(tmp_path, text).result == [1, True]


def test_package_data_is_read_from_the_bundle(tmp_path: Path) -> None:
    """importlib.resources finds the data files of a package in the bundle."""
    code = (
        "from importlib.resources import files\n"
        "def f():\n    return files('pkg').joinpath('data/x.csv').read_text()\n"
    )
    bundle = make_bundle(
        {"pkg/__init__.py": "", "pkg/m.py": code, "pkg/data/x.csv": "1,2"},
        {"function": {"module": "pkg.m", "qualname": "f"}},
    )
    assert run_bundle(tmp_path, bundle).result == "1,2"


@pytest.mark.parametrize(
    ("requirements", "code"),
    [("pip\n", 0), ("pip>=1,<999\n", 0), ("no-such-package-here==1.0\n", 1), ("pip==0.1\n", 1)],
)
def test_requirements_are_checked_and_never_installed_where_that_is_forbidden(
    tmp_path: Path, requirements: str, code: int
) -> None:
    """Requirements that the image meets cost nothing; others are named with what is there."""
    bundle = make_bundle(
        {"m.py": "def f(): return 1"},
        {"requirements": True},
        {"requirements.txt": requirements.encode()},
    )
    outcome = run_bundle(tmp_path, bundle, CONSTRUCTS_LIB_INSTALL="never")
    assert outcome.code == code, outcome.output
    if code:
        assert requirements.strip() in outcome.failure
        assert "pip install" in outcome.failure


def test_failing_pip_fails_the_step(tmp_path: Path) -> None:
    """What pip cannot install is a failure with the requirement, not a hang."""
    bundle = make_bundle(
        {"m.py": "def f(): return 1"}, {"requirements": True}, {"requirements.txt": b"./nothing\n"}
    )
    outcome = run_bundle(tmp_path, bundle)
    assert outcome.code == 1
    assert "pip could not install" in outcome.failure
