"""How results are stored by type and by choice, from the producer's disk to the consumer."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.model.serializers import NAMES
from constructs_lib.runtime.serializers import _FILES, hashing
from tests.functional.runtime.bundles import Outcome, make_bundle, run_bundle

# Values that each library's own equality compares, types and all.
SAME = """
def same(x, y):
    if type(x) is not type(y):
        return False
    kind = type(x).__module__.partition('.')[0]
    if kind == 'pandas':
        import pandas
        test = pandas.testing
        (test.assert_series_equal if x.ndim == 1 else test.assert_frame_equal)(x, y, check_exact=True, check_freq=True)
        return x.attrs == y.attrs
    if kind == 'numpy':
        return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()
    if kind == 'torch':
        import torch
        return x.dtype == y.dtype and torch.equal(x, y)
    if isinstance(x, dict):
        return list(x) == list(y) and all(same(x[k], y[k]) for k in x)
    return x.equals(y) if hasattr(x, 'equals') else x == y
"""

ARRAYS = [
    "numpy.arange(6).reshape(2, 3)",
    "numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3))",
    "numpy.arange(20)[::3]",
    "numpy.array(5.0)",
    "numpy.empty((0, 3))",
    "numpy.array(['2020', 'NaT'], 'M8[D]')",
    "numpy.array(['ä', 'bc'])",
    "numpy.array([(1, 2.0)], dtype=[('é', 'i4'), ('b', 'f8')])",
    "numpy.arange(3, dtype='>i8')",
    "numpy.arange(300_000.0)",
    "numpy.arange(300_000.0).reshape(300, 1000).T",
]
FRAMES = [
    "pandas.DataFrame({'a': [1.5, None], 'b': ['x', None], 'c': pandas.Categorical(['u', 'v'])})",
    "pandas.Series([1, 2], index=['a', 'b'], name='n')",
    "pandas.DataFrame({'t': pandas.to_datetime(['2020', None])}, index=pandas.DatetimeIndex(['2020', '2021']))",
    "pandas.DataFrame([[1, 2.5]], columns=['a', 'a'])",
    "pandas.DataFrame({'x': range(200_000), 'y': [str(i) for i in range(200_000)]})",
]


def store(base: Path, expression: str, imports: str, **plan: Any) -> Outcome:
    """Run a producer of a value."""
    text = f"import {imports}\ndef f():\n    return {expression}\n"
    return run_bundle(base, make_bundle({"m.py": text}, plan))


def load(base: Path, model: Path, text: str) -> Outcome:
    """Run a consumer ``f(x)`` of what was stored."""
    node = {"kind": "result", "channel": "x", "path": []}
    bundle = make_bundle({"m.py": text}, {"kwargs": {"x": node}})
    return run_bundle(base, bundle, channels={"x": model})


def arrives(
    base: Path, expression: str, imports: str, serializer: str, name: str | None = None
) -> None:
    """Assert what a value is stored with, and that the consumer gets the same."""
    produced = store(base / "p", expression, imports, serializer=name)
    assert produced.code == 0, produced.output
    payload = json.loads((base / "p" / "model" / "value" / "payload.json").read_text())
    assert payload["serializer"] == serializer
    text = f"import {imports}\n{SAME}\ndef f(x):\n    return same(x, {expression})\n"
    consumed = load(base / "c", base / "p" / "model", text)
    assert consumed.code == 0, consumed.output
    assert consumed.result is True


@pytest.mark.parametrize("expression", ARRAYS)
def test_array_is_npy(tmp_path: Path, expression: str) -> None:
    """Arrays of every layout and dtype without objects are npy files."""
    pytest.importorskip("numpy")
    arrives(tmp_path, expression, "numpy", "npy")


@pytest.mark.parametrize(
    "expression",
    [
        "numpy.array([{1}, None])",
        "numpy.ma.array([1, 2], mask=[True, False])",
        "numpy.zeros(2, numpy.dtype([('a', 'i1'), ('b', 'i4')], align=True))",
    ],
)
def test_array_that_npy_would_change_is_pickled(tmp_path: Path, expression: str) -> None:
    """Objects, subclasses and dtypes that npy cannot write down arrive as they were."""
    pytest.importorskip("numpy")
    produced = store(tmp_path, expression, "numpy")
    assert produced.code == 0, produced.output
    payload = json.loads((tmp_path / "model" / "value" / "payload.json").read_text())
    assert payload["serializer"] == "pickle"


@pytest.mark.parametrize("expression", FRAMES)
def test_frame_is_arrow(tmp_path: Path, expression: str) -> None:
    """Frames and series of pandas are Arrow files, with index, labels and dtypes."""
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    arrives(tmp_path, expression, "pandas", "arrow")


@pytest.mark.parametrize(
    "expression",
    [
        "pandas.DataFrame({'a': [{1}, 'x']})",
        "pandas.DataFrame({'a': [1]}, index=pandas.MultiIndex.from_tuples([(1, 2)]))",
        "pandas.DataFrame([[1]], columns=pandas.MultiIndex.from_tuples([(1, 2)]))",
        "pandas.Series(pandas.period_range('2020', periods=2))",
        "pandas.Series([1], index=pandas.date_range('2020', periods=1))",
        "pandas.Series([1 + 2j])",
        "pandas.Series(['\\ud800'], dtype=object)",
        "pandas.Series(pandas.array([1, 0], dtype='Sparse[int]'))",
    ],
)
def test_frame_that_arrow_would_change_is_pickled(tmp_path: Path, expression: str) -> None:
    """What is not known to come back exactly is pickled, and comes back exactly."""
    pytest.importorskip("pandas")
    arrives(tmp_path, expression, "pandas", "pickle")


def test_frame_without_pyarrow_is_pickled(tmp_path: Path) -> None:
    """Nothing but pandas is needed for frames."""
    pytest.importorskip("pandas")
    hide = "sys; sys.modules['pyarrow'] = None; import pandas"
    produced = store(tmp_path, "pandas.DataFrame({'a': [1.5]})", hide)
    assert produced.code == 0, produced.output
    payload = json.loads((tmp_path / "model" / "value" / "payload.json").read_text())
    assert payload["serializer"] == "pickle"


def test_package_that_the_consumer_lacks_is_named(tmp_path: Path) -> None:
    """A consumer whose image cannot read the format says which package it needs."""
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    store(tmp_path / "p", "pandas.DataFrame({'a': [1.5]})", "pandas")
    model = tmp_path / "p" / "model"
    node = {"kind": "result", "channel": "x", "path": []}
    bundle = make_bundle({"m.py": "def f(x): ..."}, {"kwargs": {"x": node}})
    (tmp_path / "site").mkdir()
    block = "import sys\nsys.modules['pyarrow'] = None\n"
    (tmp_path / "site" / "sitecustomize.py").write_text(block)
    consumed = run_bundle(
        tmp_path / "c", bundle, channels={"x": model}, PYTHONPATH=str(tmp_path / "site")
    )
    assert consumed.code == 1
    assert "the package pyarrow that reads it is missing here" in consumed.failure


@pytest.mark.parametrize(
    ("expression", "serializer"),
    [
        ("polars.DataFrame({'a': [1, None], 'b': ['x', 'y'], 'c': [[1], []]})", "arrow"),
        ("polars.Series('n', ['u', 'v'], dtype=polars.Enum(['u', 'v']))", "arrow"),
        ("polars.DataFrame({'c': ['u', 'v']}, schema={'c': polars.Categorical})", "arrow"),
        ("polars.DataFrame()", "arrow"),
    ],
)
def test_polars_is_arrow(tmp_path: Path, expression: str, serializer: str) -> None:
    """Frames and series of polars are Arrow files."""
    pytest.importorskip("polars")
    arrives(tmp_path, expression, "polars", serializer)


@pytest.mark.parametrize(
    "expression",
    [
        "pyarrow.table({'a': [1, None], 'b': [['x'], []]}).replace_schema_metadata({'k': 'v'})",
        "pyarrow.record_batch({'a': [1.5]})",
        "pyarrow.table({'a': pyarrow.array([], pyarrow.int8())})",
        "pyarrow.record_batch({'a': pyarrow.array([], pyarrow.int8())})",
        "pyarrow.table({'a': pyarrow.array(['x', 'x']).dictionary_encode()})",
    ],
)
def test_table_is_arrow(tmp_path: Path, expression: str) -> None:
    """Tables and record batches of pyarrow are Arrow files."""
    pytest.importorskip("pyarrow")
    arrives(tmp_path, expression, "pyarrow", "arrow")


MANY = "{str(i): torch.ones(i + 1) for i in range(70)}"


@pytest.mark.parametrize(
    ("expression", "serializer"),
    [
        ("torch.arange(6.0).reshape(2, 3).T", "safetensors"),
        ("torch.ones(3, dtype=torch.bfloat16)", "safetensors"),
        ("torch.tensor(True)", "safetensors"),
        ("torch.empty(0, 2)", "safetensors"),
        (MANY, "safetensors"),
        ("torch.nn.Sequential(*[torch.nn.BatchNorm1d(2)] * 20).state_dict()", "pickle"),
        ("torch.nn.Linear(2, 2).state_dict()", "safetensors"),
        ("torch.ones(2).requires_grad_()", "pickle"),
        ("torch.ones(2).to_sparse()", "pickle"),
    ],
)
def test_tensors_are_safetensors(tmp_path: Path, expression: str, serializer: str) -> None:
    """Plain tensors and dicts of them are stored as such; what is more than numbers is pickled."""
    pytest.importorskip("torch")
    produced = store(tmp_path / "p", f"(torch.manual_seed(0), {expression})[1]", "torch")
    assert produced.code == 0, produced.output
    payload = json.loads((tmp_path / "p" / "model" / "value" / "payload.json").read_text())
    assert payload["serializer"] == serializer
    text = (
        f"import torch\n{SAME}\ndef f(x):\n    torch.manual_seed(0)\n    y = {expression}\n"
        "    if x is y or not getattr(x, 'is_sparse', False):\n        pass\n"
        "    else:\n        x, y = x.to_dense(), y.to_dense()\n"
        "    return same(x, y) and getattr(x, '_metadata', 0) == getattr(y, '_metadata', 0)\n"
    )
    consumed = load(tmp_path / "c", tmp_path / "p" / "model", text)
    assert consumed.result is True, consumed.output


def test_safetensors_is_what_the_library_reads(tmp_path: Path) -> None:
    """The file is one for every reader of the format."""
    pytest.importorskip("torch")
    safetensors = pytest.importorskip("safetensors.torch")
    assert store(tmp_path, MANY, "torch").code == 0
    tensors = safetensors.load_file(tmp_path / "model" / "value" / "value.safetensors")
    assert {key: len(value) for key, value in tensors.items()} == {str(i): i + 1 for i in range(70)}


@pytest.mark.parametrize("expression", ["'ä\\ud800x' * 700_000", "'ab' * 700_000"])
def test_large_text_is_a_text_file(tmp_path: Path, expression: str) -> None:
    """A text too large for JSON is stored as it is, lone surrogates too."""
    arrives(tmp_path, expression, "json", "text")


def test_large_lists_are_pickled(tmp_path: Path) -> None:
    """JSON would take copies of what is large."""
    arrives(tmp_path, "list(range(150_000))", "json", "pickle")


@pytest.mark.parametrize(
    ("expression", "imports"),
    [
        ("numpy.arange(300_000.0)", "numpy"),
        ("pandas.DataFrame({'a': range(300_000)})", "pandas"),
        ("torch.arange(300_000.0)", "torch"),
    ],
)
def test_consumer_may_change_what_it_gets(tmp_path: Path, expression: str, imports: str) -> None:
    """A mapped value can be written to; the stored files stay as they are."""
    pytest.importorskip(imports)
    if imports == "pandas":
        pytest.importorskip("pyarrow")
    store(tmp_path / "p", expression, imports)
    text = (
        f"import {imports}\ndef f(x):\n    before = float(x.max())\n    (x.iloc if {imports!r} == 'pandas' else x)[0] = 7\n"
        "    return [before, float((x['a'] if x.ndim > 1 else x)[0])]\n"
    ).replace("x.max()", "x.max().max()" if imports == "pandas" else "x.max()")
    consumed = load(tmp_path / "c", tmp_path / "p" / "model", text)
    assert consumed.result == [299_999.0, 7.0], consumed.output
    stored = tmp_path / "c" / "input" / "data" / "x" / "value"
    payload = json.loads((stored / "payload.json").read_text())
    assert hashing.sha256_of(str(stored / payload["file"])) == payload["sha256"]


def test_large_arrays_and_frames_are_mapped(tmp_path: Path) -> None:
    """Reading copies nothing: the memory is the file's."""
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    store(
        tmp_path / "p",
        "(numpy.ones(300_000), pandas.DataFrame({'a': range(300_000)}))",
        "numpy, pandas",
    )
    text = (
        "import mmap\ndef base(x):\n    while getattr(x, 'base', None) is not None:\n        x = x.base\n"
        "    return x.obj if isinstance(x, memoryview) else x\n"
        "def f(x):\n    return [type(base(v)).__name__ for v in (x[0], x[1]['a'].to_numpy())]\n"
    )
    consumed = load(tmp_path / "c", tmp_path / "p" / "model", text)
    assert consumed.result == ["mmap", "mmap"], consumed.output


