"""Frames come back from Arrow exactly as they were, or are refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")

import numpy as np  # noqa: E402  # after the skip

from constructs_lib.runtime.serializers import columns, frames, hashing  # noqa: E402

_DTYPES = [
    *("int8", "int64", "uint16", "float32", "float64", "float16", "bool", "datetime64[ns]"),
    *("datetime64[s]", "timedelta64[us]", "Int64", "UInt8", "Float64", "boolean", "str"),
    *("string", "category", "datetime64[ns, UTC]", "datetime64[us, Europe/Berlin]"),
    *("int64[pyarrow]", "string[pyarrow]", "timestamp[ns][pyarrow]", "object", "period[D]"),
    *("interval[int64, right]", "Sparse[int64]", "complex128", "mixed", "intcategory"),
]
_LABELS = st.one_of(
    st.none(), st.text(max_size=3), st.integers(-9, 9), st.booleans(), st.floats(allow_nan=False)
)


@st.composite
def arrays(draw: Any, rows: int) -> Any:
    """Values of one column, of any dtype, with some missing where the dtype has that."""
    dtype = draw(st.sampled_from(_DTYPES))
    numbers = draw(st.lists(st.integers(0, 100), min_size=rows, max_size=rows))
    missing = draw(st.lists(st.booleans(), min_size=rows, max_size=rows))
    if draw(st.booleans()):
        missing = [False] * rows
    if dtype == "mixed":
        kinds = [None, "x", 1.5, float("nan"), b"b", pandas.NaT]
        return pandas.Series([kinds[n % 6] for n in numbers], dtype=object)
    if dtype in {"str", "string", "object", "category", "string[pyarrow]"}:
        values: list[Any] = [
            None if m else chr(n + 60) * (n % 4) for n, m in zip(numbers, missing, strict=True)
        ]
        return pandas.Series(values, dtype=dtype)
    if dtype == "intcategory":
        codes = pandas.Categorical(
            [None if m else n for n, m in zip(numbers, missing, strict=True)], ordered=True
        )
        return pandas.Series(codes)
    if dtype.startswith("interval"):
        return pandas.Series(pandas.arrays.IntervalArray.from_breaks(range(rows + 1)))
    if dtype.startswith("period"):
        return pandas.Series(pandas.arrays.PeriodArray(np.array(numbers, "i8"), dtype=dtype))
    empty = np.nan if dtype.startswith("float") else None
    values = [empty if m else n for n, m in zip(numbers, missing, strict=True)]
    if dtype == "boolean":
        return pandas.Series([None if v is None else bool(v % 2) for v in values], dtype=dtype)
    if dtype.startswith("timedelta"):
        return pandas.Series(pandas.to_timedelta(values, unit="s")).astype(dtype)
    if dtype.startswith(("date", "timestamp")):
        times = pandas.to_datetime(values, unit="s", utc="," in dtype)
        return pandas.Series(times).astype(dtype)
    if dtype[0] in "IUF" or dtype.startswith(("int64[", "float")):
        return pandas.Series(values, dtype=dtype)
    return pandas.Series(numbers).astype(dtype)


@st.composite
def frame_of_any_kind(draw: Any) -> Any:
    rows = draw(st.integers(0, 6))
    names = draw(st.lists(_LABELS, max_size=4))
    values = {position: draw(arrays(rows)) for position in range(len(names))}
    index = draw(
        st.sampled_from(
            [
                pandas.RangeIndex(rows),
                pandas.RangeIndex(3, 3 + 2 * rows, 2, name="i"),
                pandas.Index(list("abcdef")[:rows], name="k"),
                pandas.Index(list("abcdef")[:rows], dtype=object),
                pandas.Index(np.arange(rows) * 1.5),
                pandas.Index([True] * rows, dtype=bool),
                pandas.CategoricalIndex(list("uvwuvw")[:rows]),
                pandas.to_datetime(["2020"] * rows),
                pandas.date_range("2020", periods=rows),
                pandas.MultiIndex.from_arrays([range(rows), range(rows)]),
            ]
        )
    )
    # Frames of one block lie in memory in another way than those of a block each.
    frame = pandas.DataFrame(values, copy=draw(st.booleans()), index=range(rows))
    frame.index = index
    frame.columns = names if names else frame.columns
    if draw(st.booleans()):
        frame.attrs["note"] = draw(st.sampled_from(["text", {"a": [1]}, (1, 2)]))
    if draw(st.booleans()) and names:
        series = frame.iloc[:, 0]
        return series[::2] if draw(st.booleans()) else series
    return frame[::2] if draw(st.booleans()) else frame


@given(value=frame_of_any_kind(), batch=st.sampled_from([1, 40, 1 << 24]), mapped=st.booleans())
@settings(max_examples=400, deadline=None)
def test_frame_comes_back_exactly_or_is_refused(value: Any, batch: int, mapped: bool) -> None:
    """Values, dtypes, index, labels and attrs, whether copied or mapped, in one batch or in many."""
    if frames.refusal(value) is not None:
        return
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setattr(frames, "_BATCH", batch)
        patch.setattr(frames, "_LEAST_MAPPED", 0 if mapped else 1 << 20)
        path = str(Path(folder) / "f")
        hashing.write_file(path, lambda out: frames.write(value, out))
        found = frames.read(path)
    assert_same(value, found)


def assert_same(value: Any, found: Any) -> None:
    """Assert more than pandas' own comparison does."""
    assert type(found) is type(value)
    assert found.attrs == value.attrs
    if isinstance(value, pandas.DataFrame):
        pandas.testing.assert_frame_equal(found, value, check_exact=True, check_column_type="exact")
        assert [type(x) for x in found.columns] == [type(x) for x in value.columns]
        pairs = [(found.iloc[:, i], value.iloc[:, i]) for i in range(value.shape[1])]
    else:
        pandas.testing.assert_series_equal(found, value, check_exact=True)
        pairs = [(found, value)]
    assert type(found.index) is type(value.index)
    assert found.index.dtype == value.index.dtype
    for ours, theirs in pairs:
        assert type(ours.array) is type(theirs.array)
        assert repr(ours.dtype) == repr(theirs.dtype)
        assert [type(x) for x in ours] == [type(x) for x in theirs]


