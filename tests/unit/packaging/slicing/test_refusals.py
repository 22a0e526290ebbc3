"""What exists only at synth time is refused, with the way that leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.exceptions import BundleError, Fault


def refused(project: Any, source: str, **files: str) -> Fault:
    """Slice ``train`` of a module and return why that is not possible."""
    project.write({"app/steps.py": source})
    project.write({f"app/{name}.py": content for name, content in files.items()})
    with pytest.raises(BundleError) as caught:
        project.slice("app.steps:train")
    fault = caught.value.fault
    assert fault.what == "step 'train' cannot be shipped"
    assert fault.location == "stack.py:3"
    return fault


def test_a_construct_is_refused_with_the_chain_of_names(project: Any) -> None:
    """The message tells step, helper and construct, each with its place."""
    source = """
    from aws_cdk import App, Stack, aws_s3
    stack = Stack(App(), "S")
    bucket = aws_s3.Bucket(stack, "B")
    def helper():
        return bucket
    def train():
        return helper()
    """
    fault = refused(project, source)
    assert fault.found == (
        "train (app/steps.py:7) -> helper (app/steps.py:5) -> bucket (app/steps.py:4): "
        "'bucket' is an AWS CDK object (aws_cdk.aws_s3.Bucket), which exists only at synth time"
    )
    assert fault.mend == "Pass what the step needs of 'bucket' as an argument of the step."


VALUES = {
    "construct in a dict": ("X = {'a': [Stack(App(), 'S')]}", "a dict with a list with an AWS CDK"),
    "token": ("X = Stack(App(), 'S').account", "an AWS CDK token"),
    "number token": ("X = Token.as_number({'Ref': 'A'})", "an AWS CDK token"),
    "construct class": ("class X(Stack): pass", "an AWS CDK class"),
    "parameter": ("X = lib.ParameterInteger('Depth', default_value=6)", "a constructs_lib object"),
    "delayed": ("X = lib.step(print_nothing)()", "a constructs_lib object (DelayedReturn)"),
}


@pytest.mark.parametrize("kind", VALUES)
def test_values_of_the_app_are_refused(project: Any, kind: str) -> None:
    """Constructs, tokens and pipeline variables in globals never reach the container."""
    statement, found = VALUES[kind]
    fault = refused(
        project,
        "from aws_cdk import App, Stack, Token\nimport constructs_lib as lib\n"
        "def print_nothing(): pass\n"
        f"{statement}\ndef train(): return X\n",
    )
    assert found in fault.found
    assert "X (app/steps.py:4)" in fault.found


@pytest.mark.parametrize("package", ["aws_cdk", "constructs", "jsii", "constructs_lib"])
def test_imports_of_synth_packages_are_refused_anywhere(project: Any, package: str) -> None:
    """At the top of the module or in the body, the CDK is not in the container."""
    fault = refused(project, f"import {package}\ndef train(): return {package}.x\n")
    assert f"train (app/steps.py:2) -> {package} (app/steps.py:1)" in fault.found
    assert f"{package} is not in the container" in fault.found
    project.forget()
    fault = refused(project, f"def train():\n    import {package} as p\n    return p.x\n")
    assert f"train (app/steps.py:1) imports 'p' from {package}" in fault.found


def test_an_import_that_may_fail_is_allowed(project: Any) -> None:
    """Code that copes without the CDK is shipped."""
    source = """
    try:
        import aws_cdk
        from aws_cdk import Stack
    except ImportError:
        aws_cdk = None
    def train():
        return 3 if aws_cdk is None else 4
    """
    project.write({"app/steps.py": source})
    assert project.check("app.steps:train").third_party == frozenset()


@pytest.mark.parametrize("name", ["CheckpointLocation", "FileSystemInput", "S3Input"])
def test_an_annotation_with_an_input_is_refused_with_what_to_write(project: Any, name: str) -> None:
    """The function gets a path, so its annotation should say so."""
    fault = refused(
        project,
        f"from __future__ import annotations\nfrom constructs_lib import {name}, step\n"
        f"@step\ndef train(raw: {name}): return raw\n",
    )
    assert "an annotation uses it" in fault.found
    assert fault.mend == "Annotate with pathlib.Path: that is what the function gets."


def test_a_wrapper_that_does_more_than_make_a_step_is_refused(project: Any) -> None:
    """Its other half would be lost without a word."""
    source = """
    import functools
    from constructs_lib import step
    def wrap(function):
        @functools.wraps(function)
        def wrapper(): return function()
        return step(wrapper)
    def train(): return 1
    train = wrap(train)
    """
    fault = refused(project, source)
    assert "wrap (app/steps.py:4) -> step (app/steps.py:3): constructs_lib is not in" in fault.found


def test_the_chain_leads_through_modules(project: Any) -> None:
    """A construct in another module is named with its file."""
    fault = refused(
        project,
        "from app import infra\ndef train(): return infra.name()\n",
        infra="from aws_cdk import App\napp = App()\ndef name(): return app\n",
    )
    chain = "train (app/steps.py:2) -> name (app/infra.py:3) -> app (app/infra.py:2)"
    assert fault.found.startswith(chain)


def test_clients_and_locks_are_made_again_in_the_container(project: Any) -> None:
    """What cannot be pickled is no obstacle to a slice."""
    source = """
    import threading
    LOCK = threading.Lock()
    def train():
        with LOCK:
            return 1
    """
    project.write({"app/steps.py": source})
    project.check("app.steps:train")


@pytest.mark.parametrize("entry", ["app.missing", "json", "data.csv", "app/steps.py", ""])
def test_include_takes_modules_of_the_project_only(project: Any, entry: str) -> None:
    """Anything else is refused, saying what is allowed."""
    project.write({"app/steps.py": "def train(): return 1\n"})
    with pytest.raises(BundleError, match="dotted names of modules and packages"):
        project.slice("app.steps:train", include=[entry])


def test_a_module_that_is_no_python_is_refused_with_its_place(project: Any) -> None:
    """A file that is not imported at synth may hold anything."""
    project.write({"app/steps.py": "def train(): return 1\n", "app/bad.py": "x = 1\ndef (:\n"})
    with pytest.raises(BundleError, match=r"app/bad\.py:2"):
        project.slice("app.steps:train", include=["app.bad"])
