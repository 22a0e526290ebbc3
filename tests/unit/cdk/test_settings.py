"""Every setting of a step as the service gets it, and who wins where it is set twice."""

from __future__ import annotations

import json
import math
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template

from constructs_lib import (
    CacheConfig,
    ParameterFloat,
    ParameterInteger,
    ParameterString,
    Pipeline,
    PipelineError,
    PipelineExperimentConfig,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    SparkConfig,
    StepDefaults,
    StepError,
    StepExceptionTypeEnum,
    StepRetryPolicy,
    step,
)
from tests.unit.cdk.test_pipeline import definition_of

GROUP = {"InstanceGroupName": "big", "InstanceType": "ml.m5.large", "InstanceCount": 2}
METRIC = {"Name": "loss", "Regex": "loss=(.*)"}
PLAN = "arn:aws:sagemaker:eu-west-1:123456789012:training-plan/mine"


def work():
    return 1


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def step_of(stack: cdk.Stack, settings: dict[str, Any], **pipeline: Any) -> Any:
    """Return the definition of a pipeline's only step."""
    Pipeline(stack, "P", steps=[step(work, **settings)()], **pipeline)
    (found,) = definition_of(stack)["Steps"]
    return found


@pytest.mark.parametrize(
    ("settings", "path", "expected"),
    [
        ({"instance_type": "ml.c5.xlarge"}, "ResourceConfig.InstanceType", "ml.c5.xlarge"),
        ({"volume_size": 50}, "ResourceConfig.VolumeSizeInGB", 50),
        ({"instance_count": 2, "use_torchrun": True}, "ResourceConfig.InstanceCount", 2),
        ({"instance_count": 2, "use_mpirun": True}, "ResourceConfig.InstanceCount", 2),
        (
            {"instance_groups": [GROUP], "use_torchrun": True},
            "ResourceConfig.InstanceGroups",
            [GROUP],
        ),
        ({"keep_alive_period_in_seconds": 600}, "ResourceConfig.KeepAlivePeriodInSeconds", 600),
        ({"training_plan": PLAN}, "ResourceConfig.TrainingPlanArn", PLAN),
        (
            {"volume_kms_key": "arn:aws:kms:eu-west-1:1:key/k"},
            "ResourceConfig.VolumeKmsKeyId",
            "arn:aws:kms:eu-west-1:1:key/k",
        ),
        (
            {"output_kms_key": "arn:aws:kms:eu-west-1:1:key/k"},
            "OutputDataConfig.KmsKeyId",
            "arn:aws:kms:eu-west-1:1:key/k",
        ),
        ({"max_runtime_in_seconds": 60}, "StoppingCondition", {"MaxRuntimeInSeconds": 60}),
        (
            {"use_spot_instances": True, "max_wait_time_in_seconds": 90_000},
            "StoppingCondition",
            {"MaxRuntimeInSeconds": 86_400, "MaxWaitTimeInSeconds": 90_000},
        ),
        (
            {"use_spot_instances": True, "max_wait_time_in_seconds": 90_000},
            "EnableManagedSpotTraining",
            True,
        ),
        ({"max_retry_attempts": 3}, "RetryStrategy", {"MaximumRetryAttempts": 3}),
        (
            {"subnets": ["subnet-1"], "security_group_ids": ["sg-1"]},
            "VpcConfig",
            {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        ),
        ({"enable_network_isolation": True}, "EnableNetworkIsolation", True),
        (
            {"encrypt_inter_container_traffic": True},
            "EnableInterContainerTrafficEncryption",
            True,
        ),
        ({"tags": {"team": "a"}}, "Tags", [{"Key": "team", "Value": "a"}]),
        ({"tags": [{"Key": "team", "Value": "a"}]}, "Tags", [{"Key": "team", "Value": "a"}]),
        ({"tags": [("team", "a")]}, "Tags", [{"Key": "team", "Value": "a"}]),
        ({"metric_definitions": [METRIC]}, "AlgorithmSpecification.MetricDefinitions", [METRIC]),
        (
            {"checkpoint_s3_uri": "s3://b/points/"},
            "CheckpointConfig",
            {"S3Uri": "s3://b/points/", "LocalPath": "/opt/ml/checkpoints"},
        ),
        (
            {"checkpoint_s3_uri": "s3://b/points/", "checkpoint_local_path": "/tmp/p"},
            "CheckpointConfig.LocalPath",
            "/tmp/p",
        ),
        ({"job_name_prefix": "Mine"}, "TrainingJobName", "Mine"),
        (
            {"image_uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1"},
            "AlgorithmSpecification.TrainingImage",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a:1",
        ),
        ({"environment_variables": {"A": "b"}}, "Environment", {"A": "b"}),
    ],
)
def test_setting_reaches_the_request(
    stack: cdk.Stack, settings: dict[str, Any], path: str, expected: object
) -> None:
    """Each where CreateTrainingJob has it."""
    found = step_of(stack, settings)["Arguments"]
    for name in path.split("."):
        found = found[name]
    assert found == expected


def test_what_is_not_set_is_not_there(stack: cdk.Stack) -> None:
    """A request has no nulls and no empty members: they would show in diffs."""
    assert set(step_of(stack, {})["Arguments"]) == {
        *("TrainingJobName", "RoleArn", "InputDataConfig", "AlgorithmSpecification"),
        *("OutputDataConfig", "ResourceConfig", "StoppingCondition"),
    }


def test_conda_environment_runs_the_start_code(stack: cdk.Stack) -> None:
    """With output shown while the job runs."""
    entry = step_of(stack, {"job_conda_env": "ml"})["Arguments"]["AlgorithmSpecification"]
    start = ["conda", "run", "--no-capture-output", "-n", "ml", "python3", "-c"]
    assert entry["ContainerEntrypoint"][:-1] == start


def test_cache_and_retries_stand_beside_the_request(stack: cdk.Stack) -> None:
    """As the service's documentation writes them."""
    policies = [
        StepRetryPolicy(max_attempts=3, interval_seconds=10),
        SageMakerJobStepRetryPolicy(
            exception_types=[SageMakerJobExceptionTypeEnum.CAPACITY_ERROR],
            expire_after_mins=60,
            backoff_rate=1.5,
        ),
    ]
    found = step_of(
        stack, {"retry_policies": policies, "cache_config": CacheConfig(True, "30dT5h")}
    )
    assert found["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P30DT5H"}
    assert found["RetryPolicies"] == [
        {
            "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
            "IntervalSeconds": 10,
            "BackoffRate": 2.0,
            "MaxAttempts": 3,
        },
        {
            "ExceptionType": ["SageMaker.CAPACITY_ERROR"],
            "IntervalSeconds": 1,
            "BackoffRate": 1.5,
            "ExpireAfterMin": 60,
        },
    ]


def test_parameters_stand_where_the_service_takes_them(stack: cdk.Stack) -> None:
    """Numbers stay numbers; in texts they are joined."""
    count, kind = ParameterInteger("Count"), ParameterString("Kind")
    defaults = StepDefaults(
        instance_count=count,
        instance_type=kind,
        use_torchrun=True,
        environment_variables={"N": count},
        keep_alive_period_in_seconds=count,
    )
    found = step_of(stack, {}, parameters=[count, kind], step_defaults=defaults)["Arguments"]
    assert found["ResourceConfig"]["InstanceCount"] == {"Get": "Parameters.Count"}
    assert found["ResourceConfig"]["InstanceType"] == {"Get": "Parameters.Kind"}
    assert found["Environment"]["N"] == {
        "Std:Join": {"On": "", "Values": [{"Get": "Parameters.Count"}]}
    }


def test_undeclared_parameter_in_the_defaults_is_found(stack: cdk.Stack) -> None:
    """As in a step's own settings."""
    defaults = StepDefaults(instance_type=ParameterString("Kind"))
    with pytest.raises(PipelineError, match="undeclared parameter"):
        step_of(stack, {}, step_defaults=defaults)


def test_call_goes_before_step_before_pipeline(stack: cdk.Stack) -> None:
    """Environment and tags are merged by key, the rest is replaced; nothing given is changed."""
    environment = {"A": "pipeline", "B": "pipeline", "C": "pipeline"}
    defaults = StepDefaults(
        instance_type="ml.p3.2xlarge",
        volume_size=99,
        environment_variables=environment,
        tags={"team": "a"},
    )
    decorated = step(
        work, instance_type="ml.c5.xlarge", environment_variables={"B": "step", "C": "step"}
    )
    call = decorated.with_options(volume_size=7, environment_variables={"C": "call"})
    Pipeline(stack, "P", steps=[call(), decorated()], step_defaults=defaults)
    first, second = (one["Arguments"] for one in definition_of(stack)["Steps"])
    assert first["ResourceConfig"] == {
        "InstanceType": "ml.c5.xlarge",
        "InstanceCount": 1,
        "VolumeSizeInGB": 7,
    }
    assert first["Environment"] == {"A": "pipeline", "B": "pipeline", "C": "call"}
    assert second["Environment"] == {"A": "pipeline", "B": "step", "C": "step"}
    assert second["ResourceConfig"]["VolumeSizeInGB"] == 99
    assert first["Tags"] == [{"Key": "team", "Value": "a"}]
    assert environment == {"A": "pipeline", "B": "pipeline", "C": "pipeline"}


def test_step_waits_for_what_it_depends_on(stack: cdk.Stack) -> None:
    """``depends_on`` takes steps and results."""
    first = step(work, name="first")()
    Pipeline(stack, "P", steps=[step(work, name="last", depends_on=[first])()])
    found = definition_of(stack)["Steps"]
    assert [one.get("DependsOn") for one in found] == [None, ["first"]]


def test_constructs_stand_for_their_ids(stack: cdk.Stack) -> None:
    """Roles, keys, subnets and security groups of the CDK; the grants follow."""
    vpc = ec2.Vpc(stack, "Vpc")
    group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
    key = kms.Key(stack, "Key")
    role = iam.Role(stack, "Mine", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    settings = {
        "subnets": vpc.private_subnets,
        "security_group_ids": [group],
        "volume_kms_key": key,
        "role": role,
    }
    found = step_of(stack, settings)["Arguments"]
    assert len(found["VpcConfig"]["Subnets"]) == 3
    template = Template.from_stack(stack)
    policies = json.dumps(template.find_resources("AWS::IAM::Policy"))
    for action in ("ec2:CreateNetworkInterface", "kms:CreateGrant", "s3:PutObject"):
        assert action in policies
    assert [
        logical
        for logical in template.find_resources("AWS::IAM::Role")
        if logical.startswith("PSteps")
    ] == []


def test_role_by_its_arn_is_left_as_it_is(stack: cdk.Stack) -> None:
    """Somebody else's role gets no policies; the pipeline may pass it."""
    arn = "arn:aws:iam::123456789012:role/team"
    assert step_of(stack, {"role": arn})["Arguments"]["RoleArn"] == arn
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::IAM::Policy", 0)
    assert arn in json.dumps(template.find_resources("AWS::IAM::Role"))


def test_own_job_name_is_covered_by_the_roles(stack: cdk.Stack) -> None:
    """The pipeline may create jobs of that name, the step's role is for them."""
    step_of(stack, {"job_name_prefix": "Mine"})
    roles = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    assert roles.count("training-job/Mine-*") == 2
    assert roles.count("training-job/mine-*") == 2, "ARNs are in lower case"


def test_retry_policies_take_the_sdks_order() -> None:
    """What fails, how fast, and how often."""
    kinds = [SageMakerJobExceptionTypeEnum.CAPACITY_ERROR]
    policy = SageMakerJobStepRetryPolicy(None, kinds, 1.5, 30, None, 60)
    assert policy == SageMakerJobStepRetryPolicy(
        failure_reason_types=kinds, backoff_rate=1.5, interval_seconds=30, expire_after_mins=60
    )
    assert policy.exceptions == ("SageMaker.CAPACITY_ERROR",)
    other = StepRetryPolicy([StepExceptionTypeEnum.THROTTLING], 1.5, 30, 3)
    assert (other.backoff_rate, other.interval_seconds, other.max_attempts) == (1.5, 30, 3)
    assert other.exceptions == ("Step.THROTTLING",)


def test_experiment_is_off_unless_asked_for(stack: cdk.Stack) -> None:
    """By name, by default the pipeline's and the execution's."""
    config = PipelineExperimentConfig(experiment_name="mine")
    Pipeline(stack, "P", steps=[step(work)()], pipeline_experiment_config=config)
    assert definition_of(stack)["PipelineExperimentConfig"] == {
        "ExperimentName": "mine",
        "TrialName": {"Get": "Execution.PipelineExecutionId"},
    }
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Role",
        {
            "Policies": [
                Match.object_like(
                    {
                        "PolicyDocument": {
                            "Statement": Match.array_with(
                                [
                                    Match.object_like(
                                        {"Action": Match.array_with(["sagemaker:CreateExperiment"])}
                                    )
                                ]
                            )
                        }
                    }
                )
            ]
        },
    )


def test_variables_stand_for_keys_and_inside_lists(stack: cdk.Stack) -> None:
    """A key that is known only at the start is passed on; nothing can be granted for it."""
    key, name = ParameterString("Key"), ParameterString("Name")
    settings = {
        "volume_kms_key": key,
        "output_kms_key": key,
        "metric_definitions": [{"Name": name, "Regex": "x"}],
    }
    found = step_of(stack, settings, parameters=[key, name])["Arguments"]
    assert found["ResourceConfig"]["VolumeKmsKeyId"] == {"Get": "Parameters.Key"}
    (metric,) = found["AlgorithmSpecification"]["MetricDefinitions"]
    assert metric["Name"] == {"Get": "Parameters.Name"}


def test_more_steps_than_the_quota_are_a_warning(stack: cdk.Stack) -> None:
    """The service may refuse them; the account's own quota is not known here."""
    Pipeline(stack, "P", steps=[step(work)() for _ in range(51)])
    Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp(".*has 51 steps.*"))


