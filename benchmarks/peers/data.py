"""Writes or reads data as the SDK does, with a folder for S3.

``data.py VERSION array|frame write|read FOLDER BYTES``
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from measured import make, report
from sdk_names import MODULES
from store import Store

_URI = "s3://bucket/data"

if __name__ == "__main__":
    version, kind, action, folder, size = sys.argv[1:]
    sdk = import_module(MODULES[version]["serialization"])
    s3 = import_module(MODULES[version]["s3"])
    Store(Path(folder)).replace(s3.S3Uploader, s3.S3Downloader)
    if action == "write":
        value = make(kind, int(size))
        report(lambda: sdk.serialize_obj_to_s3(value, None, _URI))
    else:
        report(lambda: sdk.deserialize_obj_from_s3(None, _URI))
