"""Dependencies in a template: locked wheels, what is warned about, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Annotations, Match

from constructs_lib import Image, Pipeline, PipelineError, StepDefaults, StepError, step
from constructs_lib.wheels.lock_file import format_lock, parse_lock
from constructs_lib.wheels.target import Target
from constructs_lib.wheels.wheel_set import Wheel, WheelSet
from tests.unit.cdk.test_pipeline import definition_of

TARGET = Target((3, 12), "x86_64")
WHEELS = WheelSet(TARGET, (Wheel("a", "1", "a-1-py3-none-any.whl", "a" * 64),))
UNKNOWN = Image.uri("123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:1")


@step(dependencies="r.txt")
def work(value=1):
    return value


@step(dependencies="r.txt")
def gather(*values):
    return len(values)


@step
def make(value):
    return value


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with requirements and their lock file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.txt").write_text("a>=1  # why\n")
    (tmp_path / "r.cp312-x86_64.lock").write_text(format_lock(WHEELS, "a>=1\n"))
    return tmp_path


def synthesize(*calls: Any, context: dict[str, Any] | None = None, **settings: Any) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(context=context), "S")
    Pipeline(stack, "P", steps=list(calls), **settings)
    return stack


def jobs(stack: cdk.Stack) -> list[Any]:
    return [entry["Arguments"] for entry in definition_of(stack)["Steps"]]


def channels(job: Any) -> dict[str, str]:
    return {
        channel["ChannelName"]: str(channel["DataSource"]["S3DataSource"]["S3Uri"])
        for channel in job["InputDataConfig"]
    }


def asset(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return the assets that a command makes."""
    assembly = Path(cdk.App.of(stack).synth().directory)
    files = json.loads((assembly / "S.assets.json").read_text())["files"].values()
    return [file for file in files if "executable" in file["source"]]


def test_locked_wheels_are_a_channel_that_the_job_can_verify() -> None:
    """Their archive is called by the hash of their list, which stands in the definition."""
    (job,) = jobs(synthesize(work()))
    assert channels(job)["dependencies"].endswith(f"/{WHEELS.sha256}.zip")
    code, name, wheels = job["AlgorithmSpecification"]["ContainerArguments"]
    assert (name, wheels) == ("work", WHEELS.sha256)
    assert channels(job)["code"].endswith(f"/{code}.zip")


def test_steps_with_equal_wheels_share_an_archive() -> None:
    stack = synthesize(work(), work.with_options(name="other", dependencies=["a>=1"])(), work(2))
    (found,) = asset(stack)
    (destination,) = found["destinations"].values()
    assert destination["objectKey"] == f"{WHEELS.sha256}.zip"


def test_command_that_makes_the_archive_says_nothing_of_this_machine(folder: Path) -> None:
    """It is the whole program, so an assembly is deployed from anywhere, without this library."""
    (found,) = asset(synthesize(work()))
    program, option, text, *arguments = found["source"]["executable"]
    assert (program, option) == ("python3", "-c")
    assert arguments == [WHEELS.sha256, WHEELS.text, WHEELS.pins]
    assert str(folder) not in json.dumps(found)
    isolated = [sys.executable, "-I", "-c", f"__name__ = 'x'\n{text}"]
    subprocess.run(isolated, check=True)


def test_steps_role_reads_the_wheels() -> None:
    """They lie beside the code, which every step may read."""
    stack = synthesize(work())
    roles = cdk.assertions.Template.from_stack(stack).find_resources("AWS::IAM::Role")
    text = json.dumps([role for name, role in roles.items() if "work" in name])
    assert '"/*.zip"' in text


def test_without_a_lock_file_pip_installs_and_synthesis_says_so(folder: Path) -> None:
    """A first try needs no lock; one that deploys is told what it does."""
    (folder / "r.cp312-x86_64.lock").unlink()
    stack = synthesize(work())
    (job,) = jobs(stack)
    assert "dependencies" not in channels(job)
    assert len(job["AlgorithmSpecification"]["ContainerArguments"]) == 2
    Annotations.from_stack(stack).has_warning(
        "/S/P/Steps/work", Match.string_like_regexp("there is no r.cp312-x86_64.lock")
    )


def test_pip_is_said_to_need_a_network_that_a_step_has_not(folder: Path) -> None:
    (folder / "r.cp312-x86_64.lock").unlink()
    stack = synthesize(work.with_options(enable_network_isolation=True)())
    Annotations.from_stack(stack).has_warning(
        "/S/P/Steps/work", Match.string_like_regexp("which it has no network for")
    )


@pytest.mark.parametrize("install", ["at-start", "none"])
def test_asked_for_is_not_warned_about(folder: Path, install: str) -> None:
    stack = synthesize(work(), step_defaults=StepDefaults(install=install))
    assert "dependencies" not in channels(jobs(stack)[0])
    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


