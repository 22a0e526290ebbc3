"""Cleanup steps: what the service gets, what the pipeline's role may delete, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from constructs_lib import (
    CacheConfig,
    CleanupStep,
    ConditionGreaterThan,
    ConditionStep,
    Join,
    JsonGet,
    LambdaStep,
    ModelStep,
    ParameterString,
    Pipeline,
    PipelineError,
    ProcessingStep,
    PropertyFile,
    S3CleanupSource,
    StepDependency,
    StepError,
    TrainingStep,
    TransformStep,
    TriggerCondition,
    get_step,
    step,
)
from tests.unit.cdk.test_pipeline import definition_of
from tests.unit.cdk.test_request_steps import channel, processing, steps_of, training

LAMBDA = "arn:aws:lambda:eu-west-1:123456789012:function:tell"
REPORT = PropertyFile("report", "train", "report.json")
OBJECT = "s3://data/train/part.csv"
ATHENA = {
    "Name": "Ask",
    "Type": "Athena",
    "Arguments": {"ResultConfiguration": {"OutputLocation": "s3://answers/a/"}},
}


@step
def load():
    return {"rows": 1}


@step
def size(rows):
    return 1


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def clean(*sources: S3CleanupSource, **more: Any) -> CleanupStep:
    """Return a cleanup step."""
    return CleanupStep("Clean", list(sources), **more)


def sources_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sources in a definition."""
    sources: list[dict[str, Any]] = found["Clean"]["Arguments"]["Resources"]["S3"]
    return sources


def permissions(stack: cdk.Stack) -> dict[str, list[str]]:
    """Return what the pipeline's role may do to which objects, as ``<bucket>/key``."""
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    (role,) = (role for logical, role in roles.items() if logical.startswith("PRole"))
    found: dict[str, list[str]] = {}
    for policy in role["Properties"].get("Policies", []):
        for statement in policy["PolicyDocument"]["Statement"]:
            action, resource = statement["Action"], statement["Resource"]
            if action == "s3:ListBucket":
                resource = [statement["Condition"]["StringLike"]["s3:prefix"]]
            if isinstance(action, str):
                listed = resource if isinstance(resource, list) else [resource]
                found.setdefault(action, []).extend(map(_text, listed))
    return found


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    ((_, argument),) = value.items()
    if not isinstance(argument, list):
        return f"<{argument}>"
    return "".join(map(_text, argument[1])).removeprefix("arn:<AWS::Partition>:s3:::")


def test_sources_are_named_and_run_before(stack: cdk.Stack) -> None:
    """By the step, the result of a call or a name; other dependencies stay."""
    prepare = ProcessingStep("Prepare", processing())
    train = TrainingStep("Train", training())
    rows = load()
    other = size(rows)
    found = steps_of(
        stack,
        prepare,
        clean(
            S3CleanupSource(train),
            S3CleanupSource(rows),
            S3CleanupSource("Prepare", [OBJECT]),
            display_name="Clean up",
            description="Deletes.",
            depends_on=[other, train],
        ),
    )
    assert found["Clean"] == {
        "Name": "Clean",
        "Type": "Cleanup",
        "DependsOn": ["Prepare", "Train", "load", "size"],
        "DisplayName": "Clean up",
        "Description": "Deletes.",
        "Arguments": {
            "Resources": {
                "S3": [
                    {"StepName": "Train"},
                    {"StepName": "load"},
                    {"StepName": "Prepare", "S3Uris": [OBJECT]},
                ]
            }
        },
    }


def test_source_waits_for_the_outcome_that_is_asked_for(stack: cdk.Stack) -> None:
    """A StepDependency in depends_on, by the step or its name, is not replaced."""
    train, other = TrainingStep("Train", training()), TrainingStep("Other", training())
    failed = StepDependency("Other", TriggerCondition.FAILED)
    always = StepDependency(train, TriggerCondition.ANY)
    both = clean(S3CleanupSource(train), S3CleanupSource(other), depends_on=[always, failed])
    assert steps_of(stack, both)["Clean"]["DependsOn"] == [
        {"Step": "Train", "Trigger": "Any"},
        {"Step": "Other", "Trigger": "Failed"},
    ]


