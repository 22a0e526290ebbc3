"""Columns of pandas as arrays of Arrow, and back, exactly."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any, Callable, Optional

_FIXED = "iufmM"
# Rows; a multiple of 8.
_PIECE = 1 << 20
_UNITS = ("s", "ms", "us", "ns")
# pandas' wrapper of dtypes of numpy, in pandas 2.1 and later and before.
_OF_NUMPY = {"NumpyEADtype", "PandasDtype"}
_EXTENSIONS = {
    *("ArrowDtype", "BooleanDtype", "DatetimeTZDtype", "Float32Dtype", "Float64Dtype"),
    *("Int8Dtype", "Int16Dtype", "Int32Dtype", "Int64Dtype", "StringDtype"),
    *("UInt8Dtype", "UInt16Dtype", "UInt32Dtype", "UInt64Dtype"),
}


class Inexact(Exception):
    """A value would not come back as it was; the text says why."""


def column_of(array: Any, name: str) -> Column:
    """Return an array of pandas as a column.

    Args:
        array: A numpy or extension array, as ``Series.array`` is.
        name: What it is, for refusals.

    Raises:
        Inexact: It would not come back as it was.
    """
    pandas, numpy = sys.modules["pandas"], sys.modules["numpy"]
    dtype = array.dtype
    if isinstance(dtype, numpy.dtype) or type(dtype).__name__ in _OF_NUMPY:
        return _numpy_column(numpy.asarray(array), name)
    if type(dtype) is pandas.CategoricalDtype:
        return _Category(array, name)
    try:
        again = pandas.api.types.pandas_dtype(str(dtype))
    except Exception:  # noqa: BLE001 - the dtype may be of any package
        again = None
    is_same_zone = type(getattr(again, "tz", None)) is type(getattr(dtype, "tz", None))
    if again != dtype or not is_same_zone or type(dtype).__name__ not in _EXTENSIONS:
        raise Inexact(f"{name} is of dtype {dtype!r}")
    return _Extension(array)


def _numpy_column(array: Any, name: str) -> Column:
    numpy = sys.modules["numpy"]
    dtype = array.dtype
    if dtype.kind == "b":
        return _Flags(array)
    unit = numpy.datetime_data(dtype) if dtype.kind in "mM" else (_UNITS[0], 1)
    is_plain = dtype.isnative and dtype.metadata is None and dtype.itemsize <= 8
    if dtype.kind in _FIXED and is_plain and unit in [(known, 1) for known in _UNITS]:
        return _Fixed(array)
    if dtype.kind == "O":
        return _Texts(array, name)
    raise Inexact(f"{name} is of dtype {dtype}")


class Column:
    """One column, on its way to Arrow or from there.

    On the way to Arrow: ``type``, ``size``, ``is_copied``, ``arrow``. On the way back either
    ``over``, or ``start``, ``add`` for each batch, ``finish``.

    Attributes:
        description: What :meth:`from_description` needs.
        size: How many bytes it takes in Arrow, roughly.
        is_copied: Whether Arrow cannot use them as they are.
    """

    kind: str
    type: Any

    def __init__(self, array: Any = None) -> None:
        self._array = array
        self.description: dict[str, Any] = {"kind": self.kind}
        self.size = 0
        self.is_copied = True

    @staticmethod
    def from_description(description: dict[str, Any]) -> Column:
        """Return the column that is described."""
        column = _KINDS[description["kind"]]()
        column.description = description
        return column

    def arrow(self, start: int, end: int) -> Any:
        """Return some rows as an array of Arrow."""
        raise NotImplementedError

    def over(self, data: Any, address: int, array: Any) -> Any:
        """Return the values of an array that is in mapped memory.

        Args:
            data: The memory.
            address: Where it begins.
            array: The array of Arrow.
        """
        self.start(len(array), array.type)
        self.add(0, array)
        return self.finish()

    def start(self, rows: int, kind: Any) -> None:
        """Make room for so many rows."""
        import numpy

        self._array = numpy.empty(rows, dtype=self.description.get("dtype", "O"))

    def add(self, start: int, array: Any) -> None:
        """Take the rows of one batch."""
        raise NotImplementedError

    def finish(self) -> Any:
        """Return the values."""
        return self._array


class _Fixed(Column):
    """Numbers and times of numpy: Arrow has them as numpy has them."""

    kind = "fixed"

    def __init__(self, array: Any = None) -> None:
        super().__init__(array)
        if array is not None:
            self.description["dtype"] = array.dtype.str
            self.type = sys.modules["pyarrow"].from_numpy_dtype(array.dtype)
            self.size, self.is_copied = array.nbytes, not array.flags.c_contiguous

    def arrow(self, start: int, end: int) -> Any:
        is_missing = sys.modules["numpy"].isnat if self._array.dtype.kind in "mM" else None
        return _over_memory(self._array[start:end], self.type, is_missing)

    def over(self, data: Any, address: int, array: Any) -> Any:
        return _view(data, address, array, self.description["dtype"])

    def add(self, start: int, array: Any) -> None:
        self._array[start : start + len(array)] = _values(array, self.description["dtype"])


class _Flags(Column):
    """Booleans: a bit each in Arrow, a byte each in numpy."""

    kind = "bool"

    def __init__(self, array: Any = None) -> None:
        super().__init__(array)
        if array is not None:
            self.description["dtype"] = "?"
            self.type = sys.modules["pyarrow"].bool_()
            self.size = array.nbytes

    def arrow(self, start: int, end: int) -> Any:
        return sys.modules["pyarrow"].array(self._array[start:end], self.type)

    def add(self, start: int, array: Any) -> None:
        self._array[start : start + len(array)] = array.to_numpy(zero_copy_only=False)


class _Texts(Column):
    """Objects that are texts, or all the same sign of a missing one: None or NaN."""

    kind = "text"

    def __init__(self, array: Any = None, name: str = "") -> None:
        super().__init__(array)
        if array is None:
            return
        kinds = set(map(type, array)) - {str}
        if kinds == {float} and all(map(math.isnan, (v for v in array if type(v) is float))):
            self.description["missing"] = "nan"
        elif not kinds <= {type(None)}:
            raise Inexact(f"{name} holds {', '.join(sorted(one.__name__ for one in kinds))}")
        if not all(map(_is_utf8, _texts(array))):
            raise Inexact(f"{name} holds a lone surrogate")
        self.type = sys.modules["pyarrow"].large_string()
        self.size = sum(map(len, _texts(array))) + array.nbytes

    def arrow(self, start: int, end: int) -> Any:
        is_nan = "missing" in self.description
        pyarrow = sys.modules["pyarrow"]
        return pyarrow.array(self._array[start:end], self.type, from_pandas=is_nan)

    def add(self, start: int, array: Any) -> None:
        values = array.to_numpy(zero_copy_only=False)
        if "missing" in self.description:
            values[array.is_null().to_numpy(zero_copy_only=False)] = float("nan")
        self._array[start : start + len(array)] = values


class _Category(Column):
    """Categories: codes of numpy, and the categories as another column."""

    kind = "category"

    def __init__(self, array: Any = None, name: str = "") -> None:
        super().__init__(array)
        if array is None:
            return
        pyarrow, pandas = sys.modules["pyarrow"], sys.modules["pandas"]
        index = array.categories
        kinds = (pandas.Index, pandas.DatetimeIndex, pandas.TimedeltaIndex)
        if type(index) not in kinds or index.name is not None or getattr(index, "freq", None):
            raise Inexact(f"{name} has categories in a {type(index).__qualname__}")
        inner = column_of(index.array, f"{name}, its categories")
        self._array = array.codes
        self._categories = inner.arrow(0, len(index))
        indices = pyarrow.from_numpy_dtype(self._array.dtype)
        self.type = pyarrow.dictionary(indices, self._categories.type, bool(array.ordered))
        self.size, self.is_copied = self._array.nbytes, not self._array.flags.c_contiguous
        self.description.update(
            dtype=self._array.dtype.str,
            ordered=bool(array.ordered),
            categories=inner.description,
        )

    def arrow(self, start: int, end: int) -> Any:
        values = self._array[start:end]
        codes = _over_memory(values, self.type.index_type, lambda part: part < 0)
        return sys.modules["pyarrow"].DictionaryArray.from_arrays(
            codes, self._categories, ordered=self.type.ordered, safe=False
        )

    def over(self, data: Any, address: int, array: Any) -> Any:
        self._categories = array.dictionary
        self._array = _view(data, address, array.indices, self.description["dtype"])
        return self.finish()

    def start(self, rows: int, kind: Any) -> None:
        super().start(rows, kind)
        self._categories = sys.modules["pyarrow"].array([], kind.value_type)

    def add(self, start: int, array: Any) -> None:
        self._categories = array.dictionary
        self._array[start : start + len(array)] = _values(array.indices, self.description["dtype"])

    def finish(self) -> Any:
        import pandas

        column = Column.from_description(self.description["categories"])
        column.start(len(self._categories), self._categories.type)
        column.add(0, self._categories)
        values = column.finish()
        categories = pandas.Index(values, dtype=values.dtype)
        dtype = pandas.CategoricalDtype(categories, self.description["ordered"])
        return pandas.Categorical.from_codes(self._array, dtype=dtype)


class _Extension(Column):
    """Arrays of pandas' own types, which know how to become arrays of Arrow."""

    kind = "extension"

    def __init__(self, array: Any = None) -> None:
        super().__init__(array)
        self._parts: list[Any] = []
        if array is not None:
            self.description["dtype"] = str(array.dtype)
            self.type = self.arrow(0, min(len(array), 1)).type
            self.size, self.is_copied = array.nbytes, not _is_arrow(array)

    def arrow(self, start: int, end: int) -> Any:
        pyarrow = sys.modules["pyarrow"]
        array = pyarrow.array(self._array[start:end], from_pandas=True)
        if not isinstance(array, pyarrow.ChunkedArray):
            return array
        return array.chunk(0) if array.num_chunks == 1 else pyarrow.concat_arrays(array.chunks)

    def start(self, rows: int, kind: Any) -> None:
        import pandas
        import pyarrow

        self._dtype = pandas.api.types.pandas_dtype(self.description["dtype"])
        self._parts = [] if rows else [self._dtype.__from_arrow__(pyarrow.array([], kind))]

    def add(self, start: int, array: Any) -> None:
        self._parts.append(self._dtype.__from_arrow__(array))

    def finish(self) -> Any:
        parts, self._parts = self._parts, []
        return parts[0] if len(parts) == 1 else type(parts[0])._concat_same_type(parts)