def test_names_are_those_of_the_settings() -> None:
    """What can be chosen by name is what the shim knows, but for what only types choose."""
    assert {*NAMES, "text"} == set(_FILES)


@pytest.mark.parametrize(
    ("name", "expression", "imports"),
    [
        ("pickle", "[1, 2]", "json"),
        ("json", "{'a': [1]}", "json"),
        ("joblib", "{1: (2, 3)}", "joblib"),
        ("npy", "numpy.ones(2)", "numpy"),
        ("arrow", "pandas.DataFrame({'a': [1]})", "pandas, pyarrow"),
        ("parquet", "pandas.DataFrame({'a': [1]})", "pandas, pyarrow"),
        ("parquet", "pyarrow.table({'a': [1]})", "pyarrow"),
        ("parquet", "polars.DataFrame({'a': [1]})", "polars, pyarrow"),
        ("safetensors", "torch.ones(2)", "torch"),
    ],
)
def test_chosen_by_name(tmp_path: Path, name: str, expression: str, imports: str) -> None:
    """A step's serializer= goes before the type."""
    for module in imports.split(", "):
        pytest.importorskip(module)
    arrives(tmp_path, expression, imports, name, name)


@pytest.mark.parametrize(
    ("name", "expression", "reason"),
    [
        ("json", "(1, 2)", "JSON does not give back exactly this value"),
        ("npy", "[1]", "it is no numpy.ndarray"),
        ("arrow", "[1]", "it is a list, not a frame, series or table"),
        ("parquet", "[1]", "it is a list, not a frame or table"),
        ("safetensors", "[1]", "it is a list, not a torch.Tensor"),
    ],
)
def test_chosen_serializer_that_cannot_hold_the_value(
    tmp_path: Path, name: str, expression: str, reason: str
) -> None:
    """A choice that would change the value fails the step and says why."""
    outcome = store(tmp_path, expression, "json", serializer=name)
    assert outcome.code == 1
    assert f"cannot be stored with the serializer {name!r}: {reason}" in outcome.failure


