"""What the Pipeline construct puts into a template."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template
from aws_cdk.aws_scheduler import ScheduleExpression

from constructs_lib import (
    CacheConfig,
    ConditionEquals,
    ConditionStep,
    FailStep,
    ParameterInteger,
    ParameterString,
    Pipeline,
    PipelineError,
    S3Input,
    StepError,
    step,
)
from constructs_lib.local.assembly import Assembly
from constructs_lib.local.platform import split_uri

ENV = cdk.Environment(account="123456789012", region="eu-west-1")


@step
def load(raw, *others):
    return {"rows": 1}


@step(instance_type="ml.c5.xlarge")
def train(frame, depth=1):
    return {"auc": 1.0}


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(cdk.App(), "Training", env=ENV)


def definition_of(stack: cdk.Stack) -> dict:
    """Return the definition as the service gets it, with tokens as <name>."""
    resources = Template.from_stack(stack).find_resources("AWS::SageMaker::Pipeline")
    (resource,) = resources.values()
    body = resource["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]
    return json.loads(_text(body))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    ((name, argument),) = value.items()
    if name == "Fn::Join":
        return argument[0].join(_text(part) for part in argument[1])
    if name == "Fn::Select" and isinstance(argument[1], list):
        return _text(argument[1][int(argument[0])])
    if name == "Ref":
        return f"<{argument}>"
    if name == "Fn::GetAtt":
        return f"<{argument[0]}>"
    return f"<{name}>"


def test_definition_holds_steps_in_order(stack: cdk.Stack) -> None:
    """The inline definition is JSON with a Training step for each call."""
    Pipeline(stack, "Tumour", steps=[train(load("x"))])
    steps = definition_of(stack)["Steps"]
    assert [(s["Name"], s["Type"], s.get("DependsOn")) for s in steps] == [
        ("load", "Training", None),
        ("train", "Training", ["load"]),
    ]
    job = steps[1]["Arguments"]
    assert job["TrainingJobName"] == "training-tumour-train"
    assert job["ResourceConfig"]["InstanceType"] == "ml.c5.xlarge"
    assert job["OutputDataConfig"]["CompressionType"] == "NONE"
    assert [channel["ChannelName"] for channel in job["InputDataConfig"]] == ["frame", "code"]


def test_code_is_pinned_by_its_hash(stack: cdk.Stack) -> None:
    """The object's key and the pin that the container checks are the bundle's sha256."""
    Pipeline(stack, "Tumour", steps=[load("x")])
    (load_step,) = definition_of(stack)["Steps"]
    job = load_step["Arguments"]
    digest, name = job["AlgorithmSpecification"]["ContainerArguments"]
    assert name == "load"
    uri = job["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri.endswith(f"/{digest}.zip")
    assert len(job["AlgorithmSpecification"]["ContainerEntrypoint"][2]) <= 256


def test_equal_bundles_are_one_asset(stack: cdk.Stack) -> None:
    """Two calls of one function with arguments of the same shape share their code object."""
    Pipeline(stack, "Tumour", steps=[train(load("x"), 1), train(load("y"), 2)])
    steps = definition_of(stack)["Steps"]
    pins = {s["Arguments"]["AlgorithmSpecification"]["ContainerArguments"][0] for s in steps}
    assert len(steps) == 4
    assert len(pins) == 2


def test_each_step_has_its_own_role(stack: cdk.Stack) -> None:
    """A step reads its inputs and its upstreams' results, and writes its own."""
    raw = s3.Bucket(stack, "Raw")
    Pipeline(stack, "Tumour", steps=[train(load(S3Input(raw, "in/table.csv")))])
    template = Template.from_stack(stack)
    roles = template.find_resources("AWS::IAM::Role")
    (load_role,) = [r for name, r in roles.items() if "Stepsload" in name]
    (train_role,) = [r for name, r in roles.items() if "Stepstrain" in name]
    read, written = json.dumps(load_role), json.dumps(train_role)
    assert "/in/table.csv*" in read
    assert "/training-tumour/load/*" in written
    assert "/training-tumour/train/*" in written
    assert "/training-tumour/train/*" not in read
    assert "/in/table.csv" not in written
    trust = load_role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert "training-job/training-tumour-load-*" in json.dumps(trust["Condition"])


