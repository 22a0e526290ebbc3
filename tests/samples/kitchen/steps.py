from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from constructs_lib import step

from . import models
from .models import Heat, Oven, Recipe


@step
def describe(*values, **named):
    """Return the type and text of everything it is given."""
    shown = [[type(value).__name__, repr(value)] for value in values]
    return {"values": shown, "named": {k: [type(v).__name__, repr(v)] for k, v in named.items()}}


@step
def prices() -> dict[str, int]:
    text = files(__package__).joinpath("data/prices.csv").read_text()
    return {name: int(price) for name, price in (line.split(",") for line in text.split())}


@step
def read(file: Path, folder: Path):
    return [file.read_text(), sorted(p.name for p in folder.iterdir())]


@step
def oven(degrees: int):
    return Oven(degrees)


@step
def bake(oven, minutes=3):
    return oven.bake(minutes)


@step
def cook(recipe: Recipe, heat: Heat = Heat.LOW) -> tuple[Recipe, str]:
    assert isinstance(recipe, models.Recipe)
    return recipe.double(), heat.value


@step
def total(*parts):
    return sum(parts)


@step
def fail_if_used():
    raise AssertionError("this branch must not run")
