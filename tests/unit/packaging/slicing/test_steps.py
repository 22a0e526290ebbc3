"""What constructs_lib adds to the user's code stays behind."""

from __future__ import annotations

from typing import Any

APP = """
import functools
from aws_cdk import App, Stack
from constructs_lib import ParameterInteger, step
import constructs_lib as lib

SIZE = "ml.m5.large"
depth = ParameterInteger("Depth", default_value=6)
heavy = step(instance_type=SIZE)
partly = functools.partial(step, instance_type=SIZE)

def with_size(function):
    return step(instance_type=SIZE)(function)

def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return ["traced", function(*args)]
    return wrapper

@step(instance_type=SIZE, name="first")
@traced
def train(x):
    return helper(x) + 1 if isinstance(helper(x), int) else helper(x)

@step
def helper(x):
    return x * 2

@lib.step
def by_module(x): return helper(x)

@heavy
def by_decorator(x): return helper(x)

@partly
def by_partial(x): return helper(x)

@with_size
def by_own_decorator(x): return helper(x)

def by_call(x): return helper(x)
by_call = step(by_call, name="called")

def bare(function):
    return lambda x: function(x) + 1

def by_wrapped_call(x): return helper(x)
by_wrapped_call = step(traced(by_wrapped_call), name="wrapped")

def by_own_call(x): return helper(x)
by_own_call = with_size(by_own_call)

@traced
@traced
def traced_twice(x): return helper(x)
traced_twice = step(traced_twice, name="traced-twice")

@bare
def unwrapped(x): return helper(x)
unwrapped = step(unwrapped, name="unwrapped")

one = other = step(instance_type=SIZE)(lambda x: helper(x))

def plain(x): return helper(x)
fast = step(plain, name="fast")
faster: object = fast.with_options(name="faster")

@step
def uses_all(x):
    return [
        train(x), by_module(x), by_decorator(x), by_partial(x), by_own_decorator(x),
        by_call(x), by_own_call(x), by_wrapped_call(x), unwrapped(x), one(x), other(x), fast(x),
        traced_twice(x),
        faster(x),
    ]

app = App()
stack = Stack(app, "S")
result = train(1)
"""


def test_decorators_and_step_calls_of_ours_vanish(project: Any) -> None:
    """``@step`` in all its forms is removed with what only it needs; the rest works as before."""
    project.write({"app/steps.py": APP})
    piece = project.slice("app.steps:uses_all")
    text = piece.files["app/steps.py"].decode()
    assert "step" not in text
    assert "SIZE" not in text
    assert "aws_cdk" not in text
    assert "fast = plain\nfaster = fast\n" in text
    assert "by_call = " not in text
    assert "@traced\ndef train(x):" in text
    expected = [["traced", 5], 4, 4, 4, 4, 4, 4, ["traced", 4], 5, 4, 4, 4]
    expected += [["traced", ["traced", 4]], 4]
    assert project.run(piece, "app.steps:uses_all", 2) == expected
    assert piece.warnings == ()


def test_every_step_can_be_referred_to(project: Any) -> None:
    """A step function's own function is found under its name in the source."""
    project.write({"app/steps.py": APP})
    for name in ("train", "helper", "by_module", "by_decorator", "by_partial", "by_own_decorator"):
        assert str(project.reference(f"app.steps:{name}")) == f"app.steps.{name}"
    assert str(project.reference("app.steps:fast")) == "app.steps.plain"


def test_a_steps_options_are_no_part_of_its_code(project: Any) -> None:
    """Changing what ``@step`` is given leaves the slice as it is."""
    project.write(
        {"app/a.py": "from constructs_lib import step\n@step(name='x')\ndef train(): return 1\n"}
    )
    project.write(
        {
            "app/b.py": "import constructs_lib\nN = 'y'\n"
            "@constructs_lib.step(name=N)\ndef train(): return 1\n"
        }
    )
    one, other = project.check("app.a:train"), project.check("app.b:train")
    assert one.files["app/a.py"] == other.files["app/b.py"] == b"def train():\n    return 1\n"


def test_a_step_of_another_module_is_called_as_the_function_it_is(project: Any) -> None:
    """Within a step, other steps are ordinary functions."""
    project.write(
        {
            "app/other.py": "from constructs_lib import step\n@step\ndef size(x): return x + 1\n",
            "app/sizes.py": "from app.other import size\nfrom constructs_lib import step\n"
            "import app.other\nbig = step(size, name='big')\n"
            "bigger = step(app.other.size, name='bigger')\n",
            "app/steps.py": "from app.sizes import big, bigger\n"
            "def train(x): return [big(x), bigger(x)]\n",
        }
    )
    piece = project.slice("app.steps:train")
    assert project.run(piece, "app.steps:train", 3) == [4, 4]
    assert piece.files["app/sizes.py"].decode() == (
        "import app.other\nfrom app.other import size\nbig = size\nbigger = app.other.size\n"
    )


def test_steps_inside_conditions_lose_their_decorator_too(project: Any) -> None:
    """Definitions in ``if`` and ``try`` blocks are cleaned like others."""
    source = """
    import sys
    from constructs_lib import step
    if sys.version_info > (3,):
        @step(name="a")
        def train(): return 1
    """
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train")
    assert "step" not in piece.files["app/steps.py"].decode()


def test_a_module_that_is_not_imported_is_judged_by_its_imports(project: Any) -> None:
    """``include`` ships modules without importing them."""
    project.write(
        {
            "app/extra.py": "from constructs_lib import step\n@step\ndef a(): return 7\n"
            "b = step(a)\n",
            "app/steps.py": "def train():\n    import importlib\n"
            "    return importlib.import_module('app.ex' + 'tra').b()\n",
        }
    )
    piece = project.slice("app.steps:train", include=["app.extra"])
    assert piece.files["app/extra.py"] == b"def a():\n    return 7\nb = a\n"
    assert project.run(piece, "app.steps:train") == 7


def test_a_star_import_of_ours_vanishes_too(project: Any) -> None:
    """``from constructs_lib import *`` is there for ``step`` alone."""
    source = """
    from constructs_lib import *
    from math import *
    @step
    def train():
        return floor(2.5)
    """
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train")
    assert piece.files["app/steps.py"].decode().startswith("from math import *\ndef train")