def test_path_is_a_file_whatever_is_chosen(tmp_path: Path) -> None:
    """A default for a whole pipeline does not turn files into pickles of their names."""
    text = "import pathlib\ndef f():\n    p = pathlib.Path('out')\n    p.write_text('hi')\n    return p\n"
    produced = run_bundle(tmp_path / "p", make_bundle({"m.py": text}, {"serializer": "pickle"}))
    assert produced.code == 0, produced.output
    show = "def f(x):\n    return x.read_text()\n"
    assert load(tmp_path / "c", tmp_path / "p" / "model", show).result == "hi"


CUSTOM = {
    "shop/__init__.py": "",
    "shop/money.py": (
        "class Money:\n    def __init__(self, n):\n        self.n = n\n"
        "class Writer:\n"
        "    def write(self, value, folder):\n        (folder / 'n').write_text(str(value.n))\n"
        "    def read(self, folder):\n        return Money(int((folder / 'n').read_text()) + 1)\n"
        "class Lazy:\n    def write(self, value, folder): ...\n"
    ),
    "m.py": "from shop.money import Money\ndef f():\n    return Money(3)\n",
}


def custom(qualname: str) -> dict[str, str]:
    return {"module": "shop.money", "qualname": qualname}


def test_class_of_the_project_writes_and_reads(tmp_path: Path) -> None:
    """A consumer that never mentions the class reads with it: its source goes along."""
    produced = run_bundle(tmp_path / "p", make_bundle(CUSTOM, {"serializer": custom("Writer")}))
    assert produced.code == 0, produced.output
    stored = tmp_path / "p" / "model" / "value" / "stored"
    assert (stored / "n").read_text() == "3"
    show = "def f(x):\n    return [type(x).__module__, x.n]\n"
    consumed = load(tmp_path / "c", tmp_path / "p" / "model", show)
    assert consumed.result == ["shop.money", 4], consumed.output


