"""Lambda functions whose code is at hand."""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.intrinsics import Template

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
_TIMEOUT = 3
_MEMORY = 128
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LARGEST = 250 << 20
_MOST_FILES = 100_000
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class LambdaFunction:
    """A function in Python.

    Attributes:
        name: Its name.
        arn: Its ARN.
        handler: Module and function, such as ``index.handler``.
        code: A folder, a zip file, the bytes of one, or the text of ``index.py``.
        environment: Its variables.
        timeout: Seconds that a call may take.
        memory: MiB.
    """

    name: str
    arn: str
    handler: str
    code: Path | bytes | str
    environment: Mapping[str, str]
    timeout: float = _TIMEOUT
    memory: int = _MEMORY

    def unpack(self, folder: Path) -> None:
        """Write the code into a folder that is not there yet.

        Raises:
            StepFailedError: It is a zip file that cannot be read, or larger than the service takes.
        """
        if isinstance(self.code, Path) and self.code.is_dir():
            shutil.copytree(self.code, folder)
            return
        folder.mkdir(parents=True)
        if isinstance(self.code, str):
            (folder / "index.py").write_text(self.code, encoding="utf-8")
            return
        file = io.BytesIO(self.code) if isinstance(self.code, bytes) else self.code
        try:
            with zipfile.ZipFile(file) as archive:
                # No more is read of a file than it says it has.
                size, count = sum(i.file_size for i in archive.infolist()), len(archive.infolist())
                if size > _LARGEST or count > _MOST_FILES:
                    raise ValueError(
                        f"it has {count:,} files of {size:,} bytes; {_MOST_FILES:,} of "
                        f"{_LARGEST:,} are allowed"
                    )
                archive.extractall(folder)
        except (OSError, EOFError, RuntimeError, ValueError, *_ZIP_ERRORS) as error:
            raise StepFailedError(
                f"the code of function {self.name!r} cannot be unpacked: {error}"
            ) from error


def read_function(
    template: Template, logical_id: str, arn: str, asset: Callable[[str, str], Path | None]
) -> LambdaFunction | None:
    """Return a function of a template, or None if it cannot be called: no Python, no code.

    Args:
        template: Where it is.
        logical_id: Of the resource.
        arn: What the definition calls it.
        asset: Returns the file that is published under a bucket and a key.

    Raises:
        LocalRunError: Its properties cannot be resolved.
    """
    properties = template.resolve(template.resources[logical_id].get("Properties", {}))
    code = _code(properties.get("Code", {}), asset)
    if code is None or not str(properties.get("Runtime", "")).startswith("python"):
        return None
    return LambdaFunction(
        name=template.physical_name(logical_id),
        arn=arn,
        handler=properties["Handler"],
        code=code,
        environment=properties.get("Environment", {}).get("Variables", {}),
        timeout=float(properties.get("Timeout", _TIMEOUT)),
        memory=int(properties.get("MemorySize", _MEMORY)),
    )


def _code(code: Mapping[str, Any], asset: Callable[[str, str], Path | None]) -> Path | str | None:
    if "ZipFile" in code:
        return str(code["ZipFile"])
    if "S3Bucket" in code and "S3Key" in code:
        return asset(code["S3Bucket"], code["S3Key"])
    return None
