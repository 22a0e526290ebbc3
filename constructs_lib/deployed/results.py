"""What a step has returned, from where its job has stored it."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account, error_code
from constructs_lib.exceptions import RemoteError
from constructs_lib.runtime.failure import StepFailure
from constructs_lib.runtime.loading import load_result
from constructs_lib.runtime.protocol import MANIFEST_FILE, RESULTS_FILE
from constructs_lib.runtime.stored import read_manifest


class StoredResult:
    """The result of a step in S3.

    Args:
        account: Holds it.
        step: The step's name, for messages.
        job: ARN of its training job.

    Raises:
        RemoteError: The job has stored no result.
    """

    def __init__(self, account: Account, step: str, job: str) -> None:
        self._s3 = account.client("s3")
        self._step = step
        self._job = job.rpartition("/")[2]
        described = account.client("sagemaker").describe_training_job(TrainingJobName=self._job)
        self.uri: str = described.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
        if not self.uri:
            raise RemoteError(f"step {step!r} has stored no result")
        bucket, _, prefix = self.uri.removeprefix("s3://").partition("/")
        self._bucket, self._prefix = bucket, prefix.rstrip("/") + "/"

    def json_view(self) -> tuple[bool, Any]:
        """Return whether the result can be written as JSON, and as what."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self._prefix + RESULTS_FILE)
        except ClientError as error:
            if error_code(error) not in {"NoSuchKey", "404"}:
                raise
            return False, None
        return True, json.loads(answer["Body"].read())["Result"]

    def download(self, folder: Path) -> None:
        """Write its files into a folder.

        Raises:
            RemoteError: What the job has stored is not a step's result.
        """
        keys = list(self._keys())
        if self._prefix + MANIFEST_FILE not in keys:
            raise RemoteError(
                f"step {self._step!r} was not run by this library; its output is at {self.uri}"
            )
        for key in keys:
            name = posixpath.normpath(key.removeprefix(self._prefix))
            target = folder / name
            if not target.resolve().is_relative_to(folder.resolve()):
                raise RemoteError(f"s3://{self._bucket}/{key} would be written outside {folder}")
            target.parent.mkdir(parents=True, exist_ok=True)
            self._s3.download_file(self._bucket, key, str(target))

    def load(self, folder: Path) -> Any:
        """Return the value that :meth:`download` has written.

        Raises:
            RemoteError: It cannot be loaded here, such as for a package that is not installed, or
                it is not the result of the step's job.
        """
        try:
            producer = read_manifest(str(folder / MANIFEST_FILE))["producer"]["job"]
            if producer not in {"", self._job}:
                raise StepFailure(f"it was stored by another job: {producer}")
            return load_result(str(folder), [], self._step)
        except Exception as error:  # unpickling runs the code of any package
            raise RemoteError(
                f"the result of step {self._step!r} cannot be loaded here: "
                f"{type(error).__name__}: {error}; its files are "
                f"in {folder}"
            ) from error

    def _keys(self) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix
        )
        for page in pages:
            yield from (o["Key"] for o in page.get("Contents", []) if not o["Key"].endswith("/"))