def test_pipeline_role_runs_only_its_own_jobs(stack: cdk.Stack) -> None:
    """Jobs of its prefix, roles of its steps, results that its conditions read."""
    metrics = train(load("x"))
    gate = ConditionStep(
        "gate", conditions=[ConditionEquals(metrics["auc"], 1)], if_steps=[load("y")]
    )
    Pipeline(stack, "Tumour", steps=[gate])
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    (role,) = [r for name, r in roles.items() if name.startswith("TumourRole")]
    statements = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    by_action = {json.dumps(s["Action"]): s for s in statements}
    jobs = next(s for a, s in by_action.items() if "CreateTrainingJob" in a)
    assert "training-job/training-tumour-*" in json.dumps(jobs["Resource"])
    passed = by_action['"iam:PassRole"']
    assert passed["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }
    assert len(passed["Resource"]) == 3
    read = by_action['"s3:GetObject"']
    assert "/training-tumour/train/*/output/model/results.json" in json.dumps(read["Resource"])


def test_step_is_a_principal(stack: cdk.Stack) -> None:
    """``grant_*`` of any construct takes a step, at the path that names it."""
    pipeline = Pipeline(stack, "Tumour", steps=[load("x")])
    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    )
    table.grant_read_data(pipeline.step("load"))
    assert pipeline.step("load").node.path == "Training/Tumour/Steps/load"
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": Match.object_like(
                {
                    "Statement": Match.array_with(
                        [Match.object_like({"Action": Match.array_with(["dynamodb:GetItem"])})]
                    )
                }
            ),
            "Roles": [{"Ref": Match.string_like_regexp("TumourStepsloadRole.*")}],
        },
    )


def test_unknown_step_is_refused_with_a_suggestion(stack: cdk.Stack) -> None:
    """A misspelled step name names those there are."""
    pipeline = Pipeline(stack, "Tumour", steps=[load("x")])
    with pytest.raises(StepError, match=r"allowed: load\. Did you mean 'load'\?"):
        pipeline.step("laod")


def test_schedule_starts_the_pipeline_with_parameters(stack: cdk.Stack) -> None:
    """A schedule has its own role, text parameters and a bounded retry."""
    depth, name = ParameterInteger("Depth", 3), ParameterString("Name", "x")
    pipeline = Pipeline(stack, "Tumour", steps=[train(name, depth)], parameters=[depth, name])
    pipeline.add_schedule(
        "Nightly",
        ScheduleExpression.cron(hour="2", minute="0", time_zone=cdk.TimeZone.EUROPE_BERLIN),
        parameters={"Depth": 8, "Name": "<aws.scheduler.scheduled-time>"},
        enabled=False,
    )
    Template.from_stack(stack).has_resource_properties(
        "AWS::Scheduler::Schedule",
        {
            "ScheduleExpression": "cron(0 2 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "State": "DISABLED",
            "Target": Match.object_like(
                {
                    "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 3},
                    "SageMakerPipelineParameters": {
                        "PipelineParameterList": [
                            {"Name": "Depth", "Value": "8"},
                            {"Name": "Name", "Value": "<aws.scheduler.scheduled-time>"},
                        ]
                    },
                }
            ),
        },
    )


def test_schedule_without_parameters_still_has_the_list(stack: cdk.Stack) -> None:
    """The target needs the member even if it is empty."""
    Pipeline(stack, "Tumour", steps=[load("x")]).add_schedule(
        "Hourly", ScheduleExpression.rate(cdk.Duration.hours(1))
    )
    Template.from_stack(stack).has_resource_properties(
        "AWS::Scheduler::Schedule",
        {
            "Target": Match.object_like(
                {"SageMakerPipelineParameters": {"PipelineParameterList": []}}
            )
        },
    )


def test_wrong_schedule_parameters_are_reported_together(stack: cdk.Stack) -> None:
    """Unknown names, wrong types, bad lengths and missing values are faults of the schedule."""
    depth, name = ParameterInteger("Depth", 3), ParameterString("Name")
    pipeline = Pipeline(stack, "Tumour", steps=[train(name, depth)], parameters=[depth, name])
    with pytest.raises(PipelineError) as caught:
        pipeline.add_schedule(
            "Nightly",
            ScheduleExpression.rate(cdk.Duration.hours(1)),
            parameters={"Dept": 1, "Depth": "8"},
        )
    assert [fault.found for fault in caught.value.faults] == [
        "'Dept'",
        "'8' (str)",
        "no value for 'Name'",
    ]


