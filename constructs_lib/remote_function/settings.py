"""What a job needs: the function's own settings, then those of a pipeline's step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.images import Image
from constructs_lib.model.settings import StepDefaults, StepSettings
from constructs_lib.model.values import is_json
from constructs_lib.remote_function.deployed_step import DeployedStep
from constructs_lib.remote_function.image import is_known

# Where the request for a step's job has what its settings say: the reverse of
# constructs_lib.definition.training.
_PLACES: Mapping[str, tuple[str, ...]] = {
    "checkpoint_local_path": ("CheckpointConfig", "LocalPath"),
    "checkpoint_s3_uri": ("CheckpointConfig", "S3Uri"),
    "enable_network_isolation": ("EnableNetworkIsolation",),
    "encrypt_inter_container_traffic": ("EnableInterContainerTrafficEncryption",),
    "environment_variables": ("Environment",),
    "image_uri": ("AlgorithmSpecification", "TrainingImage"),
    "instance_count": ("ResourceConfig", "InstanceCount"),
    "instance_groups": ("ResourceConfig", "InstanceGroups"),
    "instance_type": ("ResourceConfig", "InstanceType"),
    "job_conda_env": ("AlgorithmSpecification", "ContainerEntrypoint"),
    "job_name_prefix": ("TrainingJobName",),
    "keep_alive_period_in_seconds": ("ResourceConfig", "KeepAlivePeriodInSeconds"),
    "max_retry_attempts": ("RetryStrategy", "MaximumRetryAttempts"),
    "max_runtime_in_seconds": ("StoppingCondition", "MaxRuntimeInSeconds"),
    "max_wait_time_in_seconds": ("StoppingCondition", "MaxWaitTimeInSeconds"),
    "metric_definitions": ("AlgorithmSpecification", "MetricDefinitions"),
    "output_kms_key": ("OutputDataConfig", "KmsKeyId"),
    "role": ("RoleArn",),
    "security_group_ids": ("VpcConfig", "SecurityGroupIds"),
    "subnets": ("VpcConfig", "Subnets"),
    "tags": ("Tags",),
    "training_plan": ("ResourceConfig", "TrainingPlanArn"),
    "use_spot_instances": ("EnableManagedSpotTraining",),
    "volume_kms_key": ("ResourceConfig", "VolumeKmsKeyId"),
    "volume_size": ("ResourceConfig", "VolumeSizeInGB"),
}
_MERGED = ("environment_variables", "tags")
# What a bundle's own settings are in place of, all of each line.
_OF_THE_BUNDLE = (
    ("dependencies",),
    ("pre_execution_commands", "pre_execution_script"),
    ("use_torchrun", "use_mpirun", "spark_config", "nproc_per_node"),
)
# Of the pipeline's way to run a step, not of the job.
_NOT_OF_THE_JOB = ("cache_config", "depends_on", "description", "display_name", "retry_policies")


class SettingsMerger:
    """Puts a function's own settings before those of a pipeline's step.

    Args:
        own: What the function sets.
        name: The step's name, for errors.

    Attributes:
        literal: Those of its settings that have a value now. Constructs, and variables of a
            pipeline, have theirs in the pipeline's step.
    """

    def __init__(self, own: StepSettings, name: str) -> None:
        chosen = {k: v for k, v in own.chosen().items() if k not in _NOT_OF_THE_JOB}
        self._own = own
        self._name = name
        self.literal = {
            setting: _literal(value) if setting in _MERGED else value
            for setting, value in chosen.items()
            if setting not in _PLACES or setting in _MERGED or _is_known(value)
        }
        self._open = {
            setting: value
            for setting, value in chosen.items()
            if setting in _PLACES and not _is_known(value)
        }

    def defaults(self, step: DeployedStep | None) -> dict[str, Any]:
        """Return what a pipeline's step sets and the function does not, by setting.

        Raises:
            StepError: The function sets a construct or a variable that the step does not have.
            RemoteError: A value is not known before the pipeline runs.
        """
        raw = {} if step is None else _settings_in(step.arguments)
        self._require_open(raw)
        for setting in self._replaced():
            raw.pop(setting, None)
        found: dict[str, Any] = {}
        for setting, value in raw.items():
            given = self.literal.get(setting)
            if given is not None and setting not in _MERGED:
                continue
            place = ".".join(_PLACES[setting])
            wanted = _without(value, given) if setting in _MERGED else value
            assert step is not None, "without a step there is nothing to resolve"
            found[setting] = step.resolve(wanted, place, setting)
        return found

    def bundle_defaults(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a step's bundle sets and the function does not.

        Args:
            settings: What the bundle sets.
        """
        replaced = {
            name for group in _OF_THE_BUNDLE if set(group) & set(self.literal) for name in group
        }
        return {name: value for name, value in settings.items() if name not in replaced}

    def settings(self, defaults: Mapping[str, Any]) -> StepSettings:
        """Return the settings that hold.

        Args:
            defaults: What :meth:`defaults` and :meth:`bundle_defaults` have returned.
        """
        unset = dict.fromkeys((*_NOT_OF_THE_JOB, *self._open))
        own = self._own.updated({**unset, **self.literal})
        names = {name: value for name, value in defaults.items() if name != "job_name_prefix"}
        return own.over(StepDefaults(**names).chosen())

    def _replaced(self) -> list[str]:
        """Return the settings that mean nothing beside the function's own."""
        own = self.literal
        replaced = []
        if "instance_type" in own or "instance_count" in own:
            replaced.append("instance_groups")
        if "instance_groups" in own:
            replaced += ["instance_type", "instance_count"]
        if own.get("use_spot_instances") is False:
            replaced.append("max_wait_time_in_seconds")
        return replaced

    def _require_open(self, raw: Mapping[str, Any]) -> None:
        """Return if a step has all that the function sets and that has no value here."""
        for setting, value in self._open.items():
            if setting not in _MERGED and setting not in raw:
                self._refuse(setting, value)
            if setting in _MERGED:
                for key in value:
                    if key not in self.literal[setting] and key not in raw.get(setting, {}):
                        self._refuse(f"{setting}[{key!r}]", value[key])

    def _refuse(self, setting: str, value: object) -> None:
        raise StepError(
            Fault(
                what=f"step {self._name!r} cannot run now: its {setting} has no value yet",
                found=f"{value!r} ({type(value).__name__})",
                allowed="a value, or what a deployed step has there",
                mend="Deploy the pipeline first, or give a value to remote(...).",
            )
        )


def _settings_in(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a request sets, by setting, with its expressions."""
    found: dict[str, Any] = {}
    for setting, path in _PLACES.items():
        value: Any = arguments
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            found[setting] = value
    entry = found.pop("job_conda_env", [])
    if entry[:1] == ["conda"]:
        found["job_conda_env"] = entry[entry.index("-n") + 1]
    found["tags"] = {tag["Key"]: tag["Value"] for tag in found.get("tags", [])}
    return found


def _literal(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: entry for key, entry in value.items() if _is_known(entry)}


def _without(value: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: entry for key, entry in value.items() if key not in (given or {})}


def _is_known(value: Any) -> bool:
    """Tell whether a setting has a value before anything is deployed or runs."""
    if isinstance(value, Image):
        return is_known(value)
    if isinstance(value, (list, tuple)):
        return all(map(_is_known, value))
    if isinstance(value, Mapping):
        return all(map(_is_known, value.values()))
    return is_json(value)
