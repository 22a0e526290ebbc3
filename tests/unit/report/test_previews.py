"""What is shown of a file."""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from constructs_lib.report.files import File, files_below
from constructs_lib.report.limits import ImageBudget, Limits
from constructs_lib.report.previews import preview
from constructs_lib.report.record import Preview

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def show(path: Path, serializer: str = "", images: ImageBudget | None = None) -> Preview:
    (file,) = files_below(path)
    limits = Limits(rows=2, columns=2, text=100)
    return preview(file, limits, images or ImageBudget(), serializer)


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["arrow", "parquet", "csv"])
def test_table_shows_its_head(kind: str, tmp_path: Path) -> None:
    """Rows and columns are counted; the first ones are shown, with what is left out."""
    frame = pd.DataFrame({"age": [61, 44, 50], "radius": [17.99, 11.4, None], "label": list("abc")})
    path = tmp_path / f"table.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path, index=False)
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    shown = show(path)
    assert shown.note == "3 rows, 3 columns"
    assert shown.table is not None
    assert shown.table.columns == ("age", "radius")
    assert shown.table.rows == (("61", "17.99"), ("44", "11.4"))
    assert shown.table.more_columns == 1


def test_an_empty_table_has_columns(tmp_path: Path) -> None:
    """A table without rows shows its columns."""
    table = pa.table({"a": pa.array([], pa.int64())})
    with pa.ipc.new_file(tmp_path / "t.arrow", table.schema):
        pass
    shown = show(tmp_path / "t.arrow")
    assert shown.note == "0 rows, 1 columns"
    assert shown.table is not None
    assert shown.table.columns == ("a",)


def test_array_shows_shape_type_and_values(tmp_path: Path) -> None:
    """An array of numbers is shown; of one of objects, shape and type, since it is a pickle."""
    np.save(tmp_path / "n.npy", np.arange(6.0).reshape(2, 3))
    shown = show(tmp_path / "n.npy")
    assert shown.note == "array of shape (2, 3), type <f8"
    assert shown.text is not None
    assert "[3. 4. 5.]" in shown.text
    np.save(tmp_path / "o.npy", np.array([{}], dtype=object), allow_pickle=True)
    shown = show(tmp_path / "o.npy")
    assert (shown.note, shown.text) == ("array of shape (1,), type |O", None)


def test_tensors_are_listed(tmp_path: Path) -> None:
    """A safetensors file lists its tensors from its header alone."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    path = written(tmp_path, "m.safetensors", struct.pack("<Q", len(header)) + header)
    shown = show(path)
    assert shown.note == "1 tensor"
    assert shown.table is not None
    assert shown.table.rows == (("w", "F32", "2 x 3"),)


def test_json_and_text_are_shown_up_to_a_bound(tmp_path: Path) -> None:
    """Short JSON is laid out; of a long text the beginning is shown, with the file's size."""
    assert show(written(tmp_path, "a.json", b'{"auc":0.5}')).text == '{\n  "auc": 0.5\n}'
    shown = show(written(tmp_path, "long.txt", b"x" * 5000))
    assert shown.text == "x" * 100
    assert shown.note == "the first 100 of 5,000 characters"
    assert show(written(tmp_path, "cut.txt", "é".encode() * 999)).text == "é" * 100


def test_what_is_no_text_is_not_shown(tmp_path: Path) -> None:
    """Binary files have no preview."""
    assert show(written(tmp_path, "a.dat", b"ab\0c")).text is None
    assert show(written(tmp_path, "b.dat", b"\xff\xfe\xfd" * 50)).text is None


def test_images_are_embedded_if_they_are_some(tmp_path: Path) -> None:
    """A PNG becomes a data URI; what is only called so, or is too much, does not."""
    path = written(tmp_path, "plot.png", PNG)
    assert str(show(path).image).startswith("data:image/png;base64,iVBOR")
    assert show(written(tmp_path, "no.png", b"<script>")).image is None
    assert show(written(tmp_path, "big.png", PNG + b"\0" * (1 << 20))).image is None
    images = ImageBudget(len(PNG))
    assert show(path, images=images).image is not None
    assert show(path, images=images).note == "no preview: the page has enough images"


class Trap:
    """Leaves a trace when it is unpickled."""

    def __reduce__(self) -> object:
        return os.mkdir, (os.environ["TRAP"],)


@pytest.mark.parametrize(
    ("name", "serializer"),
    [("v.pkl", "pickle"), ("v.pkl", ""), ("v.joblib", "joblib"), ("v.json", "pickle")],
)
def test_pickles_are_never_opened(
    name: str, serializer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pickle is not loaded, whatever says that it is one."""
    trace = tmp_path / "trace"
    monkeypatch.setenv("TRAP", str(trace))
    shown = show(written(tmp_path, name, pickle.dumps(Trap())), serializer)
    assert "not opened" in shown.note
    assert not trace.exists()


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet", "a.npy", "a.safetensors"])
@pytest.mark.parametrize(
    "content", [b"", b"ARROW1\0\0garbage", b"\x93NUMPY\1\0\5\0(((((", b"\xff" * 99]
)
def test_damaged_files_are_told(name: str, content: bytes, tmp_path: Path) -> None:
    """A file that cannot be read has a note in the place of a preview."""
    shown = show(written(tmp_path, name, content))
    assert (shown.table, shown.text) == (None, None)
    assert shown.note.startswith("no preview: ")


@pytest.mark.parametrize(("name", "package"), [("a.arrow", "pyarrow"), ("a.parquet", "pyarrow")])
def test_missing_packages_are_told(
    name: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the package that reads a table is not installed, the page says so."""
    monkeypatch.setitem(sys.modules, package, None)
    assert package in show(written(tmp_path, name, b"x")).note
    assert "not installed" in show(written(tmp_path, name, b"x")).note


def test_large_files_are_not_read(tmp_path: Path) -> None:
    """A reader that asks for more than the bound gets none of it."""
    asked: list[int] = []

    def read(offset: int, length: int) -> bytes:
        asked.append(length)
        return b"\0" * length

    file = File("t.parquet", 1 << 40, read)
    assert preview(file, Limits(), ImageBudget()).note.startswith("no preview: ")
    assert sum(asked) < 1 << 26
    with pytest.raises(OSError, match="too large"):
        file.open().read()


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A job cannot have files from elsewhere shown."""
    (tmp_path / "secret").write_text("s")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").write_text("a")
    (tmp_path / "out" / "b.txt").symlink_to(tmp_path / "secret")
    assert [file.name for file in files_below(tmp_path / "out")] == ["a.txt"]