def test_class_that_writes_nothing_fails_the_step(tmp_path: Path) -> None:
    """An empty folder would not reach S3."""
    outcome = run_bundle(tmp_path, make_bundle(CUSTOM, {"serializer": custom("Lazy")}))
    assert "has written nothing into its folder" in outcome.failure


def test_changed_files_of_a_class_are_refused(tmp_path: Path) -> None:
    """They are verified like all others."""
    run_bundle(tmp_path / "p", make_bundle(CUSTOM, {"serializer": custom("Writer")}))
    (tmp_path / "p" / "model" / "value" / "stored" / "n").write_text("4")
    consumed = load(tmp_path / "c", tmp_path / "p" / "model", "def f(x): ...\n")
    assert "was changed after it was written" in consumed.failure


def test_joblib_brings_the_classes_of_the_project(tmp_path: Path) -> None:
    """A file of joblib refers to classes: the source goes along, as for a pickle."""
    pytest.importorskip("joblib")
    produced = run_bundle(tmp_path / "p", make_bundle(CUSTOM, {"serializer": "joblib"}))
    assert produced.code == 0, produced.output
    consumed = load(tmp_path / "c", tmp_path / "p" / "model", "def f(x):\n    return x.n\n")
    assert consumed.result == 3, consumed.output


def test_each_element_has_its_own(tmp_path: Path) -> None:
    """A declared tuple may have a serializer for each element; None is by type."""
    plan = {"elements": 3, "serializer": ["pickle", None, custom("Writer")]}
    text = "from shop.money import Money\ndef f():\n    return 1, 2, Money(3)\n"
    produced = run_bundle(tmp_path, make_bundle({**CUSTOM, "m.py": text}, plan))
    assert produced.code == 0, produced.output
    payloads = [tmp_path / "model" / str(i) / "payload.json" for i in range(3)]
    found = [json.loads(path.read_text())["serializer"] for path in payloads]
    assert found == ["pickle", "json", "custom"]


