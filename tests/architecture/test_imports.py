"""Who imports whom, and what an import loads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interpreters import interpreters

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "constructs_lib" / "runtime"


def run(*command: str, cwd: Path = ROOT) -> str:
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_layers() -> None:
    """The import contracts in pyproject.toml hold."""
    run(str(Path(sys.executable).parent / "lint-imports"), "--no-cache")


def test_declaring_steps_loads_nothing_heavy() -> None:
    """Importing the package and decorating a function load no CDK, SDK, numpy or cloudpickle."""
    code = (
        "import sys\n"
        "from constructs_lib import S3Input, ParameterInteger, step\n"
        "@step(instance_type='ml.m5.large')\n"
        "def f(x, y): ...\n"
        "f(S3Input('b', 'k'), ParameterInteger('P'))\n"
        "heavy = {'aws_cdk', 'jsii', 'constructs', 'boto3', 'botocore', 'numpy', 'cloudpickle'}\n"
        "print(sorted(heavy & {m.partition('.')[0] for m in sys.modules}))"
    )
    assert run(sys.executable, "-c", code).strip() == "[]"


def test_a_decorator_loads_few_modules() -> None:
    """Nothing of the standard library is loaded that only other names, or errors, need."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from constructs_lib import step\n"
        "step(lambda x: x)\n"
        "slow = {'difflib', 'pathlib', 'pickle', 'subprocess', 'sysconfig', 'zipfile'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    assert run(sys.executable, "-I", "-S", "-c", code).strip() == "[]"


@pytest.mark.parametrize("version", interpreters())
def test_shim_imports_alone(version: str, tmp_path: Path) -> None:
    """Each module of the shim imports from a bare copy, without site-packages, on every Python."""
    shutil.copytree(RUNTIME, tmp_path / "_shim", ignore=shutil.ignore_patterns("__pycache__"))
    paths = [path.relative_to(RUNTIME).with_suffix("") for path in sorted(RUNTIME.rglob("*.py"))]
    modules = [".".join(["_shim", *path.parts]) for path in paths]
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        f"import importlib; [importlib.import_module(m) for m in {modules!r}]\n"
        f"print(sorted(m for m in sys.modules if m.startswith(('constructs_lib', 'aws', 'boto'))))"
    )
    assert run(interpreters()[version], "-I", "-S", "-c", code).strip() == "[]"


@pytest.mark.parametrize("version", interpreters())
def test_the_start_of_a_job_imports_little(version: str, tmp_path: Path) -> None:
    """All that runs before the user's function is loaded without the slow parts of the library."""
    shutil.copytree(RUNTIME, tmp_path / "_shim", ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import _shim.main, _shim.plan, _shim.arguments\n"
        "_shim.plan.loads('{}')\n"
        "slow = {'enum', 'functools', 'json', 'pickle', 're', 'signal', 'typing', 'zipfile'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    assert run(interpreters()[version], "-I", "-S", "-c", code).strip() == "[]"


def test_public_names_exist() -> None:
    """Each name in ``__all__`` can be imported, the lazy ones too."""
    code = (
        "import constructs_lib as c; print([n for n in c.__all__ if getattr(c, n, None) is None])"
    )
    assert run(sys.executable, "-c", code).strip() == "[]"
