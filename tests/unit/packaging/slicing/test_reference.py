"""Whether a function can be cut from its source."""

from __future__ import annotations

import functools
import os
import sys
import types
from typing import Any

import pytest

from constructs_lib.packaging.project import SourceReference
from constructs_lib.packaging.slicing import source_reference

SOURCE = """
import functools
def plain(): return 1
class Kind:
    @staticmethod
    def static(): return 1
    def method(self): return 1
def make():
    def inner(): return 1
    return inner
inner = make()
unnamed = lambda: 1
@functools.lru_cache
def cached(): return 1
def replaced(): return 1
original = replaced
def replaced(): return 2
def wrapped(function):
    @functools.wraps(function)
    def wrapper(): return function()
    return wrapper
@wrapped
def decorated(): return 1
"""


@pytest.mark.parametrize("name", ["plain", "Kind", "Kind.static", "Kind.method", "cached"])
def test_top_level_definitions_have_a_reference(project: Any, name: str) -> None:
    """Functions, classes and what is defined in classes can be cut."""
    project.write({"app/steps.py": SOURCE})
    assert project.reference(f"app.steps:{name}") == SourceReference("app.steps", name)


def test_a_decorated_function_is_what_its_name_says(project: Any) -> None:
    """The wrapper can be cut, the function that it hides cannot."""
    project.write({"app/steps.py": SOURCE})
    decorated = project.module("app.steps").decorated
    assert source_reference(decorated) == SourceReference("app.steps", "decorated")
    assert "is not this function" in str(source_reference(decorated.__wrapped__))


REASONS = {
    "inner": "it is defined inside make()",
    "unnamed": "it is a lambda",
    "original": "the name 'replaced' in module app.steps is not this function",
}


@pytest.mark.parametrize("name", REASONS)
def test_others_have_a_reason(project: Any, name: str) -> None:
    """The reason completes a sentence."""
    project.write({"app/steps.py": SOURCE})
    assert source_reference(getattr(project.module("app.steps"), name)) == REASONS[name]


def test_objects_and_methods_have_a_reason(project: Any) -> None:
    """What carries state is not in the source."""
    project.write({"app/steps.py": SOURCE})
    module = project.module("app.steps")
    assert source_reference(functools.partial(module.plain)) == "it is a partial object"
    assert source_reference(module.Kind().method) == "it is bound to an object"


def test_installed_functions_have_a_reason() -> None:
    """They are expected in the image."""
    assert source_reference(os.path.join) == "module 'posixpath' is not part of the project"
    assert source_reference(len) == "module 'builtins' has no source file"


def test_a_function_without_a_file_has_a_reason() -> None:
    """A notebook's or an exec'd function has no source to cut."""
    module = types.ModuleType("made_up")
    exec("def train(): return 1", vars(module))
    sys.modules["made_up"] = module
    try:
        assert source_reference(module.train) == "module 'made_up' has no source file"
    finally:
        del sys.modules["made_up"]


def test_a_file_that_has_changed_has_a_reason(project: Any) -> None:
    """What runs at synth and what would be shipped must be the same."""
    project.write({"app/steps.py": "def train(): return 1\n"})
    train = project.module("app.steps").train
    project.write({"app/steps.py": "def train(): return 22\n"})
    assert source_reference(train) == "its source file has changed since it was imported"
    project.write({"app/steps.py": "def other(): return 1\n"})
    assert "nothing at the top level" in str(source_reference(train))


def asserting(x: int) -> int:
    """Test runners compile assertions in their own way."""
    assert x
    return x


def test_a_module_that_an_import_hook_compiles_has_a_reference() -> None:
    """Steps can be defined in test modules."""
    assert source_reference(asserting) == SourceReference(__name__, "asserting")
