"""Which settings of a step's job exclude or need each other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.exceptions import Fault
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.settings import BUILT_IN, StepSettings

# A job's name is at most 63 characters, of which the service needs 25 for itself.
_JOB_NAME_PREFIX = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,37}")
_CONDA_ENV = re.compile(r"[A-Za-z0-9_.-]+")
_MPI = ("use_torchrun", "use_mpirun")


def job_faults(graph: PipelineGraph) -> Iterator[Fault]:
    """Yield the faults in the settings of every function step."""
    for name, step in graph.function_steps():
        for rule in _RULES:
            for what, found, allowed, mend in rule(step.settings):
                yield Fault(f"step {name!r}: {what}", found, allowed, mend, step.location)


_Finding = tuple[str, str, str, str]


def _launchers(settings: StepSettings) -> list[str]:
    chosen = {
        "use_torchrun": bool(settings.use_torchrun),
        "use_mpirun": bool(settings.use_mpirun),
        "spark_config": settings.spark_config is not None,
    }
    return [name for name, is_chosen in chosen.items() if is_chosen]


def _one_launcher(settings: StepSettings) -> Iterator[_Finding]:
    launchers = _launchers(settings)
    if len(launchers) > 1:
        yield (
            f"{' and '.join(launchers)} exclude each other",
            "several",
            "one of them",
            "Leave the others out.",
        )
    processes = settings.nproc_per_node
    if processes is not None and (not _is(type(processes), int) or processes < 1):
        yield ("nproc_per_node is out of range", repr(processes), "at least 1", "Correct it.")
    if settings.nproc_per_node is not None and not set(launchers) & set(_MPI):
        yield (
            "nproc_per_node has no effect",
            f"nproc_per_node={settings.nproc_per_node!r}",
            f"nproc_per_node with {' or '.join(_MPI)}",
            "Add one of them, or leave nproc_per_node out.",
        )


def _several_instances(settings: StepSettings) -> Iterator[_Finding]:
    count = settings.instance_count
    if isinstance(count, int) and (isinstance(count, bool) or count < 1):
        yield ("instance_count is out of range", repr(count), "at least 1", "Correct it.")
        return
    if _is(settings.instance_count, 1) and len(settings.instance_groups or ()) < 2:
        return
    found = f"instance_count={settings.instance_count!r}"
    if not _launchers(settings):
        yield (
            "every instance would run the function by itself",
            found,
            "several instances with use_torchrun, use_mpirun or spark_config",
            "Choose how the instances share the work, or use one.",
        )


def _instance_groups(settings: StepSettings) -> Iterator[_Finding]:
    names = ("instance_type", "instance_count")
    if settings.instance_groups and not all(_is(getattr(settings, n), BUILT_IN[n]) for n in names):
        yield (
            "instance_groups excludes instance_type and instance_count",
            "both",
            "one of the two",
            "Name type and count in each group.",
        )


def _spark(settings: StepSettings) -> Iterator[_Finding]:
    if settings.spark_config is not None and settings.job_conda_env is not None:
        yield (
            "spark_config and job_conda_env exclude each other",
            "both",
            "one of the two",
            "Use an image whose Spark runs in the environment you need.",
        )
    if settings.spark_config is not None and settings.image_uri is None:
        yield (
            "spark_config needs an image that has Spark",
            "no image_uri",
            "image_uri of a Spark image",
            "See docs.aws.amazon.com/sagemaker/latest/dg/use-spark-processing-container.html.",
        )


def _network(settings: StepSettings) -> Iterator[_Finding]:
    subnets, groups = bool(settings.subnets), bool(settings.security_group_ids)
    if subnets != groups:
        names = ("subnets", "security_group_ids")
        given, missing = names if subnets else names[::-1]
        yield (
            f"{given} without {missing} would leave the job outside of the VPC",
            f"no {missing}",
            "both, or neither",
            f"Add {missing}.",
        )


def _spot(settings: StepSettings) -> Iterator[_Finding]:
    wait, run = settings.max_wait_time_in_seconds, settings.max_runtime_in_seconds
    spot = settings.use_spot_instances
    if wait is not None and (spot is None or spot is False):
        yield (
            "max_wait_time_in_seconds is for spot instances",
            "no use_spot_instances",
            "max_wait_time_in_seconds with use_spot_instances",
            "Add use_spot_instances=True, or leave it out.",
        )
    if spot is True and wait is None:
        yield (
            "use_spot_instances needs a limit",
            "no max_wait_time_in_seconds",
            "at least max_runtime_in_seconds",
            "Add max_wait_time_in_seconds.",
        )
    if isinstance(wait, int) and isinstance(run, int) and wait < run:
        yield (
            "max_wait_time_in_seconds includes the time that the job runs",
            f"{wait}, less than max_runtime_in_seconds={run}",
            f"at least {run}",
            "Raise it, or lower max_runtime_in_seconds.",
        )


def _names(settings: StepSettings) -> Iterator[_Finding]:
    prefix, env = settings.job_name_prefix, settings.job_conda_env
    if prefix is not None and not (isinstance(prefix, str) and _JOB_NAME_PREFIX.fullmatch(prefix)):
        yield (
            "job_name_prefix cannot begin the name of a job",
            repr(prefix),
            "1 to 38 letters, digits and single dashes",
            "Shorten it, and write '-' for other characters.",
        )
    if isinstance(env, str) and "${" not in env and not _CONDA_ENV.fullmatch(env):
        yield (
            "job_conda_env is no name of a conda environment",
            repr(env),
            "letters, digits, '_', '-' and '.'",
            "Correct it.",
        )


def _role(settings: StepSettings) -> Iterator[_Finding]:
    role = settings.role
    arn = role if isinstance(role, str) else getattr(role, "role_arn", None)
    if role is not None and not (isinstance(arn, str) and arn.startswith(("arn:", "${Token"))):
        yield (
            "role is neither a role nor an ARN",
            repr(role),
            "an aws_iam.IRole or the ARN of a role",
            "Give iam.Role.from_role_name(self, 'Role', 'name'), or leave it out.",
        )


def _checkpoints(settings: StepSettings) -> Iterator[_Finding]:
    if settings.checkpoint_local_path is not None and settings.checkpoint_s3_uri is None:
        yield (
            "checkpoint_local_path has no effect",
            "no checkpoint_s3_uri",
            "both",
            "Add checkpoint_s3_uri, or leave checkpoint_local_path out.",
        )


def _commands(settings: StepSettings) -> Iterator[_Finding]:
    if settings.pre_execution_commands and settings.pre_execution_script is not None:
        yield (
            "pre_execution_commands and pre_execution_script exclude each other",
            "both",
            "one of the two",
            "Put the commands into the script.",
        )


def _is(setting: object, literal: object) -> bool:
    """Tell whether a setting is a value; a pipeline variable is none, and refuses comparison."""
    return type(setting) is type(literal) and setting == literal


_RULES = (
    _one_launcher,
    _several_instances,
    _instance_groups,
    _spark,
    _network,
    _spot,
    _names,
    _role,
    _checkpoints,
    _commands,
)
