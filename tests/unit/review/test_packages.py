"""Packages that differ."""

from __future__ import annotations

from constructs_lib.review.changes import PackageChange
from constructs_lib.review.packages import package_changes, packages_of

LIST = "requirements for Python 3.12 on Linux x86_64"


def test_wheels_are_what_is_installed() -> None:
    """Whatever the requirements leave open."""
    texts = {
        "requirements of fit": ("numpy>=1",),
        "wheels of fit": (LIST,),
        LIST: ("numpy==2.1.0", "six==1.16.0"),
        "shop.fit": ("def fit(): ...",),
    }
    assert packages_of(texts) == {"fit": {"numpy": "2.1.0", "six": "1.16.0"}}


def test_requirements_are_read_as_they_stand() -> None:
    """Extras, markers, comments, options of pip and names in any form."""
    lines = (
        "--extra-index-url https://x",
        "Scikit_Learn[all]>=1.4,<2 ; python_version > '3.8'",
        "pandas == 2.2.0  # why",
        "polars",
    )
    found = packages_of({"requirements of fit": lines})
    assert found == {"fit": {"scikit-learn": ">=1.4,<2", "pandas": "2.2.0", "polars": ""}}


def test_conda_environments_have_packages() -> None:
    """Each an entry of the list."""
    lines = ("dependencies:", "  - python=3.11", "  - numpy=1.26", "  - pip:", "    - six==1.16")
    found = packages_of({"environment of fit": lines})["fit"]
    assert (found["numpy"], found["six"]) == ("=1.26", "1.16")


def test_a_change_is_told_once_with_its_steps() -> None:
    """Steps that are new have nothing that differs; renamed ones are the same."""
    old = {"a": {"numpy": "1"}, "was": {"numpy": "1"}, "gone": {"numpy": "1"}}
    new = {"a": {"numpy": "2"}, "is": {"numpy": "2", "six": "1"}, "fresh": {"numpy": "2"}}
    changes = list(package_changes(old, new, {"a": "a", "is": "was"}))
    assert changes == [
        PackageChange("numpy", "1", "2", ("a", "is")),
        PackageChange("six", None, "1", ("is",)),
    ]
    assert [change.kind for change in changes] == ["changed", "added"]
