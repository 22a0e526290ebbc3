"""A bundle in S3, under its content's name."""

from __future__ import annotations

import io

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account, error_code
from constructs_lib.local.platform import split_uri

# Without s3:ListBucket, S3 answers 403 for an object that is not there.
_NOT_THERE = {"404", "NoSuchKey", "403", "Forbidden"}


def upload_bundle(account: Account, data: bytes, uri: str) -> None:
    """Store a bundle, unless it is there.

    Args:
        account: To store it in.
        data: The bundle.
        uri: S3 URI; names the content's hash, so what is there is the same.
    """
    s3 = account.client("s3")
    bucket, key = split_uri(uri)
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) not in _NOT_THERE:
            raise
        s3.upload_fileobj(io.BytesIO(data), bucket, key)