_KINDS = {kind.kind: kind for kind in (_Fixed, _Flags, _Texts, _Category, _Extension)}


def _texts(array: Any) -> Iterator[str]:
    return (value for value in array if type(value) is str)


def _is_utf8(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _is_arrow(array: Any) -> bool:
    """Tell whether an array is one of Arrow, in one piece, already."""
    dtype = array.dtype
    if getattr(dtype, "storage", None) != "pyarrow" and not hasattr(dtype, "pyarrow_dtype"):
        return False
    return getattr(array.__arrow_array__(), "num_chunks", 1) == 1


def _over_memory(values: Any, kind: Any, is_missing: Optional[Callable[[Any], Any]]) -> Any:
    """Return an array of Arrow over the memory of an array of numpy.

    Args:
        values: The array.
        kind: Type of Arrow.
        is_missing: Tells which values are missing for other readers; they are kept all the same.
    """
    pyarrow, numpy = sys.modules["pyarrow"], sys.modules["numpy"]
    values = numpy.ascontiguousarray(values)
    bits = None if is_missing is None else _validity(values, is_missing)
    memory = pyarrow.py_buffer(values.view(numpy.uint8))
    return pyarrow.Array.from_buffers(kind, len(values), [bits, memory])


def _validity(values: Any, is_missing: Callable[[Any], Any]) -> Any:
    """Return a bit for each value, 0 if it is missing; None if none is."""
    pyarrow, numpy = sys.modules["pyarrow"], sys.modules["numpy"]
    pieces, any_missing = [], False
    for start in range(0, len(values), _PIECE):
        missing = is_missing(values[start : start + _PIECE])
        any_missing = any_missing or bool(missing.any())
        pieces.append(numpy.packbits(~missing, bitorder="little").tobytes())
    return pyarrow.py_buffer(b"".join(pieces)) if any_missing else None


def _values(array: Any, dtype: str) -> Any:
    """Return the values in an array of Arrow, those of missing ones too."""
    import numpy

    buffer = array.buffers()[1]
    return numpy.frombuffer(buffer, dtype, len(array)) if len(array) else numpy.empty(0, dtype)


def _view(data: Any, address: int, array: Any, dtype: str) -> Any:
    """Return the values in an array of Arrow that is in mapped memory, to be changed at will."""
    import numpy

    buffer = array.buffers()[1]
    return numpy.frombuffer(data, dtype, len(array), buffer.address - address)
