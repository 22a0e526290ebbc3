"""What a step's job needs: instances, image, limits, network, environment, caching."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from constructs_lib.exceptions import Fault, StepError, suggestion
from constructs_lib.model.caching import CacheConfig
from constructs_lib.model.images import Image
from constructs_lib.model.launchers import SparkConfig
from constructs_lib.model.location import caller_location
from constructs_lib.model.retries import RetryPolicy
from constructs_lib.model.serializers import check_serializer
from constructs_lib.model.variables import PipelineVariable, as_expression

if TYPE_CHECKING:
    from pathlib import Path

    from constructs_lib.model.steps import StepLike

#: What holds if neither the step nor its pipeline says anything.
BUILT_IN: Mapping[str, Any] = {
    "environment_variables": {},
    "include": (),
    "instance_count": 1,
    "instance_type": "ml.m5.large",
    "max_runtime_in_seconds": 86_400,
    "metric_definitions": (),
    "pre_execution_commands": (),
    "retry_policies": (),
    "security_group_ids": (),
    "subnets": (),
    "tags": {},
    "volume_size": 30,
}
_MERGED = ("environment_variables", "tags")
_LISTS = (
    *("include", "instance_groups", "metric_definitions", "pre_execution_commands"),
    *("retry_policies", "security_group_ids", "subnets", "depends_on"),
)
_CLASSES: Mapping[str, type] = {
    "cache_config": CacheConfig,
    "retry_policies": RetryPolicy,
    "spark_config": SparkConfig,
}
_INSTALLS = (None, "wheels", "at-start", "none")
_S = TypeVar("_S", bound="StepDefaults")


@dataclass(frozen=True, kw_only=True)
class StepDefaults:
    """Settings that hold for all steps of a pipeline; a step's own go before them.

    The names and meanings are those of the SageMaker SDK's ``@step``. None stands for "not set".
    Environment variables and tags are merged by key, everything else is replaced. Where the
    service takes a variable, a parameter or a step's result may stand for the value.

    Attributes:
        cache_config: When to reuse an earlier run. Default: never.
        checkpoint_local_path: Where checkpoints are in the container. Default:
            ``/opt/ml/checkpoints``.
        checkpoint_s3_uri: S3 URI that the checkpoints are kept in step with. A function that
            takes a ``CheckpointLocation`` as an argument needs none.
        dependencies: What the step needs besides its image: a list of requirements, or the path
            of a requirements file, ``pyproject.toml``, ``uv.lock``, ``poetry.lock``,
            ``pylock.toml`` or a conda environment, relative to the file that declares the step or
            to the working directory; ``pyproject.toml:train`` is a group of it.
        enable_network_isolation: Whether the container has no network at all.
        encrypt_inter_container_traffic: Whether instances of a distributed job talk encrypted.
        environment_variables: Set in the job's container.
        image_uri: The container image: an ``Image``, or its URI. Default: an AWS-built one that
            fits the bundle's Python.
        include: Dotted names of project modules to ship whole, for code that is found only when
            it runs.
        install: How ``dependencies`` come into the container: ``wheels`` are locked by
            ``constructs-lib lock``, shipped with the step and need no network; ``at-start``
            leaves them to pip or uv, or to conda for a conda environment; ``none`` trusts the
            image. Default: wheels if there is a lock file, else at-start with a warning.
        instance_count: How many instances; more than one needs ``use_torchrun``, ``use_mpirun``
            or ``spark_config``. Default: 1.
        instance_groups: Groups of unlike instances, as ``InstanceGroup`` of the API; instead of
            ``instance_type`` and ``instance_count``.
        instance_type: Default: ``ml.m5.large``.
        job_conda_env: Name of the image's conda environment that the function runs in.
        keep_alive_period_in_seconds: How long the instances wait for a next job (warm pool), 0 to
            21,600.
        max_retry_attempts: How often the service starts the job again after an internal error,
            1 to 30.
        max_runtime_in_seconds: The job is stopped after this long. Default: a day.
        max_wait_time_in_seconds: For spot instances: the most that waiting and running may take.
        metric_definitions: What the service reads from the log: ``{"Name": ..., "Regex": ...}``
            each, at most 40.
        nproc_per_node: Processes per instance of a distributed job. Default: one for each GPU,
            else one for each CPU.
        output_kms_key: Key or ARN of the key that encrypts what the step returns.
        pre_execution_commands: Commands that the shell runs before anything else; they end the
            job if they fail.
        pre_execution_script: Path of a shell script, instead of ``pre_execution_commands``;
            relative like ``dependencies``.
        retry_policies: When the service runs the step again.
        role: ``IRole`` or ARN. Default: a role is made for the step, with the least permissions.
        security_group_ids: IDs, or ``ISecurityGroup``; together with ``subnets``.
        serializer: How results are stored: ``arrow``, ``joblib``, ``json``, ``npy``, ``parquet``,
            ``pickle``, ``safetensors``, or a class at the top level of a module with
            ``write(self, value, folder)`` and ``read(self, folder)``. For a function annotated
            with a tuple, a tuple of them, or of None, is one for each element. Default: by type.
        spark_config: Runs the function as a Spark application.
        subnets: IDs, or ``ISubnet``; together with ``security_group_ids``.
        tags: Tags of the job: a mapping, or ``{"Key": ..., "Value": ...}`` each, or pairs.
        training_plan: ARN of the training plan whose capacity is used.
        use_mpirun: Whether the function runs once for each process of ``mpirun``; what the
            process of rank 0 returns is the result. Several instances need an image with ``ssh``,
            ``sshd`` and keys that all of them have, and in a VPC a security group whose members
            reach each other.
        use_spot_instances: Whether spot instances are used.
        use_torchrun: Whether the function runs once for each process of ``torchrun``; what the
            process of rank 0 returns is the result.
        volume_kms_key: Key or ARN of the key that encrypts the instances' storage.
        volume_size: Storage of each instance in GiB. Default: 30.

    Raises:
        StepError: A value has the wrong type.
    """

    cache_config: CacheConfig | None = None
    checkpoint_local_path: str | None = None
    checkpoint_s3_uri: str | PipelineVariable | None = None
    dependencies: str | Sequence[str] | None = None
    enable_network_isolation: bool | PipelineVariable | None = None
    encrypt_inter_container_traffic: bool | PipelineVariable | None = None
    environment_variables: Mapping[str, str | PipelineVariable] | None = None
    image_uri: str | PipelineVariable | Image | None = None
    include: Sequence[str] | None = None
    install: str | None = None
    instance_count: int | PipelineVariable | None = None
    instance_groups: Sequence[Mapping[str, Any]] | None = None
    instance_type: str | PipelineVariable | None = None
    job_conda_env: str | PipelineVariable | None = None
    keep_alive_period_in_seconds: int | PipelineVariable | None = None
    max_retry_attempts: int | PipelineVariable | None = None
    max_runtime_in_seconds: int | PipelineVariable | None = None
    max_wait_time_in_seconds: int | PipelineVariable | None = None
    metric_definitions: Sequence[Mapping[str, str]] | None = None
    nproc_per_node: int | None = None
    output_kms_key: Any = None
    pre_execution_commands: Sequence[str] | None = None
    pre_execution_script: str | None = None
    retry_policies: Sequence[RetryPolicy] | None = None
    role: Any = None
    security_group_ids: Sequence[Any] | None = None
    serializer: str | type | tuple[str | type | None, ...] | None = None
    spark_config: SparkConfig | None = None
    subnets: Sequence[Any] | None = None
    tags: Mapping[str, Any] | Sequence[Any] | None = None
    training_plan: str | PipelineVariable | None = None
    use_mpirun: bool | None = None
    use_spot_instances: bool | PipelineVariable | None = None
    use_torchrun: bool | None = None
    volume_kms_key: Any = None
    volume_size: int | PipelineVariable | None = None

    def __post_init__(self) -> None:
        # Copies: what the caller does to their dict or list later must not reach the pipeline.
        for item in fields(self):
            value = getattr(self, item.name)
            if value is not None and item.name in (*_LISTS, *_MERGED):
                object.__setattr__(self, item.name, _copied(item.name, value))
            if value is not None and item.name in _CLASSES:
                _require(item.name, value, _CLASSES[item.name])
        if not isinstance(self.image_uri, (str, PipelineVariable, Image, type(None))):
            _refuse("image_uri", self.image_uri, "a URI, a variable of the pipeline, or an Image")
        if self.install not in _INSTALLS:
            _refuse("install", self.install, ", ".join(repr(way) for way in _INSTALLS if way))
        if isinstance(self.serializer, list):
            object.__setattr__(self, "serializer", tuple(self.serializer))
        if self.serializer is not None:
            check_serializer(self.serializer)
        if isinstance(self.serializer, tuple) and type(self) is StepDefaults:
            _refuse("serializer", self.serializer, "one serializer; a step may have one an element")
        for name in _MERGED:
            for key, entry in (getattr(self, name) or {}).items():
                as_expression(entry, f"{name}[{key!r}]")
        if isinstance(self.dependencies, Sequence) and not isinstance(self.dependencies, str):
            object.__setattr__(self, "dependencies", tuple(self.dependencies))

    @classmethod
    def from_sagemaker_config(cls, path: str | Path) -> StepDefaults:
        """Return what a ``config.yaml`` of the SageMaker SDK sets for remote functions.

        Args:
            path: The file.

        Raises:
            StepError: It cannot be read, or sets something that is not known.
        """
        from constructs_lib.model.sagemaker_config import read_sagemaker_config

        return read_sagemaker_config(path)

    def updated(self: _S, changes: Mapping[str, Any]) -> _S:
        """Return a copy with some settings changed.

        Raises:
            StepError: A setting of that name does not exist.
        """
        known = [item.name for item in fields(self)]
        for name in changes:
            if name not in known:
                raise StepError(
                    Fault(
                        what="step() got an unknown setting",
                        found=repr(name),
                        allowed=", ".join(known),
                        mend=suggestion(name, known, "Leave it out."),
                        location=caller_location(),
                    )
                )
        return replace(self, **changes)

    def over(self: _S, defaults: Mapping[str, Any]) -> _S:
        """Return a copy in which what is not set here is taken from defaults."""
        changes: dict[str, Any] = {}
        for item in fields(self):
            own, other = getattr(self, item.name), defaults.get(item.name)
            if item.name in _MERGED and own is not None and other is not None:
                changes[item.name] = {**other, **own}
            elif own is None and other is not None:
                changes[item.name] = other
        return replace(self, **changes) if changes else self

    def chosen(self) -> dict[str, Any]:
        """Return what is set, by name."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    @property
    def launcher(self) -> str | None:
        """``torchrun``, ``mpirun`` or ``spark``; None if Python alone runs the function."""
        if self.use_torchrun:
            return "torchrun"
        if self.use_mpirun:
            return "mpirun"
        return None if self.spark_config is None else "spark"


