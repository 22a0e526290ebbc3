"""Arrow IPC files of frames and series of pandas.

The schema's metadata says what Arrow has no word for: the index, the labels, pandas' own dtypes.
What is of a kind that is not known here is refused, so that it can be pickled.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
from typing import Any, Optional

from ..json_view import is_exact
from .columns import Column, Inexact, column_of

METADATA_KEY = b"constructs_lib"

# If more than this has to be copied for Arrow, a frame is written in batches of so many bytes.
_BATCH = 1 << 24
# A smaller frame is read into memory, with its columns side by side as pandas wants them.
_LEAST_MAPPED = 1 << 20


def refusal(value: Any) -> Optional[str]:
    """Return why Arrow cannot give back exactly this frame or series; None if it can."""
    try:
        _describe(value)
    except Inexact as reason:
        return str(reason)
    return None


def write(value: Any, out: Any) -> None:
    """Write a frame or series; columns that Arrow can use as they are are not copied."""
    pyarrow = sys.modules["pyarrow"]
    description, columns = _describe(value)
    names = _names(description)
    schema = pyarrow.schema(
        [pyarrow.field(name, column.type) for name, column in zip(names, columns)],
        {METADATA_KEY: json.dumps(description).encode()},
    )
    rows = len(value)
    copied = sum(column.size for column in columns if column.is_copied)
    size = sum(column.size for column in columns)
    step = rows if copied <= _BATCH else max(1, rows * _BATCH // size)
    with pyarrow.ipc.new_file(pyarrow.PythonFile(out, "w"), schema) as writer:
        for start in range(0, rows, step or 1):
            arrays = [column.arrow(start, min(start + step, rows)) for column in columns]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))


def read(path: str) -> Any:
    """Return the frame or series; large columns are mapped, changes to them stay in memory."""
    import pandas

    from .tables import import_pyarrow

    pyarrow = import_pyarrow()
    is_small = os.path.getsize(path) < _LEAST_MAPPED
    with open(path, "rb") as file:
        # Private pages: what the consumer changes is copied by the system, page by page.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    buffer = pyarrow.py_buffer(data)
    reader = pyarrow.ipc.open_file(buffer)
    description = json.loads(reader.schema.metadata[METADATA_KEY])
    columns = [Column.from_description(entry) for entry in description["columns"]]
    if reader.num_record_batches == 1 and not is_small:
        arrays = reader.get_batch(0).columns
        values = [c.over(data, buffer.address, a) for c, a in zip(columns, arrays)]
    else:
        values = [
            _assembled(reader, number, column, description["rows"], data)
            for number, column in enumerate(columns)
        ]
    index = _index(description["index"], values, pandas)
    series = [
        # Without a dtype pandas would guess one for objects.
        pandas.Series(one, index=index, dtype=one.dtype, copy=False)
        for one in values[: description["width"]]
    ]
    if description["holds"] == "Series":
        result = series[0].rename(description["name"])
    else:
        result = pandas.DataFrame(dict(enumerate(series)), index=index, copy=is_small)
        result.columns = _labels(description["labels"], pandas)
    result.attrs.update(description["attrs"])
    return result


def _assembled(reader: Any, number: int, column: Column, rows: int, data: Any) -> Any:
    """Put a column together from its batches."""
    column.start(rows, reader.schema.field(number).type)
    start = 0
    for position in range(reader.num_record_batches):
        array = reader.get_batch(position).column(number)
        column.add(start, array)
        start += len(array)
        if hasattr(data, "madvise"):
            # The pages are in the column now, or can be had from the file again.
            data.madvise(mmap.MADV_DONTNEED)
    return column.finish()


def _describe(value: Any) -> tuple[dict[str, Any], list[Column]]:
    """Return what the metadata says, and the columns.

    Raises:
        Inexact: There is something that would not be given back.
    """
    pandas = sys.modules["pandas"]
    if sys.modules.get("pyarrow") is None:
        raise Inexact("pyarrow is not there")
    if type(value) not in (pandas.DataFrame, pandas.Series):
        raise Inexact(f"it is a {type(value).__qualname__}, not a frame or series of pandas")
    if not value.flags.allows_duplicate_labels:
        raise Inexact("it does not allow duplicate labels")
    if not is_exact(value.attrs):
        raise Inexact("its attrs are more than JSON")
    is_series = type(value) is pandas.Series
    description: dict[str, Any] = {"rows": len(value), "attrs": value.attrs}
    if is_series:
        description.update(holds="Series", name=_name(value.name), width=1)
        columns = [column_of(value.array, "its values")]
    else:
        labels = _describe_labels(value.columns, pandas)
        description.update(holds="DataFrame", labels=labels, width=len(value.columns))
        columns = [
            column_of(value.iloc[:, position].array, f"column {label!r}")
            for position, label in enumerate(value.columns)
        ]
    index = value.index
    if type(index) is pandas.RangeIndex:
        span = [index.start, index.stop, index.step]
        description["index"] = {"range": span, "name": _name(index.name)}
    else:
        _check_index(index, pandas)
        description["index"] = {"name": _name(index.name)}
        columns.append(column_of(index.array, "its index"))
    description["columns"] = [column.description for column in columns]
    return description, columns


def _check_index(index: Any, pandas: Any) -> None:
    kinds = (pandas.Index, pandas.DatetimeIndex, pandas.TimedeltaIndex, pandas.CategoricalIndex)
    if type(index) not in kinds:
        raise Inexact(f"its index is a {type(index).__qualname__}")
    if getattr(index, "freq", None) is not None:
        raise Inexact("its index has a frequency")


def _index(description: dict[str, Any], values: list[Any], pandas: Any) -> Any:
    if "range" in description:
        return pandas.RangeIndex(*description["range"], name=description["name"])
    return pandas.Index(values[-1], name=description["name"], dtype=values[-1].dtype, copy=False)


def _describe_labels(labels: Any, pandas: Any) -> dict[str, Any]:
    if type(labels) is pandas.RangeIndex:
        span = [labels.start, labels.stop, labels.step]
        return {"range": span, "name": _name(labels.name)}
    values = list(labels) if type(labels) is pandas.Index else None
    description = {"values": values, "dtype": str(labels.dtype), "name": _name(labels.name)}
    if values is None or not is_exact(values):
        raise Inexact("its column labels are more than JSON")
    try:
        again = _labels(description, pandas)
    except (TypeError, ValueError):
        again = None
    if again is None or not (labels.identical(again) and labels.dtype == again.dtype):
        raise Inexact(f"its column labels are of dtype {labels.dtype}")
    return description


def _labels(description: dict[str, Any], pandas: Any) -> Any:
    if "range" in description:
        return pandas.RangeIndex(*description["range"], name=description["name"])
    values, dtype = description["values"], description["dtype"]
    return pandas.Index(values, dtype=dtype, name=description["name"])


def _name(name: Any) -> Any:
    if not is_exact(name):
        raise Inexact(f"the name {name!r} is more than JSON")
    return name


def _names(description: dict[str, Any]) -> list[str]:
    """Return a name for each column of the file, for other readers of it."""
    labels = description.get("labels")
    if labels is None:
        names = ["value" if description["name"] is None else str(description["name"])]
    elif "range" in labels:
        names = [str(label) for label in range(*labels["range"])]
    else:
        names = [str(label) for label in labels["values"]]
    if len(description["columns"]) > len(names):
        names.append(str(description["index"]["name"] or "index"))
    return names
