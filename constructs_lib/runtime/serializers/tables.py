"""Arrow IPC files of polars and pyarrow, and Parquet files.

Each library writes its own: what they have in common is not what each has.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Optional

# Rows that are written at once.
_GROUP = 1 << 18


def library_of(value: Any) -> Optional[str]:
    """Return the library whose frame, series or table a value is; None if it is none."""
    name = str(type(value).__module__).partition(".")[0]
    return name if name in {"pandas", "polars", "pyarrow"} else None


def refusal(value: Any) -> Optional[str]:
    """Return why Arrow cannot give back exactly this value; None if it can."""
    library = library_of(value)
    if library == "pandas":
        from . import frames

        return frames.refusal(value)
    if library == "polars":
        return _refusal_of_polars(value)
    pyarrow = sys.modules.get("pyarrow")
    if pyarrow is None or type(value) not in (pyarrow.Table, pyarrow.RecordBatch):
        return f"it is a {type(value).__qualname__}, not a frame, series or table"
    unknown = [field for field in value.schema if _has_extension(field.type, pyarrow)]
    return f"{unknown[0].name!r} has an extension type" if unknown else None


def write(value: Any, out: Any) -> str:
    """Write a value.

    Returns:
        What it is: ``<library>.<class>``.
    """
    library = library_of(value)
    holds = f"{library}.{type(value).__qualname__}"
    if library == "pandas":
        from . import frames

        frames.write(value, out)
    elif library == "polars":
        frame = value.to_frame() if holds == "polars.Series" else value
        frame.write_ipc(out, compression="uncompressed")
    else:
        pyarrow = sys.modules["pyarrow"]
        with pyarrow.ipc.new_file(pyarrow.PythonFile(out, "w"), value.schema) as writer:
            writer.write(value)
    return holds


def read(path: str, holds: str) -> Any:
    """Return the value; large ones are mapped."""
    if holds.startswith("pandas."):
        from . import frames

        return frames.read(path)
    if holds.startswith("polars."):
        import polars

        frame = polars.read_ipc(path)
        return frame.to_series() if holds == "polars.Series" else frame
    pyarrow = import_pyarrow()
    table = pyarrow.ipc.open_file(pyarrow.memory_map(path)).read_all()
    return table if holds == "pyarrow.Table" else _only_batch(table, pyarrow)


def refusal_of_parquet(value: Any) -> Optional[str]:
    """Return why a value cannot be written as Parquet; None if it can."""
    library = library_of(value)
    if library is not None and type(value).__qualname__ in {"DataFrame", "Table"}:
        return "pyarrow is not there" if sys.modules.get("pyarrow") is None else None
    return f"it is a {type(value).__qualname__}, not a frame or table"


def write_parquet(value: Any, out: Any) -> str:
    """Write a frame or table, as its library and Parquet understand each other.

    Returns:
        What it is, as :func:`write` does.
    """
    import pyarrow
    import pyarrow.parquet

    library = library_of(value)
    if library == "polars":
        value.write_parquet(out)
    else:
        table = pyarrow.Table.from_pandas(value) if library == "pandas" else value
        file = pyarrow.PythonFile(out, "w")
        pyarrow.parquet.write_table(table, file, row_group_size=_GROUP)
    return f"{library}.{type(value).__qualname__}"


def read_parquet(path: str, holds: str) -> Any:
    """Return the frame or table."""
    if holds == "polars.DataFrame":
        import polars

        return polars.read_parquet(path)
    import_pyarrow()
    from pyarrow import parquet

    table = parquet.read_table(path)
    return table.to_pandas() if holds == "pandas.DataFrame" else table


def import_pyarrow() -> Any:
    """Return pyarrow, in a state in which files that it reads are data."""
    import pyarrow

    if tuple(map(int, pyarrow.__version__.split(".")[:2])) < (14, 1):
        # Up to 14.0.0 a file could name an extension type whose pickle was loaded with it.
        # https://nvd.nist.gov/vuln/detail/CVE-2023-47248
        _forbid_pickles(pyarrow)
    return pyarrow


def _forbid_pickles(pyarrow: Any) -> None:
    """Let the name of the extension types that are pickles stand for one that is always refused."""
    name = "arrow.py_extension_type"

    class Forbidden(pyarrow.ExtensionType):  # type: ignore[misc]  # pyarrow is not always there
        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: Any, data: bytes) -> Any:
            raise ValueError("it has an extension type that is a pickle")

    with contextlib.suppress(pyarrow.lib.ArrowKeyError):
        pyarrow.unregister_extension_type(name)
    pyarrow.register_extension_type(Forbidden(pyarrow.null(), name))


def _refusal_of_polars(value: Any) -> Optional[str]:
    polars = sys.modules["polars"]
    if type(value) not in (polars.DataFrame, polars.Series):
        return f"it is a {type(value).__qualname__}, not a frame or series"
    frame = value.to_frame() if type(value) is polars.Series else value
    for name, dtype in frame.schema.items():
        if _holds_objects(dtype):
            return f"{name!r} is of dtype {dtype}"
    # A file of Arrow without columns has no rows.
    return None if frame.width or not frame.height else "it has rows without columns"


def _holds_objects(dtype: Any) -> bool:
    inner = getattr(dtype, "inner", None)
    fields = getattr(dtype, "fields", None) or []
    if inner is not None and _holds_objects(inner):
        return True
    return str(dtype).startswith("Object") or any(_holds_objects(f.dtype) for f in fields)


def _has_extension(kind: Any, pyarrow: Any) -> bool:
    if isinstance(kind, pyarrow.BaseExtensionType):
        return True
    inner = [kind.field(number).type for number in range(kind.num_fields)]
    if pyarrow.types.is_dictionary(kind):
        inner.append(kind.value_type)
    return any(_has_extension(one, pyarrow) for one in inner)


def _only_batch(table: Any, pyarrow: Any) -> Any:
    batches = table.to_batches()
    if batches:
        return batches[0]
    return pyarrow.RecordBatch.from_pylist([], schema=table.schema)
