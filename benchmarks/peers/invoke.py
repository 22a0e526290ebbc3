"""Runs a job as the SDK does, with a folder for S3: ``invoke.py VERSION FOLDER ARGUMENT...``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from sdk_names import MODULES
from store import Store

if __name__ == "__main__":
    version, folder, *arguments = sys.argv[1:]
    invoke = import_module(MODULES[version]["invoke"])
    s3 = import_module(MODULES[version]["s3"])
    Store(Path(folder)).replace(s3.S3Uploader, s3.S3Downloader)
    invoke.main(arguments)
