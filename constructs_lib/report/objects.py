"""Objects in S3 as files that are looked into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from constructs_lib.local.platform import name_in_channel, split_uri
from constructs_lib.report.files import MOST_LISTED, File


def objects_below(s3: Any, uri: str) -> Iterator[File]:
    """Yield the objects whose URI begins with a text, as far as one page lists them.

    Args:
        s3: The client.
        uri: Such as ``s3://bucket/prefix/``.

    Raises:
        botocore.exceptions.ClientError: They must not be listed.
    """
    bucket, prefix = split_uri(uri)
    answer = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=MOST_LISTED + 1)
    for entry in answer.get("Contents", []):
        if not entry["Key"].endswith("/"):
            yield _file(s3, bucket, entry["Key"], prefix, entry["Size"])


def _file(s3: Any, bucket: str, key: str, prefix: str, size: int) -> File:
    def read(offset: int, length: int) -> bytes:
        if not min(length, size - offset) > 0:
            return b""
        part = f"bytes={offset}-{offset + length - 1}"
        content: bytes = s3.get_object(Bucket=bucket, Key=key, Range=part)["Body"].read()
        return content

    return File(name_in_channel(key, prefix.rstrip("/")), size, read)
