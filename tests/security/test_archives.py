"""Archives that are meant to lead out of their folder, or to fill the disk or the memory."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.local import functions, inference_model
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.folders import FolderStore
from constructs_lib.local.functions import LambdaFunction
from constructs_lib.local.inference_model import InferenceModel, fetch_model
from constructs_lib.runtime import archives, wheels
from constructs_lib.runtime.archives import ArchiveFault, open_tar
from constructs_lib.runtime.failure import StepFailure
from constructs_lib.runtime.model_package import _Archive

MODEL = "model.tar.gz"


def tar_with(path: Path, *entries: tarfile.TarInfo) -> Path:
    """Write a tar file; what an entry has in it are zeros."""
    with tarfile.open(path, "w:gz") as tar:
        for entry in entries:
            tar.addfile(entry, io.BytesIO(bytes(entry.size)))
    return path


def member(
    name: str, kind: bytes = tarfile.REGTYPE, aim: str = "", size: int = 0
) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname, entry.size = kind, aim, size
    return entry


def fetch(
    tmp_path: Path, archive: Path, container: Mapping[str, Any] | None = None
) -> InferenceModel | None:
    """Let the local engine fetch a model, into ``run/model``."""
    store = FolderStore(tmp_path / "root", None, {"b": archive.parent})  # type: ignore[arg-type]
    store._objects = lambda *_: [(MODEL, archive)]  # type: ignore[method-assign]
    request = {"PrimaryContainer": {"ModelDataUrl": f"s3://b/{MODEL}", **(container or {})}}
    return fetch_model(request, store, tmp_path / "run" / "model")


@pytest.fixture(params=["filters", "no filters"])
def bucket(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for archives, with a Python that filters what it extracts, and with an older one."""
    if request.param == "no filters":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder


def names_in(archive: Path) -> list[str]:
    with open_tar(str(archive)) as entries:
        return [entry.name for _, entry in entries]


def pack_again(tmp_path: Path, archive: Path) -> list[str]:
    """Let the shim pack a model again; returns the names that are in it."""
    with tarfile.open(tmp_path / "new.tar", "w") as tar:
        new = _Archive(tar)
        new.add_archive(str(archive), None)
    return new.names


ESCAPES = [
    member("../escaped"),
    member("/tmp/../escaped/../../x"),
    member("a/../../escaped"),
    member("link", tarfile.SYMTYPE, "/etc"),
    member("link", tarfile.SYMTYPE, "../.."),
    member("link", tarfile.SYMTYPE, "first/../.."),
    member("link", tarfile.SYMTYPE, "first/../first"),  # by name alone it would not
    member("link", tarfile.LNKTYPE, "../../secret"),
    member("link", tarfile.LNKTYPE, "/etc/passwd"),
    member("device", tarfile.CHRTYPE),
    member("device", tarfile.BLKTYPE),
    member("pipe", tarfile.FIFOTYPE),
]


@pytest.mark.parametrize("entry", ESCAPES, ids=lambda e: f"{e.type.decode()} {e.name} {e.linkname}")
def test_archive_of_a_model_stays_in_its_folder(
    tmp_path: Path, bucket: Path, entry: tarfile.TarInfo
) -> None:
    """What leads out, or is no file, is refused by its name, here and in the container."""
    archive = tar_with(bucket / MODEL, member("first"), entry, member("link/late"))
    before = set(tmp_path.rglob("*"))
    with pytest.raises(StepFailedError, match=f"cannot be extracted: '{entry.name}'"):
        fetch(tmp_path, archive)
    made = {path.relative_to(tmp_path).as_posix() for path in {*tmp_path.rglob("*")} - before}
    assert made == {"run", "run/model", f"run/model/{MODEL}", "run/model/first"}
    with pytest.raises(StepFailure, match=f"'{entry.name}'"):
        pack_again(tmp_path, archive)


def test_links_between_entries_stay(tmp_path: Path, bucket: Path) -> None:
    """A link that names another entry is that entry; a chain of them leads nowhere else."""
    deep = [member("/".join("d" * n), tarfile.DIRTYPE) for n in range(1, 20)]
    chain = [member(f"l{n}", tarfile.SYMTYPE, f"{'d/' * n}d") for n in range(15)]
    same = member("same", tarfile.LNKTYPE, "l0/file")
    code = member("code/inference.py", size=3)
    archive = tar_with(bucket / MODEL, code, *deep, *chain, member("l0/file", size=5), same)
    model = fetch(tmp_path, archive)
    assert model is not None
    assert (
        (model.folder / "d" / "file").read_bytes()
        == (model.folder / "same").read_bytes()
        == bytes(5)
    )
    assert all(path.resolve().is_relative_to(model.folder) for path in model.folder.rglob("*"))


def test_link_to_what_is_not_there_is_refused(tmp_path: Path, bucket: Path) -> None:
    """Otherwise tarfile would write what it finds in its place."""
    archive = tar_with(bucket / MODEL, member("same", tarfile.LNKTYPE, "other"))
    with pytest.raises(StepFailedError, match="link to a file that is not there"):
        fetch(tmp_path, archive)


