"""Images as data, what is refused of them, and what has to fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib import Image, ParameterString, StepDefaults, StepError
from constructs_lib.model.image_rules import given_image, image_faults, image_warning
from constructs_lib.model.images import OLDEST_PYTHON
from constructs_lib.runtime.protocol import MINIMUM_PYTHON
from constructs_lib.service.instances import architecture_of, has_gpu

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1"


def faults_of(exact: tuple[int, int] | None = None, **settings: Any) -> list[str]:
    """Return the faults of a step."""
    chosen = StepDefaults(**{"instance_type": "ml.m5.large", **settings})
    image = given_image(chosen)
    assert image is not None
    found = image_faults(image, chosen, step="s", exact_python=exact, location="f.py:1")
    return [str(fault) for fault in found]


def test_image_says_its_python_and_architecture() -> None:
    """Wheels and pickles have to fit them."""
    image = Image.uri(URI, python="3.11", architecture="arm64")
    assert (image.python, image.architecture, image.interpreter) == ((3, 11), "arm64", "python3")
    assert Image.uri(URI).python is None
    assert Image.xgboost("3.2-0").python == (3, 12)
    assert Image.tensorflow("2.18", gpu=True).gpu
    assert Image.base_python("3.10").architecture == "x86_64"


def test_oldest_python_is_that_of_the_shim() -> None:
    """Two layers that may not know each other."""
    assert list(OLDEST_PYTHON) == MINIMUM_PYTHON


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Image.uri(""), "Image.uri has no URI: found ''"),
        (lambda: Image.uri(URI, python="3.8"), r"'3.8', .* from '3.9' on.*a later Python"),
        (lambda: Image.uri(URI, python="3.11.4"), "found '3.11.4'"),
        (lambda: Image.uri(URI, python=3.11), "found 3.11, allowed: a major and minor"),
        (lambda: Image.uri(URI, architecture="amd64"), "found 'amd64', allowed: 'x86_64' or 'ar"),
        (lambda: Image.uri(URI, interpreter=" "), "unusable interpreter: found ' '"),
        (lambda: Image.from_ecr(URI), r"unusable repository: .* Give Image.uri\(...\)"),
        (lambda: Image.from_ecr(object()), "allowed: an aws_ecr.IRepository, or a name"),
        (lambda: Image.from_asset("nothing"), "finds no Dockerfile: found 'nothing'"),
        (lambda: Image.pytorch("9.9"), r"found '9.9', .*'2.5.1', .* give Image.uri\(...\)"),
        (lambda: Image.scikit_learn(1.4), "found 1.4, allowed: '1.2-1', '1.4-2'"),
    ],
)
def test_unusable_image_is_refused_where_it_is_written(make: Any, said: str) -> None:
    """With what would have been accepted."""
    with pytest.raises(StepError, match=rf"test_images.py:\d+: .*{said}"):
        make()


@pytest.mark.parametrize("image", [3, object(), ["a"]])
def test_setting_takes_an_image_or_a_uri(image: Any) -> None:
    """Nothing else."""
    with pytest.raises(StepError, match=r"image_uri has the wrong type: .*or an Image"):
        StepDefaults(image_uri=image)


def test_folder_is_relative_to_the_file_of_the_call(tmp_path: Path) -> None:
    """Whatever the working directory is."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").touch()
    (tmp_path / "app.py").write_text(
        "from constructs_lib import Image\nimage = Image.from_asset('docker', python='3.12')\n"
    )
    names: dict[str, Any] = {}
    exec(compile((tmp_path / "app.py").read_text(), str(tmp_path / "app.py"), "exec"), names)
    assert names["image"].source.directory == str(tmp_path / "docker")


def test_uri_alone_is_taken_to_fit_the_instances() -> None:
    """Nothing is known of it, and nothing is refused."""
    assert faults_of((3, 11), image_uri=URI) == []
    assert given_image(StepDefaults(image_uri=URI)).architecture == "x86_64"
    graviton = StepDefaults(image_uri=ParameterString("I", URI), instance_type="ml.c7g.large")
    assert given_image(graviton).architecture == "arm64"