def test_artifacts_bucket_is_private_or_the_users(stack: cdk.Stack) -> None:
    """A bucket is made encrypted, private and TLS only; one that is given is used instead."""
    Pipeline(stack, "Own", steps=[load("x")])
    mine = s3.Bucket.from_bucket_name(stack, "Mine", "my-bucket")
    Pipeline(stack, "Given", steps=[load("y")], artifacts_bucket=mine)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::S3::Bucket", 1)
    template.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    template.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": Match.any_value(),
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        },
    )


def test_source_is_shown_unless_switched_off(stack: cdk.Stack) -> None:
    """The template carries the source lines of what ships, each with its name, for reviewers."""
    Pipeline(stack, "Shown", steps=[load("x")])
    Pipeline(stack, "Hidden", steps=[load("x")], source_in_template=False)
    resources = Template.from_stack(stack).find_resources("AWS::SageMaker::Pipeline")
    shown = next(r for name, r in resources.items() if name.startswith("Shown"))
    hidden = next(r for name, r in resources.items() if name.startswith("Hidden"))
    last = shown["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Join"][1][-1]
    number, (selected, *lines) = last["Fn::Select"]
    assert (number, selected) == ("0", "}")
    assert [line for line in lines if not line.startswith("step ")] == [
        "test_pipeline.load | def load(raw, *others):",
        'test_pipeline.load |     return {"rows": 1}',
    ]
    assert "return" not in json.dumps(hidden)


def test_settings_are_shown_with_their_step(stack: cdk.Stack) -> None:
    """A diff, which shows three lines around a change, says which step has changed."""
    raw = s3.Bucket(stack, "Raw")
    first = load.with_options(instance_type="ml.c5.xlarge")(S3Input(raw, "table.csv"))
    gate = ConditionStep(
        "Gate",
        conditions=[ConditionEquals(first["rows"], 1)],
        if_steps=[step(load, name="again")(first, "x")],
    )
    Pipeline(stack, "Tumour", steps=[gate])
    (resource,) = Template.from_stack(stack).find_resources("AWS::SageMaker::Pipeline").values()
    body = resource["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Join"][1]
    shown = [line for line in body[-1]["Fn::Select"][1] if line.startswith("step ")]
    assert "step load | ResourceConfig.InstanceType: ml.c5.xlarge" in shown
    assert 'step again | DependsOn: ["load"]' in shown
    assert "step Gate | Conditions[0].RightValue: 1" in shown
    assert 'step Gate | IfSteps: ["again"]' in shown
    (source,) = (line for line in shown if "step load | InputDataConfig[raw]" in line)
    assert source.startswith(
        "step load | InputDataConfig[raw].DataSource.S3DataSource.S3Uri: s3://<Raw"
    )
    assert source.endswith(">/table.csv")
    assert not [line for line in shown if "ContainerEntrypoint" in line or "File" in line]


def test_token_arguments_are_resolved_at_deployment(stack: cdk.Stack) -> None:
    """A name that only CloudFormation knows reaches the step as text."""
    raw = s3.Bucket(stack, "Raw")
    Pipeline(stack, "Tumour", steps=[load(raw.bucket_name, {"again": [raw.bucket_name]})])
    (load_step,) = definition_of(stack)["Steps"]
    values = load_step["Arguments"]["HyperParameters"]
    assert values["raw"].startswith("<Raw")
    assert values["raw"] == values["others.0.again.0"]


def test_all_faults_are_in_one_error(stack: cdk.Stack) -> None:
    """Names, parameters and code are checked together, before anything is made."""
    wrong = load.with_options(instance_type="ml.m5.lage")("x")
    bad = load.with_options(name="a b")(ParameterInteger("Depth"), lambda: stack, wrong)
    with pytest.raises(PipelineError) as caught:
        Pipeline(stack, "Tumour", steps=[bad], pipeline_name="under_score")
    text = str(caught.value)
    for part in ("under_score", "'a b'", "'Depth'", "others.0", "ml.m5.lage"):
        assert part in text
    assert len(caught.value.faults) == 5
    assert stack.node.try_find_child("Tumour").node.children == []


