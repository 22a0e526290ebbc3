"""Images in a template: their URIs, who may pull them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk.assertions import Annotations, Match, Template

from constructs_lib import Image, ParameterString, Pipeline, PipelineError, StepDefaults, step
from constructs_lib.cdk.images import default_image, effective_image, no_image_fault
from constructs_lib.model.settings import StepSettings
from tests.unit.cdk.test_pipeline import definition_of

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train:1"
ENV = cdk.Environment(account="123456789012", region="eu-west-1")


@step
def work():
    return 1


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "S", env=ENV)


def algorithm_of(stack: cdk.Stack, image: Any, **settings: Any) -> dict[str, Any]:
    """Return what the request of a step with an image says about it."""
    Pipeline(stack, "P", steps=[work.with_options(image_uri=image, **settings)()])
    (found,) = definition_of(stack)["Steps"]
    return found["Arguments"]["AlgorithmSpecification"]


def pulls(stack: cdk.Stack) -> list[Any]:
    """Return what the roles of a stack may pull from."""
    template = Template.from_stack(stack)
    roles = template.find_resources("AWS::IAM::Role").values()
    policies = [
        *(entry["PolicyDocument"] for role in roles for entry in role["Properties"]["Policies"]),
        *(
            policy["Properties"]["PolicyDocument"]
            for policy in template.find_resources("AWS::IAM::Policy").values()
        ),
    ]
    return [
        statement["Resource"]
        for policy in policies
        for statement in policy["Statement"]
        if "ecr:BatchGetImage" in statement["Action"]
    ]


@pytest.mark.parametrize("exact", [None, *((3, minor) for minor in range(9, 14))])
def test_default_image_fits_the_bundle(exact: tuple[int, int] | None) -> None:
    """There is one of AWS for each Python; source runs on the one with 3.12."""
    image = default_image(exact)
    assert image is not None
    assert image.python == (exact or (3, 12))
    assert effective_image(StepDefaults(), exact) == image
    assert effective_image(StepDefaults(image_uri=Image.uri(URI)), exact) == Image.uri(URI)


def test_python_without_a_default_image_is_refused() -> None:
    """With the versions that have one."""
    assert default_image((3, 14)) is None
    fault = no_image_fault("s", (3, 14), None)
    assert "Python 3.14 only" in fault.found
    assert fault.allowed.endswith("3.12, 3.13")
    assert "image_uri=" in fault.mend


def test_uri_is_taken_as_it_is(stack: cdk.Stack) -> None:
    """With its repository in the role, and the interpreter at the start."""
    found = algorithm_of(stack, Image.uri(URI, interpreter="/opt/conda/bin/python"))
    assert found["TrainingImage"] == URI
    assert found["ContainerEntrypoint"][:2] == ["/opt/conda/bin/python", "-c"]
    (resource,) = pulls(stack)
    assert json.dumps(resource).endswith('ecr:eu-west-1:123456789012:repository/team/train"]]}')


def test_variable_is_an_expression_and_has_to_be_declared(stack: cdk.Stack) -> None:
    """As with a variable that is the setting itself."""
    image = ParameterString("Image", URI)
    made = work.with_options(image_uri=Image.uri(image))
    with pytest.raises(PipelineError, match="uses an undeclared parameter: found 'Image'"):
        Pipeline(stack, "Wrong", steps=[made()])
    Pipeline(stack, "P", steps=[made()], parameters=[image])
    (found,) = definition_of(stack)["Steps"]
    specification = found["Arguments"]["AlgorithmSpecification"]
    assert specification["TrainingImage"] == {"Get": "Parameters.Image"}


@pytest.mark.parametrize("of", [Image.uri, lambda uri: uri], ids=["image", "uri"])
def test_result_of_a_step_may_be_the_uri(stack: cdk.Stack, of: Any) -> None:
    """The step waits for it, and may pull from any repository of the account."""
    Pipeline(stack, "P", steps=[work.with_options(image_uri=of(work()), name="second")()])
    found = definition_of(stack)["Steps"]
    assert [entry["Name"] for entry in found] == ["work", "second"]
    image = found[1]["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
    assert "Std:JsonGet" in image
    assert any(json.dumps(resource).endswith('repository/*"]]}') for resource in pulls(stack))


def test_repository_in_a_variable_account_is_any(stack: cdk.Stack) -> None:
    """No ARN is made of what is known only when the pipeline runs."""
    account = ParameterString("Account", "123456789012")
    image = Image.uri(f"{account}.dkr.ecr.eu-west-1.amazonaws.com/team/train:1")
    Pipeline(stack, "P", steps=[work.with_options(image_uri=image)()], parameters=[account])
    (resource,) = pulls(stack)
    assert json.dumps(resource).endswith('repository/*"]]}')


@pytest.mark.parametrize(
    ("tag", "end"), [("latest", ":latest"), ("sha256:" + "a" * 64, "@sha256:" + "a" * 64)]
)
def test_repository_is_pulled_from(stack: cdk.Stack, tag: str, end: str) -> None:
    """From this one only, by tag or by digest."""
    repository = ecr.Repository(stack, "Images")
    found = algorithm_of(stack, Image.from_ecr(repository, tag))
    assert found["TrainingImage"].endswith(end)
    (name,) = Template.from_stack(stack).find_resources("AWS::ECR::Repository")
    assert pulls(stack) == [{"Fn::GetAtt": [name, "Arn"]}]


def test_repository_is_named(stack: cdk.Stack) -> None:
    """One in the account and Region of the stack; two steps may use it."""
    image = Image.from_ecr("team/train", "3")
    steps = [work.with_options(image_uri=image, name=name)() for name in ("a", "b")]
    Pipeline(stack, "P", steps=steps)
    for found in definition_of(stack)["Steps"]:
        uri = found["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
        assert uri == "123456789012.dkr.ecr.eu-west-1.<AWS::URLSuffix>/team/train:3"
    assert len(pulls(stack)) == 2
    assert all(":repository/team/train" in json.dumps(resource) for resource in pulls(stack))


def test_folder_is_an_asset_that_is_built_by_the_deployment(tmp_path: Path) -> None:
    """Synthesis starts no Docker; steps with equal images share what is built."""
    (tmp_path / "Dockerfile.train").write_text("FROM scratch\n")
    app = cdk.App(outdir=str(tmp_path / "out"))
    stack = cdk.Stack(app, "S")
    image = Image.from_asset(
        tmp_path,
        file="Dockerfile.train",
        build_args={"VERSION": "3"},
        architecture="arm64",
    )
    settings = {"image_uri": image, "instance_type": ParameterString("T", "ml.m5.large")}
    steps = [work.with_options(**settings, name=name)() for name in ("a", "b")]
    Pipeline(stack, "P", steps=steps, parameters=[settings["instance_type"]])
    for resource in pulls(stack):
        assert "container-assets" in json.dumps(resource)
    assert len(pulls(stack)) == 2
    assembly = Path(app.synth().directory)
    manifest = json.loads((assembly / "S.assets.json").read_text())
    ((digest, entry),) = manifest["dockerImages"].items()
    assert entry["source"] == {
        "directory": f"asset.{digest}",
        "dockerFile": "Dockerfile.train",
        "dockerBuildArgs": {"VERSION": "3"},
        "platform": "linux/arm64",
    }
    definition = definition_of(stack)["Steps"][0]["Arguments"]["AlgorithmSpecification"]
    assert definition["TrainingImage"] == "<Fn::Sub>"
    for file in assembly.glob("*.json"):
        assert str(tmp_path) not in file.read_text()


def test_image_of_aws_is_looked_up_where_the_region_is_open() -> None:
    """Images of one repository share the table, unless they are not in the same Regions."""
    stack = cdk.Stack(cdk.App(), "S")
    images = (Image.scikit_learn("1.4-2"), Image.scikit_learn("1.9-0"), Image.pytorch("2.5"))
    steps = [
        work.with_options(image_uri=image, name=f"s{number}")()
        for number, image in enumerate(images)
    ]
    Pipeline(stack, "P", steps=steps)
    mappings = Template.from_stack(stack).to_json()["Mappings"]
    names = ["AccountsSagemakerScikitLearn", "AccountsPytorchTraining251CpuPy311"]
    assert list(mappings) == names
    assert "eusc-de-east-1" not in mappings[names[1]]
    assert mappings[names[1]]["eu-west-1"] == {"account": "763104351884"}
    for resource in pulls(stack):
        assert "Fn::FindInMap" in json.dumps(resource)
        assert not json.dumps(resource).endswith('repository/*"]]}')


def test_image_of_aws_has_its_uri_in_a_known_region(stack: cdk.Stack) -> None:
    """And is the only one that the role may pull."""
    found = algorithm_of(stack, Image.sagemaker_distribution("2.0"))
    assert found["TrainingImage"] == (
        "819792524951.dkr.ecr.eu-west-1.<AWS::URLSuffix>/sagemaker-distribution-prod:2.0-cpu"
    )
    (resource,) = pulls(stack)
    assert ":ecr:eu-west-1:819792524951:repository/" in json.dumps(resource)


def test_image_that_aws_does_not_offer_in_the_region_is_refused() -> None:
    """With the Regions that have it."""
    env = cdk.Environment(account="123456789012", region="cn-north-1")
    stack = cdk.Stack(cdk.App(), "S", env=env)
    with pytest.raises(PipelineError, match=r"does not offer .*2.0-cpu in cn-north-1, allowed: af"):
        algorithm_of(stack, Image.sagemaker_distribution("2.0"))


def test_pickle_and_image_that_do_not_fit_are_refused(stack: cdk.Stack) -> None:
    """At synthesis, with the line of the step, together with other faults."""
    closure = step(lambda: 1, name="closure", image_uri=Image.scikit_learn("1.2-1"))
    arm = work.with_options(image_uri=Image.uri(URI, architecture="arm64"))
    with pytest.raises(PipelineError) as caught:
        Pipeline(stack, "P", steps=[closure(), arm()])
    first, second = map(str, caught.value.faults)
    assert "test_images.py:" in first
    assert "an image with Python 3.9, and a bundle for Python 3." in first
    assert "an image for arm64, and ml.m5.large, which is x86_64" in second


def test_image_for_gpus_on_other_instances_is_a_warning(stack: cdk.Stack) -> None:
    """It runs, but takes longer to start."""
    algorithm_of(stack, Image.pytorch("2.5", gpu=True))
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert ["built for GPUs" in entry.entry.data for entry in found] == [True]


def test_over_long_uri_is_refused(stack: cdk.Stack) -> None:
    """As the service would."""
    with pytest.raises(PipelineError, match="TrainingImage"):
        algorithm_of(stack, Image.uri("a" * 256))


def test_conda_environment_has_a_python_of_its_own(stack: cdk.Stack) -> None:
    """Which is not that of the image."""
    image = Image.sagemaker_distribution("2.0")
    found = algorithm_of(stack, image, job_conda_env="mine")
    assert found["ContainerEntrypoint"][-3] == "python3"
    assert effective_image(StepSettings(image_uri=image, job_conda_env="mine")).python is None
