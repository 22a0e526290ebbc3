"""What a step's bundle does before its function runs: settings that its request does not show."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

from constructs_lib.deployed.account import Account
from constructs_lib.exceptions import RemoteError
from constructs_lib.local.platform import split_uri
from constructs_lib.model.launchers import SparkConfig
from constructs_lib.remote_function.deployed_step import DeployedStep
from constructs_lib.runtime.protocol import (
    PLAN_FILE,
    PRE_EXECUTION_FILE,
    REQUIREMENTS_FILE,
    Launcher,
)


def bundle_settings(account: Account, step: DeployedStep) -> dict[str, Any]:
    """Return dependencies, commands, launcher and serializer of a pipeline's step, by setting.

    They may be those of the pipeline, which the function does not know.

    Args:
        account: Holds the bundle, unless it is in an assembly.
        step: The step.

    Raises:
        RemoteError: The bundle is not what its name says.
    """
    bucket, key = split_uri(step.code_uri)
    data = (
        account.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        if step.bundle_file is None
        else step.bundle_file.read_bytes()
    )
    if f"{hashlib.sha256(data).hexdigest()}.zip" != key.rpartition("/")[2]:
        raise RemoteError(f"the bundle {step.code_uri} was changed: deploy the pipeline again")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        plan = json.loads(archive.read(PLAN_FILE))
        found: dict[str, Any] = {}
        if plan.get("requirements"):
            found["dependencies"] = archive.read(REQUIREMENTS_FILE).decode().splitlines()
        if plan.get("pre_execution"):
            commands = archive.read(PRE_EXECUTION_FILE).decode().removesuffix("\n")
            found["pre_execution_commands"] = commands.split("\n")
    if isinstance(plan.get("serializer"), str):  # a class of the pipeline's is not known here
        found["serializer"] = plan["serializer"]
    launcher = plan.get("launcher")
    return found if launcher is None else {**found, **_launch_settings(launcher)}


def _launch_settings(launcher: Launcher) -> dict[str, Any]:
    if launcher["kind"] == "spark":
        return {"spark_config": _spark_config(launcher["options"])}
    found: dict[str, Any] = {f"use_{launcher['kind']}": True}
    if launcher["processes"] is not None:
        found["nproc_per_node"] = launcher["processes"]
    return found


def _spark_config(options: Sequence[str]) -> SparkConfig:
    """Read what :meth:`SparkConfig.options` has written."""
    pairs = list(zip(options[::2], options[1::2], strict=True))
    lists = {option: value.split(",") for option, value in pairs if option != "--conf"}
    texts = [value for option, value in pairs if option == "--conf"]
    return SparkConfig(
        submit_jars=lists.get("--jars", ()),
        submit_py_files=lists.get("--py-files", ()),
        submit_files=lists.get("--files", ()),
        configuration={key: value for key, _, value in (text.partition("=") for text in texts)},
    )
