"""Data files that shipped code opens through its package."""

from __future__ import annotations

from typing import Any

import pytest

DATA = {
    "app/__init__.py": "",
    "app/data/__init__.py": "",
    "app/data/x.csv": "1,2\n",
    "app/data/y.csv": "3,4\n",
    "app/data/more/z.csv": "5\n",
    "app/data/sub/__init__.py": "",
    "app/data/sub/own.csv": "6\n",
    "app/data/.hidden": "no",
    "app/data/__pycache__/old.pyc": "no",
    "app/data/notes.py": "no = 1",
    "app/data/old.pyc": "no",
}
ONE = {"app/data/x.csv"}
ALL = {"app/data/x.csv", "app/data/y.csv", "app/data/more/z.csv"}

READS = {
    "(files('app.data') / 'x.csv').read_text()": ONE,
    "files('app.data').joinpath('x.csv').read_text()": ONE,
    "files(app.data).joinpath('x.csv').read_text()": ONE,
    "files(d).joinpath('x.csv').read_text()": ONE,
    "files('app.data').joinpath('more', 'z.csv').read_text()": {"app/data/more/z.csv"},
    "(files('app.data') / 'more' / 'z.csv').read_text()": {"app/data/more/z.csv"},
    "(files(__package__) / 'data' / 'x.csv').read_text()": ONE,
    "(files('app.data') / name).read_text()": ALL,
    "sorted(p.name for p in files('app.data').iterdir() if p.name.endswith('v'))": ALL,
    "resources.read_text('app.data', 'x.csv')": ONE,
    "resources.open_text(d, name).read()": ALL,
    "pkgutil.get_data('app.data', 'x.csv').decode()": ONE,
    "pkgutil.get_data(__package__, 'data/x.csv').decode()": ONE,
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("read", READS)
def test_data_of_a_package_ships_as_it_is_named(project: Any, read: str) -> None:
    """A file named on the spot ships alone, else all of the package's data files."""
    source = f"""
    import pkgutil
    from importlib import resources
    from importlib.resources import files
    import app.data
    from app import data as d
    def train(name="x.csv"):
        return {read}
    """
    project.write({**DATA, "app/steps.py": source})
    piece = project.check("app.steps:train", zipped=True)
    assert {path for path in piece.files if not path.endswith(".py")} == READS[read]
    assert "app/data/notes.py" not in piece.files
    assert piece.files.get("app/data/__init__.py", b"") == b""


def test_a_global_may_hold_the_package_data(project: Any) -> None:
    """Reading data that is shipped is no reason to warn."""
    source = """
    from importlib.resources import files
    ROOT = files("app.data")
    TABLE = files("app.data").joinpath("x.csv").read_text()
    def train():
        return [TABLE, (ROOT / "y.csv").read_text()]
    """
    project.write({**DATA, "app/steps.py": source})
    piece = project.check("app.steps:train", zipped=True)
    assert {path for path in piece.files if path.endswith(".csv")} == ALL
    assert piece.warnings == ()


def test_bytes_ship_unchanged(project: Any) -> None:
    """Data files are no text."""
    data = bytes(range(256)) + b"\r\n"
    source = """
    from importlib.resources import files
    def train():
        return list((files(__name__) / "blob").read_bytes())
    """
    project.write({"app/__init__.py": source, "app/blob": data})
    assert project.check("app:train", zipped=True).files["app/blob"] == data


def test_data_of_installed_packages_stays_there(project: Any) -> None:
    """It is expected in the image."""
    source = """
    from importlib.resources import files
    def train():
        return (files("json") / "__init__.py").name
    """
    project.write({"app/steps.py": source})
    assert list(project.check("app.steps:train", zipped=True).files) == [
        "app/__init__.py",
        "app/steps.py",
    ]


def test_include_ships_a_package_with_its_modules_and_data(project: Any) -> None:
    """All sub-packages too; what only the CDK app needs is not there, so all can be shipped."""
    project.write({**DATA, "app/steps.py": "def train(): return 1\n"})
    piece = project.slice("app.steps:train", include=["app.data"])
    assert set(piece.files) == {
        "app/__init__.py",
        "app/steps.py",
        "app/data/__init__.py",
        "app/data/notes.py",
        "app/data/sub/__init__.py",
        "app/data/sub/own.csv",
        *ALL,
    }
    assert piece.files["app/data/notes.py"] == b"no = 1\n"