def test_trusted_image_gets_no_requirements() -> None:
    """They are of no account, even if the file is not there."""
    first = jobs(synthesize(work.with_options(install="none", dependencies="no.txt")()))
    assert first == jobs(synthesize(work.with_options(dependencies=None)()))


def test_comment_in_the_requirements_changes_nothing(folder: Path) -> None:
    before = jobs(synthesize(work()))
    (folder / "r.txt").write_text("# more words\na>=1\n")
    assert jobs(synthesize(work())) == before


def refusal(*calls: Any) -> str:
    with pytest.raises(PipelineError) as caught:
        synthesize(*calls)
    return str(caught.value)


def test_stale_lock_file_is_refused(folder: Path) -> None:
    """What runs is what was reviewed, or nothing."""
    (folder / "r.txt").write_text("a>=2\n")
    message = refusal(work())
    assert "r.cp312-x86_64.lock, which is for other requirements" in message
    assert "Run `constructs-lib lock`" in message
    assert "test_dependencies.py" in message


def test_edited_lock_file_is_refused(folder: Path) -> None:
    (folder / "r.cp312-x86_64.lock").write_text("a>=1\n")
    assert "line 1 is 'a>=1'" in refusal(work())


def test_wheels_that_are_wanted_must_be_locked(folder: Path) -> None:
    (folder / "r.cp312-x86_64.lock").unlink()
    message = refusal(work.with_options(install="wheels")())
    assert "no r.cp312-x86_64.lock" in message
    assert 'install="at-start"' in message


def test_python_of_the_image_must_be_known() -> None:
    """Wheels are for one Python: without a word they are pip's business, else it is asked for."""
    message = refusal(work.with_options(install="wheels", image_uri=UNKNOWN)())
    assert "Image.uri(..., python='3.12')" in message
    stack = synthesize(work.with_options(image_uri=UNKNOWN)())
    Annotations.from_stack(stack).has_warning(
        "*", Match.string_like_regexp("the image's Python is not known")
    )


def test_lock_of_another_python_is_not_taken(folder: Path) -> None:
    """Each image's Python has a lock file of its own."""
    image = Image.uri(UNKNOWN.given_uri or "", python="3.11")
    assert "no r.cp311-x86_64.lock" in refusal(
        work.with_options(install="wheels", image_uri=image)()
    )


UV_LOCK = """
[[package]]
name = "mine"
source = {{ virtual = "." }}
dependencies = [{{ name = "a" }}]
[[package]]
name = "a"
version = "1"
source = {{ registry = "x" }}
wheels = [{{ url = "https://example.com/{file}", hash = "sha256:{hash}" }}]
"""


def test_lock_file_of_another_tool_is_enough(folder: Path) -> None:
    """Its wheels are chosen at synthesis; nothing has to be locked again."""
    text = UV_LOCK.format(file="a-1-py3-none-any.whl", hash="a" * 64)
    (folder / "uv.lock").write_text(text)
    (job,) = jobs(synthesize(work.with_options(dependencies="uv.lock")()))
    assert job["AlgorithmSpecification"]["ContainerArguments"][2] == WHEELS.sha256


def test_package_without_a_wheel_is_refused(folder: Path) -> None:
    """It is named, with the ways out."""
    text = UV_LOCK.format(file="a-1-cp312-cp312-win32.whl", hash="a" * 64)
    (folder / "uv.lock").write_text(text)
    message = refusal(work.with_options(dependencies="uv.lock")())
    assert "a 1 without a wheel for Python 3.12 on Linux x86_64" in message
    assert "put a wheel that you have built into an index" in message


def test_unusable_lock_file_of_another_tool_is_refused(folder: Path) -> None:
    (folder / "uv.lock").write_text("version = 1\n")
    assert "no package for the project's own folder" in refusal(
        work.with_options(dependencies="uv.lock")()
    )
    message = refusal(work.with_options(dependencies="uv.lock", install="at-start")())
    assert "Leave install out" in message


def test_wheels_take_one_of_the_twenty_channels() -> None:
    results = [make.with_options(name=f"m{n}")(n) for n in range(19)]
    assert "21 channels" in refusal(gather(*results))


def test_unknown_way_to_install_is_refused() -> None:
    with pytest.raises(StepError, match="'wheels', 'at-start', 'none'"):
        step(lambda: 1, install="pip")


def test_what_can_be_locked_is_asked_for(folder: Path) -> None:
    """With the context key that `constructs-lib lock` sets, nothing is refused or warned about."""
    (folder / "r.cp312-x86_64.lock").unlink()
    requests = folder / "requests"
    synthesize(work(), context={"constructs-lib:lock": str(requests)})
    assert json.loads(requests.read_text()) == {
        "lock": str(folder / "r.cp312-x86_64.lock"),
        "requirements": "a>=1\n",
        "python": [3, 12],
        "architecture": "x86_64",
        "step": "work",
    }


def test_lock_file_is_what_it_was() -> None:
    assert parse_lock(format_lock(WHEELS, ""), TARGET)[0] == WHEELS
