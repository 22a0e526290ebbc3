"""Writes the data and uploads it to the bucket of the deployed stack."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import boto3

from sample_app.data import write_table


def upload() -> str:
    """Upload the table and return its URI."""
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    (stack,) = session.client("cloudformation").describe_stacks(StackName="Training")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    bucket = outputs["RawBucket"]
    with tempfile.TemporaryDirectory() as folder:
        table = write_table(Path(folder))
        session.client("s3").upload_file(str(table), bucket, table.name)
    return f"s3://{bucket}/{table.name}"


if __name__ == "__main__":
    sys.stdout.write(f"{upload()}\n")
