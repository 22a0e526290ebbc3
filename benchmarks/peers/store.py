"""S3 without latency for the SageMaker SDK: objects in memory, or in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Store:
    """What the SDK's uploaders and downloaders are replaced by.

    Args:
        folder: Where objects are kept; in memory if None.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.sizes: dict[str, int] = {}

    def replace(self, uploader: Any, downloader: Any) -> None:
        """Put this in the place of ``S3Uploader`` and ``S3Downloader``."""
        uploader.upload = staticmethod(self._upload)
        uploader.upload_bytes = staticmethod(self._upload_bytes)
        uploader.upload_string_as_file_body = staticmethod(self._upload_text)
        downloader.read_bytes = staticmethod(self._read)

    def _upload(self, local_path: str, desired_s3_uri: str, *_: Any, **__: Any) -> str:
        path = Path(local_path)
        for file in path.rglob("*") if path.is_dir() else [path]:
            self._upload_bytes(file.read_bytes(), f"{desired_s3_uri}/{file.name}")
        return desired_s3_uri

    def _upload_text(self, body: str, desired_s3_uri: str, *_: Any, **__: Any) -> str:
        return self._upload_bytes(body.encode(), desired_s3_uri)

    def _upload_bytes(self, b: Any, s3_uri: str, *_: Any, **__: Any) -> str:
        data = b if isinstance(b, bytes) else b.read()
        self.sizes[s3_uri] = len(data)
        if self._folder is not None:
            path = self._path(s3_uri)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return s3_uri

    def _read(self, s3_uri: str, *_: Any, **__: Any) -> bytes:
        return self._path(s3_uri).read_bytes()

    def _path(self, uri: str) -> Path:
        assert self._folder is not None
        return self._folder / uri.removeprefix("s3://")