def test_numbered_step_is_named_as_in_the_pipeline(stack: cdk.Stack) -> None:
    """The second call of a function has a name of its own."""
    found = steps_of(stack, load(), clean(S3CleanupSource(load())))
    assert sources_of(found) == [{"StepName": "load-2"}]


def test_uris_hold_variables(stack: cdk.Stack) -> None:
    """Parameters, also in f-strings, properties and joins."""
    day = ParameterString("Day", default_value="1")
    prepare = ProcessingStep("Prepare", processing())
    folder = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    uris = [f"s3://data/train/{day}.csv", Join(on="/", values=[folder, "part.csv"])]
    found = steps_of(stack, clean(S3CleanupSource(prepare, uris)), parameters=[day])
    get = "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"
    join = {"On": "", "Values": ["s3://data/train/", {"Get": "Parameters.Day"}, ".csv"]}
    assert sources_of(found)[0]["S3Uris"] == [
        {"Std:Join": join},
        {"Std:Join": {"On": "/", "Values": [{"Get": get}, "part.csv"]}},
    ]


def test_role_deletes_what_is_cleaned_only(stack: cdk.Stack) -> None:
    """The folders of the jobs of each source, or the objects that are named."""
    day = ParameterString("Day", default_value="1")
    paths = {"Train": "s3://models/out", "Slash": "s3://models/in/", "Daily": f"s3://models/{day}"}
    trains = [
        TrainingStep(name, training(OutputDataConfig={"S3OutputPath": path}))
        for name, path in paths.items()
    ]
    uris = [OBJECT, f"s3://data/train/{day}.csv"]
    prepare = ProcessingStep("Prepare", processing())
    sources = [*map(S3CleanupSource, [*trains, load()]), S3CleanupSource(prepare, uris)]
    Pipeline(stack, "P", steps=[ATHENA, clean(*sources, S3CleanupSource("Ask"))], parameters=[day])
    found = permissions(stack)
    keys = [
        "out/training-p-train-*",
        "in/training-p-slash-*",
        "*/training-p-daily-*",  # the folder is known when the pipeline runs
        "training-p/load/*",
        "train/part.csv",
        "train/*",
        "a/*",
    ]
    buckets = ["models"] * 3 + ["<PArtifacts78754C37>"] + ["data"] * 2 + ["answers"]
    expected = {f"{bucket}/{key}" for bucket, key in zip(buckets, keys, strict=True)}
    assert set(found["s3:DeleteObject"]) == expected
    assert set(found["s3:ListBucket"]) == set(keys) - {"train/part.csv"}


def test_uri_that_begins_with_an_output_is_below_it(stack: cdk.Stack) -> None:
    """The role deletes below what the source writes."""
    prepare = ProcessingStep("Prepare", processing())
    folder = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    uri = Join(on="/", values=[folder, "part.csv"])
    Pipeline(stack, "P", steps=[clean(S3CleanupSource(prepare, [uri]))])
    assert permissions(stack)["s3:DeleteObject"] == ["data/train/*"]


def test_role_deletes_for_a_cleanup_that_is_json_too(stack: cdk.Stack) -> None:
    """As for the class, where the bucket is known."""
    sources: list[dict[str, Any]] = [
        {"StepName": "load"},
        {"StepName": "Prepare", "S3Uris": [OBJECT, {"Get": "Parameters.Uri"}]},
        {"StepName": "Nobody"},
    ]
    raw = {"Name": "Clean", "Type": "Cleanup", "Arguments": {"Resources": {"S3": sources}}}
    steps = [load(), ProcessingStep("Prepare", processing()), raw]
    Pipeline(stack, "P", steps=steps, parameters=[ParameterString("Uri", default_value=OBJECT)])
    assert set(permissions(stack)["s3:DeleteObject"]) == {
        "<PArtifacts78754C37>/training-p/load/*",
        "data/train/part.csv",
        "data/train/*",
    }