@pytest.mark.parametrize(
    "value",
    [
        pandas.DataFrame(
            {"a": [1.5, 2.5], "b": ["x", None], "t": pandas.to_datetime(["2020", None])}
        ),
        pandas.Series(pandas.Categorical(["u", None], ["v", "u"], ordered=True)),
        pandas.DataFrame({"a": pandas.array([1, None], dtype="Int64")}, index=["x", "y"]),
        pandas.Series(["x", float("nan")], dtype=object),
        pandas.DataFrame([[1, 2]], columns=["a", "a"]),
    ],
)
def test_usual_frames_are_not_refused(value: Any) -> None:
    """What most steps return is an Arrow file."""
    assert frames.refusal(value) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (pandas.Series([{1}]), "holds set"),
        (pandas.Series([None, float("nan")], dtype=object), "holds NoneType, float"),
        (pandas.Series(["\ud800"], dtype=object), "a lone surrogate"),
        (pandas.Series([1], name=(1, 2)), "the name (1, 2) is more than JSON"),
        (pandas.DataFrame([[1]], columns=[b"a"]), "column labels"),
        (pandas.DataFrame([[1]], index=pandas.date_range("2020", periods=1)), "a frequency"),
        (pandas.Series([1j]), "dtype complex128"),
        (type("Mine", (pandas.Series,), {})([1]), "it is a Mine"),
    ],
)
def test_refusal_says_what_it_is_about(value: Any, reason: str) -> None:
    """The reason stands in the failure of a step that has chosen Arrow."""
    assert reason in frames.refusal(value)


def test_other_readers_see_the_values(tmp_path: Path) -> None:
    """The file is an ordinary one: real names, and missing values are missing."""
    frame = pandas.DataFrame(
        {"a": [1, 2], "t": pandas.to_datetime(["2020", None]), "c": pandas.Categorical(["u", None])}
    )
    hashing.write_file(str(tmp_path / "f"), lambda out: frames.write(frame, out))
    table = pyarrow.ipc.open_file(str(tmp_path / "f")).read_all()
    assert table.column_names == ["a", "t", "c"]
    assert [table[name].null_count for name in table.column_names] == [0, 1, 1]
    assert table["c"].to_pylist() == ["u", None]


def test_kinds_have_names_of_their_own() -> None:
    """A description in a file leads to one kind of column."""
    assert len(columns._KINDS) == 5