def test_request_is_checked_against_the_service(stack: cdk.Stack) -> None:
    """What the service would refuse at deployment is refused at synthesis."""
    with pytest.raises(PipelineError, match="InstanceType is not one of the service's values"):
        Pipeline(stack, "T", steps=[load.with_options(instance_type="ml.m5.lage")("x")])


def test_step_of_another_pipeline_is_refused(stack: cdk.Stack) -> None:
    """A result belongs to the pipeline that runs it."""
    shared = load("x")
    Pipeline(stack, "One", steps=[shared])
    with pytest.raises(PipelineError, match="belongs to another pipeline"):
        Pipeline(stack, "Two", steps=[train(shared)])


def test_definition_over_the_services_size_is_refused(stack: cdk.Stack) -> None:
    """A definition has at most 1,048,576 characters."""
    texts = ["x" * 250] * 99
    with pytest.raises(PipelineError, match=r"definition is too long: found 1\d{6} characters"):
        Pipeline(stack, "T", steps=[load("x", *texts) for _ in range(45)])


def test_over_long_message_is_refused(stack: cdk.Stack) -> None:
    """A FailStep shows at most 3,072 characters."""
    with pytest.raises(PipelineError, match="too long a message: found 3073 characters"):
        Pipeline(stack, "T", steps=[FailStep("stop", "x" * 3073)])


def test_mixed_case_name_still_matches_what_the_service_writes(stack: cdk.Stack) -> None:
    """ARNs are lower-cased by the service; IAM compares case by case."""
    pipeline = Pipeline(stack, "T", steps=[load("x")], pipeline_name="MyPipeline")
    assert pipeline.pipeline_arn.endswith(":pipeline/mypipeline")
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    (role,) = [r for name, r in roles.items() if name.startswith("TRole")]
    trust = json.dumps(role["Properties"]["AssumeRolePolicyDocument"])
    assert ":pipeline/mypipeline/*" in trust
    assert ":pipeline/MyPipeline/*" in trust
    statements = json.dumps(role["Properties"]["Policies"])
    assert "training-job/mypipeline-*" in statements


def test_bundles_of_a_stage_are_found_from_its_manifest(tmp_path: Path) -> None:
    """A stack of a Stage registers its bundles where the stage's assembly can reach them."""
    app = cdk.App(outdir=str(tmp_path))
    stage = cdk.Stage(app, "Prod")
    Pipeline(cdk.Stack(stage, "Training"), "Tumour", steps=[load("x")])
    app.synth()
    (pipeline,) = Assembly(tmp_path).pipelines
    channel = pipeline.definition["Steps"][0]["Arguments"]["InputDataConfig"][-1]
    bucket, key = split_uri(channel["DataSource"]["S3DataSource"]["S3Uri"])
    asset = Assembly(tmp_path).asset(bucket, key)
    assert hashlib.sha256(asset.read_bytes()).hexdigest() == key.removesuffix(".zip")


@pytest.mark.parametrize("of_app", [True, False])
def test_code_is_published_as_the_stacks_synthesizer_says(tmp_path: Path, of_app: bool) -> None:
    """Also by one that the user has made, for one stack or for the whole app."""
    synthesizer = cdk.DefaultStackSynthesizer(qualifier="mine")
    app = cdk.App(outdir=str(tmp_path), default_stack_synthesizer=synthesizer if of_app else None)
    for name in ("One", "Two") if of_app else ("One",):
        stack = cdk.Stack(app, name, synthesizer=None if of_app else synthesizer)
        Pipeline(stack, "Demo", steps=[train(load(name), 3)])
    assembly = app.synth()
    files = json.loads((tmp_path / "One.assets.json").read_text())["files"].values()
    (destination,) = [
        place
        for file in files
        if file["source"]["path"].endswith(".zip")
        and file["displayName"].startswith("one-demo/load")
        for place in file["destinations"].values()
    ]
    assert destination["bucketName"] == "cdk-mine-assets-${AWS::AccountId}-${AWS::Region}"
    assert Assembly(Path(assembly.directory)).find("One/Demo").name == "one-demo"
    resources = assembly.get_stack_by_name("One").template["Resources"].values()
    assert "AWS::CloudFormation::Stack" not in {resource["Type"] for resource in resources}