@dataclass(frozen=True, kw_only=True)
class StepSettings(StepDefaults):
    """Settings of one ``@step`` function.

    Attributes:
        name: The step's name. Default: the function's.
        display_name: Shown in the console; at most 256 characters.
        description: Shown in the console; at most 3,072 characters.
        depends_on: Steps or results of steps that must have succeeded before.
        job_name_prefix: What the job's name begins with, at most 38 letters, digits and dashes.
            Default: ``<pipeline>-<step>``.
    """

    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    depends_on: Sequence[StepLike] | None = None
    job_name_prefix: str | None = None


def _require(name: str, value: Any, kind: type) -> None:
    for entry in value if isinstance(value, (list, tuple)) else (value,):
        if not isinstance(entry, kind):
            _refuse(name, entry, kind.__name__)


def _copied(name: str, value: Any) -> Any:
    if name in _LISTS:
        if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
            _refuse(name, value, "a list")
        return tuple(value)
    if isinstance(value, Mapping):
        return dict(value)
    if name != "tags" or isinstance(value, str):
        _refuse(name, value, "a dict")
    return dict(_pair(entry) for entry in value)


def _pair(entry: Any) -> tuple[str, Any]:
    """Return key and value of a tag in any of the forms that are in use."""
    if isinstance(entry, Mapping) and set(entry) == {"Key", "Value"}:
        return entry["Key"], entry["Value"]
    if isinstance(entry, Sequence) and not isinstance(entry, str) and len(entry) == 2:
        return entry[0], entry[1]
    _refuse("tags", entry, "a mapping, a list of {'Key': ..., 'Value': ...}, or of pairs")


def _refuse(name: str, found: object, allowed: str) -> NoReturn:
    raise StepError(
        Fault(
            what=f"the setting {name} has the wrong type",
            found=f"{found!r} ({type(found).__name__})",
            allowed=allowed,
            mend="Correct the setting.",
            location=caller_location(),
        )
    )


def setting_values(settings: StepDefaults) -> Iterator[Any]:
    """Yield every value among the settings that may be or hold a pipeline variable."""
    pending: list[Any] = [
        value for name, value in settings.chosen().items() if name != "depends_on"
    ]
    while pending:
        value = pending.pop(0)
        if isinstance(value, Mapping):
            pending += value.values()
        elif isinstance(value, (list, tuple)):
            pending += value
        elif isinstance(value, Image) and value.given_uri is not None:
            pending.append(value.given_uri)
        else:
            yield value