def test_pipeline_without_cleanup_deletes_nothing(stack: cdk.Stack) -> None:
    """No role has the permission."""
    Pipeline(stack, "P", steps=[load()])
    assert "s3:DeleteObject" not in json.dumps(Template.from_stack(stack).to_json())


def test_bucket_of_the_stack_is_known(stack: cdk.Stack) -> None:
    """A construct's name is written before it is known."""
    bucket = s3.Bucket(stack, "Data").bucket_name
    outputs = processing()["ProcessingOutputConfig"]["Outputs"]
    outputs[0]["S3Output"]["S3Uri"] = f"s3://{bucket}/train/"
    prepare = ProcessingStep("Prepare", processing(ProcessingOutputConfig={"Outputs": outputs}))
    uri = f"s3://{bucket}/train/part.csv"
    Pipeline(stack, "P", steps=[clean(S3CleanupSource(prepare, [uri]))])
    (resource,) = permissions(stack)["s3:DeleteObject"]
    assert resource.startswith("<Data")
    assert resource.endswith(">/train/part.csv")


def _transform(name: str = "Score") -> TransformStep:
    request = {
        "ModelName": "m",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in"}}
        },
        "TransformOutput": {"S3OutputPath": "s3://data/scores"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return TransformStep(name, request)


def _by_parameter() -> ProcessingStep:
    outputs = processing()["ProcessingOutputConfig"]["Outputs"]
    outputs[0]["S3Output"]["S3Uri"] = ParameterString("Folder", default_value="s3://b/c")
    return ProcessingStep("Prepare", processing(ProcessingOutputConfig={"Outputs": outputs}))


VPC = {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
CACHED = CacheConfig(expire_after="P1D")
FAULTS: dict[str, tuple[Callable[[], list[S3CleanupSource]], str]] = {
    "nothing": (list, "'Clean' cleans up nothing: found s3_sources="),
    "unknown name": (lambda: [S3CleanupSource("lod")], "not in the pipeline: found 'lod'"),
    "model": (
        lambda: [S3CleanupSource(ModelStep("M", {}))],
        "cannot clean up 'M': found a step of type Model, allowed: function steps, Training",
    ),
    "condition": (
        lambda: [S3CleanupSource(ConditionStep("C", conditions=[ConditionGreaterThan(1, 2)]))],
        "cannot clean up 'C': found a step of type Condition",
    ),
    "processing without URIs": (
        lambda: [S3CleanupSource(ProcessingStep("Prepare", processing()))],
        "does not say what of 'Prepare' it deletes: found s3_uris=None for a Processing step",
    ),
    "transform without URIs": (
        lambda: [S3CleanupSource(_transform(), [])],
        r"does not say what of 'Score' it deletes: found s3_uris=\[\] for a Transform step",
    ),
    "function with URIs": (
        lambda: [S3CleanupSource(load(), ["s3://a/b"])],
        "names objects of 'load': found s3_uris for a Training step",
    ),
    "function with no URI": (
        lambda: [S3CleanupSource(load(), [])],
        "names objects of 'load': found s3_uris for a Training step",
    ),
    "other service": (
        lambda: [S3CleanupSource(_transform(), ["https://data/scores/a"])],
        "unusable URI for 'Score': found 'https://data/scores/a'",
    ),
    "bucket": (
        lambda: [S3CleanupSource(_transform(), ["s3://data/"])],
        "unusable URI for 'Score': found 's3://data/'",
    ),
    "folder": (
        lambda: [S3CleanupSource(_transform(), ["s3://data/scores/"])],
        "s3://bucket/key, that does not end with '/'",
    ),
    "elsewhere": (
        lambda: [S3CleanupSource(_transform(), ["s3://data/in/part.csv"])],
        "deletes what 'Score' does not write: found s3://data/in/part.csv, allowed: "
        "s3://data/scores",
    ),
    "any bucket": (
        lambda: [
            S3CleanupSource(_by_parameter(), [ParameterString("Folder", default_value="s3://b/c")])
        ],
        "would have to be allowed to delete in every bucket, for 'Prepare'",
    ),
    "training into any bucket": (
        lambda: [
            S3CleanupSource(
                TrainingStep(
                    "Train",
                    training(
                        OutputDataConfig={
                            "S3OutputPath": ParameterString("Folder", default_value="s3://b/c")
                        }
                    ),
                )
            )
        ],
        "would have to be allowed to delete in every bucket, for 'Train'",
    ),
    "training in a network": (
        lambda: [S3CleanupSource(TrainingStep("Train", training(VpcConfig=VPC)))],
        "cannot clean up 'Train': found a step whose job runs in a VPC",
    ),
    "processing in a network": (
        lambda: [
            S3CleanupSource(
                ProcessingStep("Prepare", processing(NetworkConfig={"VpcConfig": VPC})), [OBJECT]
            )
        ],
        "cannot clean up 'Prepare': found a step whose job runs in a VPC",
    ),
    "function in a network": (
        lambda: [
            S3CleanupSource(step(load.func, subnets=["subnet-1"], security_group_ids=["sg-1"])())
        ],
        "cannot clean up 'load': found a step whose job runs in a VPC",
    ),
    "cached": (
        lambda: [S3CleanupSource(TrainingStep("Train", training(), cache_config=CACHED))],
        "deletes what later executions would use again, of 'Train'",
    ),
    "cached function": (
        lambda: [S3CleanupSource(step(load.func, cache_config=CACHED)())],
        "deletes what later executions would use again, of 'load'",
    ),
}


@pytest.mark.parametrize(("sources", "message"), FAULTS.values(), ids=FAULTS)
def test_source_that_cannot_be_cleaned_is_refused(
    stack: cdk.Stack, sources: Callable[[], list[S3CleanupSource]], message: str
) -> None:
    """At synth, with the step's name and the user's line."""
    folder = ParameterString("Folder", default_value="s3://b/c")
    cleanup = clean(*sources())
    with pytest.raises(PipelineError, match=message) as raised:
        Pipeline(stack, "P", steps=[cleanup], parameters=[folder])
    (fault,) = raised.value.faults
    assert fault.location is not None
    assert "test_cleanup_steps.py" in fault.location


def test_cached_step_as_json_is_refused_too(stack: cdk.Stack) -> None:
    """Its CacheConfig is in its JSON."""
    cached = {**ATHENA, "CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
    with pytest.raises(PipelineError, match="would use again, of 'Ask'"):
        Pipeline(stack, "P", steps=[cached, clean(S3CleanupSource("Ask"))])


def test_switched_off_cache_is_none(stack: cdk.Stack) -> None:
    """Nothing is used again."""
    train = TrainingStep("Train", training(), cache_config=CacheConfig(enable_caching=False))
    assert sources_of(steps_of(stack, clean(S3CleanupSource(train)))) == [{"StepName": "Train"}]


READ = "may delete what 'Reader' has not read yet: found 'Reader' reads"


def _readers() -> dict[str, tuple[Any, Any]]:
    """Return a source and a step that reads it, in every way in which it can."""
    rows, train = load(), TrainingStep("Train", training())
    prepare = ProcessingStep("Prepare", processing(), property_files=[REPORT])
    artifacts = train.properties.ModelArtifacts.S3ModelArtifacts
    file = JsonGet(step_name="Prepare", property_file="report", json_path="n")
    raw = {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}
    return {
        "argument": (rows, step(size.func, name="Reader")(rows)),
        "decision": (
            rows,
            ConditionStep("Reader", conditions=[ConditionGreaterThan(rows["rows"], 0)]),
        ),
        "property": (train, TrainingStep("Reader", training(InputDataConfig=channel(artifacts)))),
        "file by name": (prepare, LambdaStep("Reader", LAMBDA, inputs={"n": file})),
        "json": (
            train,
            {"Name": "Reader", "Type": "Training", "Arguments": training(Environment={"A": raw})},
        ),
    }


@pytest.mark.parametrize("way", list(_readers()))
def test_step_that_may_read_later_is_refused(stack: cdk.Stack, way: str) -> None:
    """Nothing is deleted that a step still needs; the mend is accepted."""
    source, reader = _readers()[way]
    uris = [OBJECT] if isinstance(source, ProcessingStep) else None
    with pytest.raises(PipelineError, match=READ) as raised:
        Pipeline(stack, "P", steps=[reader, clean(S3CleanupSource(source, uris))])
    assert "Add 'Reader' to depends_on." in str(raised.value)

    source, reader = _readers()[way]
    again = clean(S3CleanupSource(source, uris), depends_on=["Reader"])
    Pipeline(stack, "Q", steps=[reader, again])


def test_reader_before_another_dependency_is_not_refused(stack: cdk.Stack) -> None:
    """It has ended when the cleanup starts."""
    rows = load()
    reader = size(rows)
    last = size(reader)
    Pipeline(stack, "P", steps=[clean(S3CleanupSource(rows), depends_on=[last])])


def test_condition_around_the_cleanup_has_read(stack: cdk.Stack) -> None:
    """A step in a branch runs after the decision, and never with the other branch."""
    rows = load()
    other = step(size.func, name="other")(rows)
    cleanup = clean(S3CleanupSource(rows))
    decides = ConditionGreaterThan(rows["rows"], 0)
    gate = ConditionStep("Gate", conditions=[decides], if_steps=[cleanup], else_steps=[other])
    Pipeline(stack, "P", steps=[gate])


def test_reader_in_a_branch_asks_for_the_branch(stack: cdk.Stack) -> None:
    """Outside of it, nothing can wait for the reader."""
    rows = load()
    reader = step(size.func, name="Reader")(rows)
    gate = ConditionStep("Gate", conditions=[ConditionGreaterThan(1, 0)], if_steps=[reader])
    with pytest.raises(PipelineError, match=f"{READ}.*List the step in the branch of 'Reader' too"):
        Pipeline(stack, "P", steps=[gate, clean(S3CleanupSource(rows))])


def test_properties_say_where_the_outcome_is() -> None:
    """There is nothing to read of a cleanup."""
    cleanup = clean(S3CleanupSource(load()))
    with pytest.raises(StepError, match=r"has no properties.*Metadata"):
        _ = cleanup.properties


def test_source_of_another_type_is_refused_where_it_is_written() -> None:
    """Functions, texts for lists, and steps for sources."""
    with pytest.raises(StepError, match=r"unusable step: found .*load"):
        S3CleanupSource(load)
    with pytest.raises(StepError, match="unusable s3_uris: found 's3://a/b'"):
        S3CleanupSource("Prepare", "s3://a/b")
    with pytest.raises(StepError, match="unusable s3_uris: found 1"):
        S3CleanupSource("Prepare", [1])  # type: ignore[list-item]
    with pytest.raises(StepError, match="Give S3CleanupSource"):
        clean(get_step(load()))  # type: ignore[arg-type]


def test_what_is_given_is_not_changed(stack: cdk.Stack) -> None:
    """Lists are copied; a source by name keeps its name."""
    uris, source = [OBJECT], S3CleanupSource("Prepare", [OBJECT])
    sources, waits = [source], ["Prepare"]
    cleanup = CleanupStep("Clean", sources, depends_on=waits)
    sources.clear()
    found = steps_of(stack, ProcessingStep("Prepare", processing()), cleanup)
    assert sources_of(found) == [{"StepName": "Prepare", "S3Uris": uris}]
    assert source.step == "Prepare"
    assert waits == ["Prepare"]
    assert definition_of(stack)["Steps"][-1]["DependsOn"] == ["Prepare"]
