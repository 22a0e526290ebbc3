"""What is in a bundle, and what its bytes depend on."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

from constructs_lib import BundleError, ParameterInteger, get_step, step
from constructs_lib.model.placement import place
from constructs_lib.packaging.archive import archive
from constructs_lib.packaging.bundle import Bundle, build_bundle
from constructs_lib.runtime.protocol import PROTOCOL_VERSION

HERE = list(sys.version_info[:2])


class Scaler:
    def __init__(self, factor):
        self.factor = factor

    def scale(self, value):
        return value * self.factor


@step
def plain(value, other=1) -> tuple[int, int]:
    return value, other


def bundle_of(call: object) -> Bundle:
    found = get_step(call)
    return build_bundle(found, "s", place(found))


def plan_of(bundle: Bundle) -> dict:
    return json.loads(zipfile.ZipFile(io.BytesIO(bundle.data)).read("plan.json"))


def names_in(bundle: Bundle) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(bundle.data)).namelist()


def test_source_bundle_runs_on_any_python() -> None:
    """A module-level function ships as source, with nothing pickled and nothing to install."""
    bundle = bundle_of(plain(1))
    assert bundle.exact_python is None
    assert bundle.sha256 == hashlib.sha256(bundle.data).hexdigest()
    assert plan_of(bundle) == {
        "protocol": PROTOCOL_VERSION,
        "python": {"minimum": [3, 9]},
        "function": {"module": __name__, "qualname": "plain"},
        "args": [],
        "kwargs": {"value": {"kind": "hyperparameter", "key": "value", "type": "json"}},
        "elements": 2,
        "requirements": False,
        "environment": False,
        "pre_execution": False,
        "launcher": None,
        "item": None,
        "serializer": None,
        "data_only": False,
    }
    assert not [n for n in names_in(bundle) if n.startswith(("pickles/", "cloudpickle/"))]


def test_code_by_value_is_tied_to_its_python_and_brings_what_loads_it() -> None:
    """A lambda needs this Python's minor version, and cloudpickle, which goes along."""
    offset = 3
    bundle = bundle_of(step(lambda value: value + offset, name="add")(1))
    assert bundle.exact_python == tuple(HERE)
    assert plan_of(bundle)["python"] == {"exact": HERE}
    assert "cloudpickle/cloudpickle.py" in names_in(bundle)


def test_method_of_a_project_class_ships_its_source() -> None:
    """A bound method is data and a class with source: any Python runs it."""
    bundle = bundle_of(step(Scaler(3).scale)(2))
    assert bundle.exact_python is None
    assert plan_of(bundle)["function"] == {"pickle": "pickles/function.pkl"}
    assert [n for n in names_in(bundle) if n.startswith("source/") and n.endswith("test_bundle.py")]


def test_plain_arguments_and_names_do_not_change_the_bundle() -> None:
    """What the definition shows is not in the code: two such calls share their object."""
    first = bundle_of(plain.with_options(name="a")(1))
    second = bundle_of(plain.with_options(name="b", instance_type="ml.c5.large")(2))
    assert first.data == second.data
    assert bundle_of(plain(ParameterInteger("P"))).data != first.data
    assert bundle_of(plain("x" * 300)).data != bundle_of(plain("y" * 300)).data


def test_what_cannot_be_shipped_is_named_with_the_function() -> None:
    """The path to the culprit begins with the step's function."""
    stream = Path(__file__).open()  # noqa: SIM115 - captured below
    with (
        stream,
        pytest.raises(BundleError, match=r"found <lambda> → closure 'stream' \(open file\)"),
    ):
        bundle_of(step(lambda: stream, name="s")())


def test_archive_depends_on_its_content_alone() -> None:
    """Order, time and compression do not show."""
    first = archive({"b": b"2", "a/x": b"1"})
    assert first == archive({"a/x": b"1", "b": b"2"})
    entries = zipfile.ZipFile(io.BytesIO(first)).infolist()
    assert [entry.filename for entry in entries] == ["a/x", "b"]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


class Writer:
    def write(self, value, folder):
        (folder / "v").write_text(str(Scaler(value)))

    def read(self, folder): ...


def test_serializer_travels_as_a_reference_with_its_source() -> None:
    """A class of the project ships as functions do, with what it reaches; a name is a name."""
    call = step(plain.func, serializer=(Writer, "pickle"))(1)
    bundle = bundle_of(call)
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as file:
        plan = json.loads(file.read("plan.json"))
        source = file.read(f"source/{__name__.replace('.', '/')}.py").decode()
    assert plan["serializer"] == [{"module": __name__, "qualname": "Writer"}, "pickle"]
    assert "class Writer" in source
    assert "class Scaler" in source


def test_serializer_of_an_installed_package_is_only_named() -> None:
    """The image has it, as it has other packages."""
    import logging.handlers

    cls = type("Kept", (), {"write": print, "read": print, "__module__": "logging.handlers"})
    logging.handlers.Kept = cls
    try:
        bundle = bundle_of(step(plain.func, serializer=cls)(1))
    finally:
        del logging.handlers.Kept
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as file:
        plan = json.loads(file.read("plan.json"))
    assert plan["serializer"] == {"module": "logging.handlers", "qualname": "Kept"}


def test_serializer_without_source_is_refused() -> None:
    """A consumer could not read with it."""
    cls = type("Made", (), {"write": print, "read": print, "__module__": __name__})
    with pytest.raises(BundleError, match="its serializer cannot be shipped: found Made"):
        bundle_of(step(plain.func, serializer=cls)(1))


def test_subpackages_of_the_shim_are_shipped() -> None:
    """The serializers are modules of their own, loaded when one is needed."""
    with zipfile.ZipFile(io.BytesIO(bundle_of(plain(1)).data)) as file:
        assert "_constructs_lib_runtime/serializers/frames.py" in file.namelist()
