"""Source that differs, was renamed or moved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from constructs_lib.review.changes import TextChange
from constructs_lib.review.texts import text_changes
from constructs_lib.review.wording import text_title
from tests.unit.review.made import made, training

SCALE = ("def scale(rows, by):", "    kept = list(rows)", "    return [by * r for r in kept]")
OTHER = ("def load(path):", "    with open(path) as file:", "        yield from file")


def changes(
    folder: Path,
    old: dict[str, tuple[str, ...]],
    new: dict[str, tuple[str, ...]],
    renamed: dict[str, str] | None = None,
) -> list[TextChange]:
    """Return what differs in two versions of a pipeline that show these texts."""
    (one,) = made(folder, [training("a")])
    sides = replace(one, texts=old), replace(one, texts=new)
    return list(text_changes(*sides, renamed or {}))


def test_function_with_another_name_is_compared(tmp_path: Path) -> None:
    """What is left of it stands beside what it was; the title says both."""
    renamed = ("def grow(rows, by):", *SCALE[1:])
    (change,) = changes(tmp_path, {"m.scale": SCALE}, {"m.grow": renamed})
    assert change == TextChange("m.grow", SCALE, renamed, (), "m.scale")
    assert text_title(change) == "m.grow, which was m.scale"


def test_function_in_another_module_is_told(tmp_path: Path) -> None:
    """Though no line of it differs."""
    (change,) = changes(tmp_path, {"m.scale": SCALE}, {"n.scale": SCALE})
    assert (change.name, change.old_name) == ("n.scale", "m.scale")


def test_each_has_the_one_that_is_most_alike(tmp_path: Path) -> None:
    """And no two have the same."""
    nearly = (*SCALE[:2], "    return kept")
    found = changes(tmp_path, {"m.scale": SCALE, "m.nearly": nearly}, {"n.a": nearly, "n.b": SCALE})
    assert {one.name: one.old_name for one in found} == {"n.a": "m.nearly", "n.b": "m.scale"}


def test_other_functions_come_and_go(tmp_path: Path) -> None:
    """One that is not alike is another one; one that is still there was not renamed."""
    found = changes(tmp_path, {"m.scale": SCALE}, {"m.load": OTHER})
    assert [(one.name, one.old_name) for one in found] == [("m.load", None), ("m.scale", None)]
    found = changes(tmp_path, {"m.scale": SCALE}, {"m.scale": SCALE, "n.scale": SCALE})
    assert [(one.name, one.old_name) for one in found] == [("n.scale", None)]


def test_texts_of_steps_are_renamed_with_their_steps_only(tmp_path: Path) -> None:
    """Requirements of two steps may be alike, and are not each other's."""
    wants = ("pandas==2.3.3", "numpy==2.2.6")
    old, new = {"requirements of a": wants}, {"requirements of b": wants}
    assert [one.old_name for one in changes(tmp_path, old, new)] == [None, None]
    assert changes(tmp_path, old, new, {"b": "a"}) == []
