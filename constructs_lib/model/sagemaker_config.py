"""The defaults file of the SageMaker SDK, as settings of steps.

https://sagemaker.readthedocs.io/en/stable/overview.html#configuring-and-using-defaults-with-the-sagemaker-python-sdk
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location
from constructs_lib.model.settings import StepDefaults

_PLACE = ("SageMaker", "PythonSDK", "Modules", "RemoteFunction")
_SETTINGS = {
    "Dependencies": "dependencies",
    "EnableInterContainerTrafficEncryption": "encrypt_inter_container_traffic",
    "EnvironmentVariables": "environment_variables",
    "ImageUri": "image_uri",
    "InstanceType": "instance_type",
    "JobCondaEnvironment": "job_conda_env",
    "PreExecutionCommands": "pre_execution_commands",
    "PreExecutionScript": "pre_execution_script",
    "RoleArn": "role",
    "S3KmsKeyId": "output_kms_key",
    "Tags": "tags",
    "VolumeKmsKeyId": "volume_kms_key",
}
_PATHS = ("dependencies", "pre_execution_script")
# The code that a step uses ships by itself.
_NOT_NEEDED = ("IncludeLocalWorkDir", "CustomFileFilter")
_ELSEWHERE = {"S3RootUri": "give Pipeline(artifacts_bucket=...) instead"}


def read_sagemaker_config(path: str | Path) -> StepDefaults:
    """Return what a ``config.yaml`` sets for ``@step`` and ``@remote``.

    Paths in it are relative to the file; where nothing is there, they are left as they are.

    Args:
        path: The file.

    Raises:
        StepError: It cannot be read, or sets something that is not known.
    """
    import yaml  # only who has such a file needs it

    file = Path(path)
    try:
        content: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise _error(file, f"{type(error).__name__}: {error}", "a YAML file") from error
    for name in _PLACE:
        content = (content or {}).get(name) if isinstance(content, dict) else None
    if not isinstance(content, dict):
        raise _error(file, f"no {'.'.join(_PLACE)}", "settings of remote functions")
    settings: dict[str, Any] = {}
    for key, value in content.items():
        if key in _SETTINGS:
            settings[_SETTINGS[key]] = value
        elif key == "VpcConfig":
            settings["subnets"] = value.get("Subnets")
            settings["security_group_ids"] = value.get("SecurityGroupIds")
        elif key in _ELSEWHERE:
            warnings.warn(f"{file}: {key} has no effect; {_ELSEWHERE[key]}", stacklevel=3)
        elif key not in _NOT_NEEDED:
            known = ", ".join([*_SETTINGS, "VpcConfig", *_ELSEWHERE, *_NOT_NEEDED])
            raise _error(file, repr(key), known)
    for name in _PATHS:
        beside = file.parent / str(settings.get(name, ""))
        if name in settings and beside.is_file():
            settings[name] = str(beside.resolve())
    return StepDefaults(**settings)


def _error(file: Path, found: str, allowed: str) -> StepError:
    return StepError(
        Fault(
            what=f"{file} cannot be used as defaults of steps",
            found=found,
            allowed=allowed,
            mend="Correct the file.",
            location=caller_location(),
        )
    )
