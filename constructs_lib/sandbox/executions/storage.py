"""Objects in the sandbox's S3, as one role may use them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.platform import check_links, name_in_channel, split_uri
from constructs_lib.sandbox.executions.access import Access
from constructs_lib.sandbox.executions.faults import step_failure

# What S3 asks of the key that a bucket is encrypted with, for who asks S3.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
_KEY_ACTIONS = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}
_MISSING = {"404", "NoSuchKey", "NoSuchBucket"}


class BucketStore:
    """Reads and writes S3, after asking whether the role may.

    Args:
        client: Of S3.
        access: What roles may do.
        role: ARN of the role.
    """

    def __init__(self, client: Any, access: Access, role: str) -> None:
        self._client = client
        self._access = access
        self._role = role

    def read(self, uri: str) -> bytes:
        """Return an object.

        Raises:
            FileNotFoundError: There is none.
            StepFailedError: The role may not read it.
        """
        bucket, key = split_uri(uri)
        self._require("s3:GetObject", bucket, key)
        try:
            content: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                raise FileNotFoundError(uri) from None
            raise step_failure(error, str(error)) from error
        return content

    def download(self, prefix: str, target: Path) -> int:
        """Copy objects: see :meth:`ObjectStore.download`."""
        bucket, start = split_uri(prefix)
        target.mkdir(parents=True, exist_ok=True)
        keys = [key for key in self._keys(bucket, start) if not key.endswith("/")]
        for key in keys:
            self._fetch(bucket, key, start, target)
        return len(keys)

    def upload(self, source: Path, uri: str) -> None:
        """Store a file at a URI, or every file of a folder below it."""
        check_links(source)
        bucket, start = split_uri(uri)
        files = (
            [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
        )
        for path in files:
            key = start if path == source else f"{start}/{path.relative_to(source).as_posix()}"
            self._require("s3:PutObject", bucket, key)
            try:
                self._client.upload_file(str(path), bucket, key)
            except ClientError as error:
                raise step_failure(error, str(error)) from error

    def delete(self, uri: str) -> None:
        """Delete objects: see :meth:`ObjectStore.delete`."""
        bucket, key = split_uri(uri)
        for found in self._keys(bucket, key) if uri.endswith("/") else [key]:
            self._require("s3:DeleteObject", bucket, found)
            try:
                self._client.delete_object(Bucket=bucket, Key=found)
            except ClientError as error:
                raise step_failure(error, str(error)) from error

    def mount(self, source: Mapping[str, str]) -> Path:
        """Raise: there are no networks, and so no file systems.

        Raises:
            StepFailedError: Always.
        """
        raise StepFailedError(
            f"{source['FileSystemId']!r}: file systems cannot be mounted here; run the pipeline "
            f"with `constructs-lib run --file-system ID=FOLDER` instead"
        )

    def advise(self, uri: str) -> str:
        """Say how data gets there."""
        return f"put the data there: aws s3 cp FILE {uri}"

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        self._access.require(
            self._role, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix}
        )
        try:
            pages = self._client.get_paginator("list_objects_v2")
            return [
                entry["Key"]
                for page in pages.paginate(Bucket=bucket, Prefix=prefix)
                for entry in page.get("Contents", [])
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return []
            raise step_failure(error, str(error)) from error

    def _fetch(self, bucket: str, key: str, prefix: str, target: Path) -> None:
        self._require("s3:GetObject", bucket, key)
        path = (target / name_in_channel(key, prefix)).resolve()
        if not path.is_relative_to(target.resolve()):
            raise StepFailedError(f"s3://{bucket}/{key} would be written outside its channel")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._client.download_file(bucket, key, str(path))
        except ClientError as error:
            raise step_failure(error, str(error)) from error

    def _require(self, action: str, bucket: str, key: str) -> None:
        self._access.require(self._role, action, f"arn:aws:s3:::{bucket}/{key}")
        encrypts = self._access.key_of(bucket)
        if encrypts is not None and action in _KEY_ACTIONS:
            self._access.require(self._role, _KEY_ACTIONS[action], encrypts)