def test_pipeline_tags_are_the_cdks(stack: cdk.Stack) -> None:
    """Tags.of works on a pipeline as on any construct."""
    pipeline = Pipeline(stack, "P", steps=[step(work)()])
    cdk.Tags.of(pipeline).add("team", "a")
    Template.from_stack(stack).has_resource_properties(
        "AWS::SageMaker::Pipeline", {"Tags": [{"Key": "team", "Value": "a"}]}
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"instance_count": 2}, "every instance would run the function by itself"),
        ({"instance_count": ParameterInteger("N")}, "every instance would run the function"),
        ({"use_torchrun": True, "use_mpirun": True}, "exclude each other"),
        ({"nproc_per_node": 2}, "nproc_per_node has no effect"),
        ({"subnets": ["subnet-1"]}, "subnets without security_group_ids"),
        ({"security_group_ids": ["sg-1"]}, "security_group_ids without subnets"),
        ({"max_wait_time_in_seconds": 9}, "is for spot instances"),
        ({"use_spot_instances": True}, "use_spot_instances needs a limit"),
        (
            {"use_spot_instances": True, "max_wait_time_in_seconds": 9},
            "at least 86400",
        ),
        ({"job_name_prefix": "my_job"}, "cannot begin the name of a job"),
        ({"job_conda_env": "my env"}, "no name of a conda environment"),
        (
            {"pre_execution_commands": ["ls"], "pre_execution_script": "x.sh"},
            "exclude each other",
        ),
        ({"pre_execution_script": "nowhere.sh"}, "pre-execution script cannot be used"),
        ({"spark_config": SparkConfig()}, "needs an image that has Spark"),
        ({"instance_groups": [GROUP], "instance_type": "ml.c5.xlarge"}, "instance_groups excludes"),
        ({"keep_alive_period_in_seconds": 99_999}, "at most 21600"),
        ({"instance_type": "ml.nothing"}, "not one of the service's values"),
        ({"metric_definitions": [{"Name": "x"}]}, "lacks a member"),
        ({"instance_count": 0}, "instance_count is out of range"),
        ({"nproc_per_node": 0, "use_torchrun": True}, "nproc_per_node is out of range"),
        ({"checkpoint_local_path": "/tmp/p"}, "checkpoint_local_path has no effect"),
        ({"role": "MyRole"}, "neither a role nor an ARN"),
        ({"role": 3}, "neither a role nor an ARN"),
        ({"job_name_prefix": ParameterInteger("N")}, "cannot begin the name of a job"),
        ({"description": "x" * 3073}, "unusable description: found 3073 characters"),
        ({"display_name": "x" * 257}, "unusable display_name"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    stack: cdk.Stack, settings: dict[str, Any], message: str
) -> None:
    """At synthesis, with the step's name."""
    values = [v for v in settings.values() if isinstance(v, ParameterInteger)]
    with pytest.raises(PipelineError, match=message) as raised:
        step_of(stack, settings, parameters=values)
    assert "step 'work'" in str(raised.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StepDefaults(subnets="subnet-1"), "subnets has the wrong type"),
        (lambda: StepDefaults(tags="team"), "tags has the wrong type"),
        (lambda: StepDefaults(tags=["team"]), "tags has the wrong type"),
        (lambda: StepDefaults(environment_variables=["A"]), "environment_variables has the wrong"),
        (lambda: StepDefaults(environment_variables={"A": None}), r"environment_variables\['A'\]"),
        (lambda: StepDefaults(tags={"A": None}), r"tags\['A'\] has an unusable value"),
        (lambda: StepDefaults(cache_config="P1D"), "cache_config has the wrong type"),
        (lambda: StepDefaults(retry_policies=["x"]), "retry_policies has the wrong type"),
        (lambda: StepDefaults(spark_config={}), "spark_config has the wrong type"),
        (lambda: ParameterFloat("A", math.nan), "wrong type"),
        (lambda: StepRetryPolicy(backoff_rate=math.inf), "above 0"),
        (lambda: CacheConfig(enable_caching=True), "invalid expire_after"),
        (lambda: CacheConfig(expire_after="30 days"), "invalid expire_after"),
        (lambda: CacheConfig(expire_after="P"), "invalid expire_after"),
        (lambda: CacheConfig("P30D"), "invalid enable_caching"),
        (lambda: StepRetryPolicy(max_attempts=21), "1 to 20"),
        (lambda: StepRetryPolicy(max_attempts=1, expire_after_mins=1), "one of the two"),
        (lambda: StepRetryPolicy(interval_seconds=0), "1 to 43,200"),
        (lambda: StepRetryPolicy(backoff_rate=0), "above 0"),
        (lambda: StepRetryPolicy(exception_types=["x"]), "invalid exception_types"),
        (lambda: SageMakerJobStepRetryPolicy(), "one or more"),
    ],
)
def test_values_that_cannot_be_are_refused_where_they_are_written(make: Any, message: str) -> None:
    """The error names the file and line of the user."""
    with pytest.raises(StepError, match=message) as raised:
        make()
    assert "test_settings.py" in str(raised.value)