def test_pickle_and_image_need_the_same_python() -> None:
    """Both versions are named, and the ways out."""
    (fault,) = faults_of((3, 11), image_uri=Image.uri(URI, python="3.12"))
    assert fault.startswith("f.py:1: step 's' cannot run on its image's Python")
    assert "an image with Python 3.12, and a bundle for Python 3.11 only" in fault
    assert "top level of a module" in fault
    assert "another image_uri" in fault
    assert faults_of((3, 12), image_uri=Image.uri(URI, python="3.12")) == []
    assert faults_of((3, 11), image_uri=Image.uri(URI)) == []
    assert faults_of(None, image_uri=Image.uri(URI, python="3.12")) == []


def test_python_of_a_conda_environment_is_not_that_of_the_image() -> None:
    """It is what the user says, or not known."""
    built = {"image_uri": Image.sagemaker_distribution("2.0"), "job_conda_env": "mine"}
    assert given_image(StepDefaults(**built)).python is None
    assert faults_of((3, 12), **built) == []
    said = Image.uri(URI, python="3.11")
    assert len(faults_of((3, 12), image_uri=said, job_conda_env="mine")) == 1
    (fault,) = faults_of(image_uri=Image.uri(URI, interpreter="python"), job_conda_env="mine")
    assert "interpreter exclude each other" in fault


@pytest.mark.parametrize(
    ("instances", "architecture", "is_fit"),
    [
        ({"instance_type": "ml.c7g.large"}, "arm64", True),
        ({"instance_type": "ml.c7g.large"}, "x86_64", False),
        ({"instance_type": "ml.m5.large"}, "arm64", False),
        ({"instance_type": ParameterString("T", "ml.m5.large")}, "arm64", True),
        ({"instance_groups": [{"InstanceType": "ml.p6e-gb200.36xlarge"}]}, "x86_64", False),
    ],
)
def test_image_and_instances_have_one_architecture(
    instances: dict[str, Any], architecture: Any, is_fit: bool
) -> None:
    """As far as the instances are known."""
    faults = faults_of(image_uri=Image.uri(URI, architecture=architecture), **instances)
    assert (faults == []) == is_fit
    if not is_fit:
        assert f"an image for {architecture}, and ml." in faults[0]


@pytest.mark.parametrize(
    ("name", "architecture", "gpu"),
    [
        ("ml.m5.large", "x86_64", False),
        ("ml.m5d.large", "x86_64", False),
        ("ml.c6g.xlarge", "arm64", False),
        ("ml.c7gn.xlarge", "arm64", False),
        ("ml.r6gd.16xlarge", "arm64", False),
        ("ml.g4dn.xlarge", "x86_64", True),
        ("ml.g5.xlarge", "x86_64", True),
        ("ml.g6e.xlarge", "x86_64", True),
        ("ml.g5g.xlarge", "arm64", True),
        ("ml.p4d.24xlarge", "x86_64", True),
        ("ml.p6-b200.48xlarge", "x86_64", True),
        ("ml.p6e-gb200.36xlarge", "arm64", True),
        ("ml.trn1.2xlarge", "x86_64", False),
    ],
)
def test_name_of_an_instance_type_says_what_it_is(name: str, architecture: str, gpu: bool) -> None:
    """The letter behind the generation is the processor."""
    assert (architecture_of(name), has_gpu(name)) == (architecture, gpu)


@pytest.mark.parametrize(
    ("image", "instance_type", "is_odd"),
    [
        (Image.pytorch("2.5", gpu=True), "ml.m5.large", True),
        (Image.pytorch("2.5", gpu=True), "ml.g5.xlarge", False),
        (Image.pytorch("2.5", gpu=True), ParameterString("T", "ml.m5.large"), False),
        (Image.pytorch("2.5"), "ml.g5.xlarge", False),
    ],
)
def test_image_for_gpus_without_one_is_odd(image: Image, instance_type: Any, is_odd: bool) -> None:
    """It costs time to pull, and runs."""
    found = image_warning(image, StepDefaults(instance_type=instance_type))
    assert (found is not None) == is_odd
