"""Settings that only a step's bundle shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib import RemoteError, SparkConfig, get_step, step
from constructs_lib.deployed.account import Account
from constructs_lib.model.placement import place
from constructs_lib.model.settings import StepSettings
from constructs_lib.packaging.bundle import build_bundle
from constructs_lib.remote_function.bundle_settings import bundle_settings
from constructs_lib.remote_function.deployed_step import DeployedStep
from constructs_lib.remote_function.settings import SettingsMerger

SPARK = SparkConfig(
    submit_jars=["s3://b/a.jar", "s3://b/b.jar"],
    submit_files=["/opt/f"],
    configuration={"spark.a": "b=c"},
    spark_event_logs_uri="s3://b/log",
)


@step
def work() -> int:
    return 1


def bundle_of(settings: dict[str, Any]) -> Any:
    """Return the bundle of a step with some settings."""
    made = get_step(work.with_options(**settings)())
    return build_bundle(made, "work", place(made))


def read(folder: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what the bundle of such a step shows."""
    bundle = bundle_of(settings)
    file = folder / "bundle.zip"
    file.write_bytes(bundle.data)
    source = {"S3DataSource": {"S3Uri": f"s3://code/{bundle.sha256}.zip"}}
    arguments = {"InputDataConfig": [{"ChannelName": "code", "DataSource": source}]}
    deployed = DeployedStep("work", "p", arguments, {}, bundle_file=file)
    return bundle_settings(Account(), deployed)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dependencies": ["scikit-learn==1.5.2", "pandas"]},
        {"pre_execution_commands": ["echo a", "echo b"]},
        {"use_torchrun": True, "nproc_per_node": 4},
        {"use_mpirun": True},
        {"spark_config": SPARK},
        {"serializer": "pickle"},
    ],
)
def test_settings_come_back_from_the_bundle(tmp_path: Path, settings: dict[str, Any]) -> None:
    """A function that sets nothing gets the very bundle of the pipeline's step."""
    assert bundle_of(read(tmp_path, settings)).sha256 == bundle_of(settings).sha256


def test_changed_bundle_is_refused(tmp_path: Path) -> None:
    """Its commands would run with the step's role."""
    source = {"S3DataSource": {"S3Uri": f"s3://code/{'0' * 64}.zip"}}
    (tmp_path / "other.zip").write_bytes(b"other")
    arguments = {"InputDataConfig": [{"ChannelName": "code", "DataSource": source}]}
    deployed = DeployedStep("work", "p", arguments, {}, bundle_file=tmp_path / "other.zip")
    with pytest.raises(RemoteError, match="was changed"):
        bundle_settings(Account(), deployed)


def test_own_settings_replace_all_of_their_kind() -> None:
    """Another launcher takes none of the pipeline's, a script none of its commands."""
    theirs = {
        "dependencies": ["a"],
        "pre_execution_commands": ["b"],
        "use_torchrun": True,
        "nproc_per_node": 2,
    }

    def kept(**own: Any) -> set[str]:
        return set(SettingsMerger(StepSettings(**own), "work").bundle_defaults(theirs))

    assert kept() == set(theirs)
    assert kept(use_mpirun=True) == {"dependencies", "pre_execution_commands"}
    assert kept(use_torchrun=False) == {"dependencies", "pre_execution_commands"}
    assert kept(pre_execution_script="s.sh") == {"dependencies", "use_torchrun", "nproc_per_node"}
    assert "dependencies" not in kept(dependencies=[])