def test_result_with_a_chosen_serializer_is_stored_whole(tmp_path: Path) -> None:
    """Without a choice a dict is split into parts, each by its type."""
    store(tmp_path, "{'a': 1, 'b': {2}}", "json", serializer="pickle")
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert manifest["structure"] == "value"


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 17, 100])
def test_hash_is_the_same_however_a_file_is_written(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks, chunks and processors divide the work, not the outcome."""
    monkeypatch.setattr(hashing, "_BLOCK", 8)
    monkeypatch.setattr(hashing, "_CHUNK", 3)
    data = bytes(range(size))
    path = tmp_path / "f"
    digests = set()
    for step in (1, 2, 5, 8, 100):
        pieces = [data[i : i + step] for i in range(0, size, step)]
        digests.add(hashing.write_file(str(path), lambda out, p=pieces: list(map(out.write, p))))
        assert path.read_bytes() == data
        digests.add(hashing.sha256_of(str(path)))
    assert len(digests) == 1


def test_hash_of_a_small_file_is_its_sha256(tmp_path: Path) -> None:
    """Anyone can check it."""
    import hashlib

    (tmp_path / "f").write_bytes(b"abc")
    assert hashing.sha256_of(str(tmp_path / "f")) == hashlib.sha256(b"abc").hexdigest()


def test_changed_block_changes_the_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block counts, and so does their order."""
    monkeypatch.setattr(hashing, "_BLOCK", 4)
    digests = set()
    for data in (b"aaaabbbbcccc", b"bbbbaaaacccc", b"aaaabbbbcccd", b"aaaabbbb"):
        (tmp_path / "f").write_bytes(data)
        digests.add(hashing.sha256_of(str(tmp_path / "f")))
    assert len(digests) == 4


MEASURE = """
import sys
sys.path.insert(0, {root!r})
import {imports}
from constructs_lib.runtime import serializers
from constructs_lib.runtime.plan import find
def peak():
    # MiB of memory that no file backs
    lines = dict(line.split(':') for line in open('/proc/self/status'))
    return int(lines['VmHWM'].split()[0]) / 1024
def reset():
    open('/proc/self/clear_refs', 'w').write('5')
value = {expression}
small = {small}
serializers.write_part(small, {folder!r} + '/small')
serializers.read_part({folder!r} + '/small', find, int)
reset()
before = peak()
serializers.write_part(value, {folder!r} + '/large')
writing = peak() - before
del value, small
reset()
before = peak()
value = serializers.read_part({folder!r} + '/large', find, int)
{touch}
print(writing, peak() - before)
"""
MIB = 1 << 20


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
@pytest.mark.parametrize(
    ("expression", "imports", "touch"),
    [
        ("b'x' * 300 * (1 << 20)", "json", ""),
        ("numpy.ones({rows})", "numpy", "value.sum()"),
        ("numpy.ones(({rows} // 2, 2)).T", "numpy", "value.sum()"),
        (
            "pandas.DataFrame({{'a': numpy.ones({rows} // 2), 'b': numpy.ones({rows} // 2)}}, copy=False)",
            "numpy, pandas",
            "[value.iloc[:, i].to_numpy().sum() for i in range(2)]",
        ),
        (
            "pandas.DataFrame(numpy.ones(({rows} // 2, 2)), copy=False)",
            "numpy, pandas",
            "[value.iloc[:, i].to_numpy().sum() for i in range(2)]",
        ),
        (
            "pandas.DataFrame({{'a': numpy.ones({rows} // 9 * 8), 'b': numpy.ones({rows} // 9 * 8, bool)}}, copy=False)",
            "numpy, pandas",
            "[value.iloc[:, i].to_numpy().sum() for i in range(2)]",
        ),
        ("polars.DataFrame({{'a': numpy.ones({rows})}})", "numpy, polars", "value.sum()"),
        ("pyarrow.table({{'a': numpy.ones({rows})}})", "numpy, pyarrow", ""),
        ("torch.ones({rows}, dtype=torch.float64)", "torch", "value.sum()"),
    ],
)
def test_memory_stays_within_the_object_and_a_chunk(
    tmp_path: Path, expression: str, imports: str, touch: str
) -> None:
    """Writing 300 MiB takes less than 64 MiB, and reading them no more than that beside them."""
    import subprocess

    for module in imports.split(", "):
        pytest.importorskip(module)
    if "pandas" in imports:
        pytest.importorskip("pyarrow")
    rows = 300 * MIB // 8
    code = MEASURE.format(
        root=str(Path(__file__).resolve().parents[3]),
        imports=imports,
        expression=expression.format(rows=rows),
        small=expression.format(rows=18).replace("300 * (1 << 20)", "3"),
        folder=str(tmp_path),
        touch=touch,
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    writing, reading = map(float, result.stdout.split())
    assert writing < 64
    # polars maps the file and copies from there; the pages of the file are the system's to take.
    assert reading < (600 if "polars" in imports else 300) + 64