def test_links_are_not_lost_when_a_model_is_packed_again(tmp_path: Path) -> None:
    """A model without one of its files would fail much later."""
    archive = tar_with(tmp_path / MODEL, member("a"), member("b", tarfile.LNKTYPE, "a"))
    with pytest.raises(StepFailure, match="'b' is a link: pack files"):
        pack_again(tmp_path, archive)


def test_archive_that_fills_the_disk_is_refused(
    tmp_path: Path, bucket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb of a hundredth of its size is not unpacked; a gigabyte of the disk stays free."""
    archive = tar_with(bucket / MODEL, member("first"), member("bomb", size=64 << 20))
    assert archive.stat().st_size < 1 << 20
    usage = shutil.disk_usage(tmp_path)
    free = (1 << 30) + (32 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=free))
    with pytest.raises(StepFailedError, match=f"more than {32 << 20:,} bytes"):
        fetch(tmp_path, archive)
    assert not (tmp_path / "run" / "model" / "bomb").exists()


def test_archive_may_be_as_large_as_ten_gigabytes_or_its_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which is counted from what it says, before anything of an entry is read."""
    assert (archives.LARGEST, archives.HIGHEST_RATIO) == (10 << 30, 100)
    archive = tar_with(tmp_path / MODEL, member("file", size=1 << 20))
    assert names_in(archive) == ["file"]
    monkeypatch.setattr(archives, "LARGEST", 1 << 19)
    monkeypatch.setattr(archives, "HIGHEST_RATIO", 10_000)
    assert names_in(archive) == ["file"]
    monkeypatch.setattr(archives, "HIGHEST_RATIO", 10)
    with pytest.raises(ArchiveFault, match=f"more than {1 << 19:,} bytes"):
        names_in(archive)
    with pytest.raises(StepFailure, match=f"more than {1 << 19:,} bytes"):
        pack_again(tmp_path, archive)


def test_entries_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty files fill a disk as well."""
    assert archives.MOST_ENTRIES == 100_000
    archive = tar_with(tmp_path / MODEL, *(member(f"f{number}") for number in range(11)))
    monkeypatch.setattr(archives, "MOST_ENTRIES", 11)
    assert len(names_in(archive)) == 11
    monkeypatch.setattr(archives, "MOST_ENTRIES", 10)
    with pytest.raises(ArchiveFault, match="more than 10 entries"):
        names_in(archive)


def test_headers_count_too(tmp_path: Path) -> None:
    """What no entry has in it is read as well: long names, and fields of pax."""
    path = tmp_path / MODEL
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT) as tar:
        for number in range(4):
            tar.addfile(member(f"{number}" + "x" * (500 << 10)))
    assert len(names_in(path)) == 4
    with (
        pytest.raises(ArchiveFault, match="more than 1,000,000 bytes"),
        open_tar(str(path), 1_000_000) as entries,
    ):
        list(entries)
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        entry = member("file")
        entry.pax_headers = {"comment": "x" * (2 << 20)}
        tar.addfile(entry)
    with pytest.raises(ArchiveFault, match="a header of it has"):
        names_in(path)


def lying(size: int, kind: bytes) -> bytes:
    """Return an entry that says it has more than there is."""
    return member("x", kind, size=size).tobuf(tarfile.GNU_FORMAT)


def sparse(size: int) -> bytes:
    """Return a file that is all hole."""
    entry = member("x", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT)
    changed = entry[:483] + b"%011o\0" % size + entry[495:]
    checked = changed[:148] + b" " * 8 + changed[156:]
    return changed[:148] + b"%06o\0 " % sum(checked[:512]) + changed[156:]


@pytest.mark.parametrize(
    "content",
    [
        lying(1 << 62, tarfile.REGTYPE),
        lying(1 << 40, tarfile.XHDTYPE),
        lying(1 << 40, tarfile.GNUTYPE_LONGNAME),
        lying(1 << 62, tarfile.GNUTYPE_LONGLINK),
        sparse((1 << 33) - 1) * 2,
        lying(10, tarfile.XHDTYPE) + b"10 a=bcde\n".ljust(512, b"\0"),
        (lying(10, tarfile.XHDTYPE) + b"10 a=bcde\n".ljust(512, b"\0")) * 5000,
        lying(5, tarfile.XHDTYPE) + b"999999999999 a=b\n".ljust(512, b"\0"),
        b"no archive",
        b"",
    ],
    ids=[
        *("file", "pax header", "long name", "long link", "holes", "header without a file"),
        *("chain of headers", "lying header", "no archive", "empty"),
    ],
)
@pytest.mark.parametrize("zipped", [True, False])
def test_lying_archives_are_a_reason(
    tmp_path: Path,
    bucket: Path,
    content: bytes,
    zipped: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What they say is not believed: neither disk nor memory are taken, and no traceback is seen."""
    for module in (archives, inference_model):
        monkeypatch.setattr(module, "LARGEST", 1 << 30)
    archive = bucket / MODEL
    archive.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(StepFailedError, match=r"the model data cannot be extracted: ."):
        fetch(tmp_path, archive)
    with pytest.raises(StepFailure, match=r"the model's archive cannot be packed again: ."):
        pack_again(tmp_path, archive)


@pytest.mark.parametrize("change", ["truncated", "checksum", "deflate"])
def test_broken_compression_is_a_reason(tmp_path: Path, bucket: Path, change: str) -> None:
    """Wherever it breaks."""
    archive = tar_with(bucket / MODEL, member("file", size=1 << 20))
    data = bytearray(archive.read_bytes())
    if change == "truncated":
        del data[-200:]
    elif change == "checksum":
        data[-6] ^= 1
    else:
        data[40] ^= 0xFF
    archive.write_bytes(data)
    with contextlib.suppress(StepFailedError):  # the checksum stands behind the archive's end
        fetch(tmp_path, archive)
        assert change == "checksum"


def make_zip(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_zip_of_a_function_stays_in_its_folder(tmp_path: Path) -> None:
    """So does the code of a Lambda function."""
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../escaped.py", "/absolute.py", "a/../../escaped.py", "index.py"):
            archive.writestr(name, "")
    folder = tmp_path / "run" / "code"
    LambdaFunction("f", "arn", "index.f", path, {}).unpack(folder)
    outside = {p for p in tmp_path.rglob("*.py") if not p.is_relative_to(folder)}
    assert not outside
    assert (folder / "index.py").exists()


def test_zip_of_a_function_is_no_larger_than_the_service_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a larger one is unpacked, by bytes or by number of files."""
    assert (functions._LARGEST, functions._MOST_FILES) == (250 << 20, 100_000)
    path = make_zip(tmp_path / "code.zip", {"index.py": b"", "bomb": bytes(64 << 20)})
    monkeypatch.setattr(functions, "_LARGEST", (64 << 20) - 1)
    with pytest.raises(StepFailedError, match=f"2 files of {64 << 20:,} bytes"):
        LambdaFunction("f", "arn", "index.f", path, {}).unpack(tmp_path / "a")
    monkeypatch.setattr(functions, "_LARGEST", 64 << 20)
    LambdaFunction("f", "arn", "index.f", path, {}).unpack(tmp_path / "b")
    monkeypatch.setattr(functions, "_MOST_FILES", 1)
    with pytest.raises(StepFailedError, match="2 files"):
        LambdaFunction("f", "arn", "index.f", path, {}).unpack(tmp_path / "c")
    assert not list((tmp_path / "a").iterdir()) + list((tmp_path / "c").iterdir())


def test_zip_that_says_it_is_small_gives_no_more(tmp_path: Path) -> None:
    """The sizes in its directory are those that are read."""
    path = make_zip(tmp_path / "code.zip", {"index.py": bytes(1 << 20)})
    data = path.read_bytes()
    path.write_bytes(data.replace((1 << 20).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    with pytest.raises(StepFailedError, match="'f' cannot be unpacked"):
        LambdaFunction("f", "arn", "index.f", path, {}).unpack(tmp_path / "code")
    assert all(file.stat().st_size <= 9 for file in (tmp_path / "code").iterdir())


def broken_deflate(path: Path) -> None:
    make_zip(path, {"wheels.json": b'{"wheels": []}' * 9})
    data = bytearray(path.read_bytes())
    data[45] ^= 0xFF
    path.write_bytes(data)


def encrypted(path: Path) -> None:
    make_zip(path, {"wheels.json": b""})
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02") + 8
    path.write_bytes(data[:at] + b"\x01" + data[at + 1 :])


@pytest.mark.parametrize(
    "make",
    [
        lambda path: make_zip(path, {"wheels.json": bytes(17 << 20)}),
        broken_deflate,
        encrypted,
    ],
    ids=["bomb", "broken", "encrypted"],
)
def test_list_of_wheels_is_not_believed_either(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    """It is read before its hash is known, so what it may have is limited."""
    channel = tmp_path / "input" / "data" / "dependencies"
    channel.mkdir(parents=True)
    sha256 = hashlib.sha256(b"").hexdigest()
    make(channel / f"{sha256}.zip")
    with pytest.raises(StepFailure, match=r"wheels cannot be unpacked from .*; deploy again"):
        wheels.install(str(tmp_path), sha256)


def test_program_of_a_model_is_in_its_folder(tmp_path: Path, bucket: Path) -> None:
    """A variable of the container names it, and cannot name another file."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "other.py").write_text("")
    archive = tar_with(bucket / MODEL, member("code/inference.py"))
    assert fetch(tmp_path, archive) is not None
    variables = {"SAGEMAKER_PROGRAM": "../../other.py"}
    assert fetch(tmp_path, archive, {"Environment": variables}) is None