def test_default_image_fits_the_region() -> None:
    """A known Region has the account in the URI, an open one looks it up; others are refused."""
    known = cdk.Stack(cdk.App(), "A", env=ENV)
    Pipeline(known, "T", steps=[load("x")])
    (rendered,) = definition_of(known)["Steps"]
    image = rendered["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
    assert image == (
        "141502667606.dkr.ecr.eu-west-1.<AWS::URLSuffix>/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"
    )
    unknown = cdk.Stack(cdk.App(), "A")
    Pipeline(unknown, "T", steps=[load("x")])
    Template.from_stack(unknown).has_mapping(
        "AccountsSagemakerScikitLearn", {"eu-west-1": {"account": "141502667606"}}
    )
    nowhere = cdk.Stack(cdk.App(), "A", env=cdk.Environment(region="mars-1"))
    with pytest.raises(PipelineError, match=r"does not offer in this Region: found .* in mars-1"):
        Pipeline(nowhere, "T", steps=[load("x")])


def test_settings_reach_the_job(stack: cdk.Stack) -> None:
    """Settings of the decorator are members of the request, variables included."""
    kind = ParameterString("Kind", "ml.m5.large")
    configured = load.with_options(
        instance_type=kind,
        volume_size=50,
        max_runtime_in_seconds=60,
        image_uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:1",
        environment_variables={"MODE": "fast", "KIND": kind},
        cache_config=CacheConfig(expire_after="P30D"),
        display_name="Load it",
        description="What it does",
    )
    Pipeline(stack, "T", steps=[configured("x")], parameters=[kind], max_parallel_execution_steps=3)
    (rendered,) = definition_of(stack)["Steps"]
    job = rendered["Arguments"]
    assert job["ResourceConfig"] == {
        "InstanceType": {"Get": "Parameters.Kind"},
        "InstanceCount": 1,
        "VolumeSizeInGB": 50,
    }
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}
    assert job["Environment"] == {"MODE": "fast", "KIND": {"Get": "Parameters.Kind"}}
    assert job["AlgorithmSpecification"]["TrainingImage"].endswith("/mine:1")
    assert rendered["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P30D"}
    assert (rendered["DisplayName"], rendered["Description"]) == ("Load it", "What it does")
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::SageMaker::Pipeline",
        {"ParallelismConfiguration": {"MaxParallelExecutionSteps": 3}},
    )
    roles = template.find_resources("AWS::IAM::Role")
    (role,) = [r for name, r in roles.items() if "Stepsload" in name]
    assert "ecr:eu-west-1:123456789012:repository/mine" in json.dumps(role)


def test_nothing_that_defeats_the_cache_is_in_its_key(stack: cdk.Stack) -> None:
    """What the service's step cache compares holds no execution id and no time."""
    Pipeline(stack, "T", steps=[train(load("x"), 3)])
    for rendered in definition_of(stack)["Steps"]:
        job = rendered["Arguments"]
        keys = ("HyperParameters", "Environment", "InputDataConfig", "AlgorithmSpecification")
        assert "Execution." not in json.dumps([job.get(key) for key in keys])


def test_empty_pipeline_is_refused(stack: cdk.Stack) -> None:
    """A pipeline runs something."""
    with pytest.raises(PipelineError, match=r"unusable steps: found \[\]"):
        Pipeline(stack, "T", steps=[])


def test_synthesis_can_be_repeated() -> None:
    """``app.synth()`` gives the same template again."""
    app = cdk.App()
    stack = cdk.Stack(app, "Training")
    Pipeline(stack, "Tumour", steps=[load("x")])
    first = app.synth().get_stack_by_name("Training").template
    assert app.synth(force=True).get_stack_by_name("Training").template == first


def test_sample_has_no_synthesis_warnings(stack: cdk.Stack) -> None:
    """A plain step gives nothing to warn about."""
    Pipeline(stack, "Tumour", steps=[load("x")])
    assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []
