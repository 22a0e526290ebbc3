"""The heads of tables: Arrow, Parquet and CSV files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import Any

from constructs_lib.report.files import File
from constructs_lib.report.limits import Limits
from constructs_lib.report.record import Preview, Table

_BEGINNING = 1 << 17  # bytes of a CSV file
_LONGEST_CELL = 40


def show_arrow(file: File, limits: Limits) -> Preview:
    """Return the head of an Arrow IPC file."""
    import pyarrow as pa
    from pyarrow import ipc

    with pa.PythonFile(file.open(), "r") as source:
        shown = list(range(limits.columns))
        names = ipc.open_file(source).schema.names
        options = ipc.IpcReadOptions(included_fields=shown[: len(names)])
        reader = ipc.open_file(source, options=options)
        batches = reader.num_record_batches
        head = reader.get_batch(0) if batches else reader.schema.empty_table()
        rows = head.num_rows if batches <= 1 else _count(reader)
        return _shown(head.slice(0, limits.rows), names, rows)


def _count(reader: Any) -> int:
    # From pyarrow 26 on, without reading the columns.
    if hasattr(reader, "count_rows"):
        return int(reader.count_rows())
    return sum(reader.get_batch(number).num_rows for number in range(reader.num_record_batches))


def show_parquet(file: File, limits: Limits) -> Preview:
    """Return the head of a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    with pa.PythonFile(file.open(), "r") as source:
        reader = parquet.ParquetFile(source)
        names = reader.schema_arrow.names
        batches = reader.iter_batches(limits.rows, columns=names[: limits.columns])
        head = next(batches, reader.schema_arrow.empty_table())
        return _shown(head.slice(0, limits.rows), names, reader.metadata.num_rows)


def show_csv(file: File, limits: Limits) -> Preview:
    """Return the head of a file with separated values."""
    content = file.read(0, _BEGINNING).decode(errors="replace")
    lines = content.splitlines()
    if file.size > _BEGINNING:
        lines = lines[:-1]  # it may be half a line
    separator = "\t" if file.suffix == "tsv" else ","
    rows = list(csv.reader(lines[: limits.rows + 1], delimiter=separator))
    if not rows:
        return Preview("an empty table")
    count = f"{len(lines) - 1:,} rows, " if file.size <= _BEGINNING else ""
    names = rows[0]
    note = f"{count}{len(names):,} columns"
    return Preview(note, _table(names, [row[: limits.columns] for row in rows[1:]], limits.columns))


def _shown(head: Any, names: Sequence[str], rows: int) -> Preview:
    columns = [column.to_pylist() for column in head.columns]
    note = f"{rows:,} row{'' if rows == 1 else 's'}, {len(names):,} columns"
    return Preview(note, _table(names, list(zip(*columns, strict=True)), len(columns)))


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]], columns: int) -> Table:
    return Table(
        tuple(map(_cell, names[:columns])),
        tuple(tuple(map(_cell, row)) for row in rows),
        max(0, len(names) - columns),
    )


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
