"""Steps that are requests: what the service gets, what their roles may do, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from constructs_lib import (
    CacheConfig,
    CallbackOutput,
    CallbackStep,
    ClarifyCheckStep,
    ConditionGreaterThan,
    ConditionStep,
    EMRServerlessStep,
    EMRStep,
    EMRStepConfig,
    EndpointConfigStep,
    EndpointStep,
    FailStep,
    InferenceComponentStep,
    Join,
    JsonGet,
    LambdaOutput,
    LambdaOutputTypeEnum,
    LambdaStep,
    ModelStep,
    ParameterInteger,
    ParameterString,
    Pipeline,
    PipelineError,
    ProcessingStep,
    PropertyFile,
    QualityCheckStep,
    RegisterModel,
    StepDependency,
    StepError,
    TrainingStep,
    TransformStep,
    TriggerCondition,
    TuningStep,
    get_step,
    step,
)
from tests.unit.cdk.test_pipeline import definition_of

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}


def processing(**more: Any) -> dict[str, Any]:
    """Return a CreateProcessingJob request."""
    return {
        "AppSpecification": {"ImageUri": IMAGE},
        "ProcessingResources": {"ClusterConfig": dict(CLUSTER)},
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "train",
                    "S3Output": {
                        "S3Uri": "s3://data/train/",
                        "LocalPath": "/opt/ml/processing/train",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        **more,
    }


def training(**more: Any) -> dict[str, Any]:
    """Return a CreateTrainingJob request."""
    return {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://models/out"},
        "ResourceConfig": dict(CLUSTER),
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **more,
    }


def channel(uri: Any) -> list[dict[str, Any]]:
    """Return the InputDataConfig of one channel."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]


@step
def evaluate(model_uri, count=1):
    return {"auc": 0.9, "instances": 2}


@pytest.fixture
def stack() -> cdk.Stack:
    env = cdk.Environment(account="123456789012", region="eu-west-1")
    return cdk.Stack(cdk.App(), "Training", env=env)


def steps_of(stack: cdk.Stack, *leaves: Any, **settings: Any) -> dict[str, Any]:
    """Return the definition's steps by name."""
    Pipeline(stack, "P", steps=list(leaves), **settings)
    return {one["Name"]: one for one in definition_of(stack)["Steps"]}


def role_of(stack: cdk.Stack, name: str) -> str:
    """Return the JSON of the role that was made for a step."""
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    (role,) = (role for logical, role in roles.items() if logical.startswith(f"PSteps{name}"))
    return json.dumps(role)


def test_properties_connect_classic_steps_and_functions(stack: cdk.Stack) -> None:
    """Values flow both ways, with dependencies, without anything said twice."""
    prepare = ProcessingStep("Prepare", processing())
    uri = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    train = TrainingStep("Train", training(InputDataConfig=channel(uri)))
    result = evaluate(
        train.properties.ModelArtifacts.S3ModelArtifacts,
        prepare.properties.ProcessingResources.ClusterConfig.InstanceCount,
    )
    again = TrainingStep(
        "Again",
        training(
            ResourceConfig={**CLUSTER, "InstanceCount": result["instances"]},
            HyperParameters={"auc": result["auc"], "model": "x"},
        ),
    )
    found = steps_of(stack, again)
    source = found["Train"]["Arguments"]["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == {
        "Get": "Steps.Prepare.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"
    }
    assert found["Train"]["DependsOn"] == ["Prepare"]
    assert found["evaluate"]["Arguments"]["HyperParameters"] == {
        "model_uri": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        "count": {
            "Std:Join": {
                "On": "",
                "Values": [
                    {"Get": "Steps.Prepare.ProcessingResources.ClusterConfig.InstanceCount"}
                ],
            }
        },
    }
    assert found["evaluate"]["DependsOn"] == ["Prepare", "Train"]
    resources = found["Again"]["Arguments"]["ResourceConfig"]
    assert resources["InstanceCount"]["Std:JsonGet"]["Path"] == "Result['instances']"
    assert list(found["Again"]["Arguments"]["HyperParameters"]["auc"]) == ["Std:Join"]
    assert found["Again"]["DependsOn"] == ["evaluate"]


def test_role_is_made_with_what_the_request_needs(stack: cdk.Stack) -> None:
    """It reads inputs and what producers wrote, writes outputs, pulls its image, logs."""
    raw = s3.Bucket(stack, "Raw")
    inputs = [
        {
            "InputName": "raw",
            "S3Input": {
                "S3Uri": f"s3://{raw.bucket_name}/table/",
                "LocalPath": "/opt/ml/processing/raw",
                "S3DataType": "S3Prefix",
                "S3InputMode": "File",
            },
        }
    ]
    prepare = ProcessingStep("Prepare", processing(ProcessingInputs=inputs))
    uri = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    found = steps_of(stack, TrainingStep("Train", training(InputDataConfig=channel(uri))))
    assert found["Prepare"]["Arguments"]["ProcessingJobName"] == "training-p-prepare"
    own = role_of(stack, "Prepare")
    for part in (
        "/table/*",
        "data/train/*",
        "repository/image",
        "/aws/sagemaker/ProcessingJobs",
        "processing-job/training-p-prepare-*",
    ):
        assert part in own
    other = role_of(stack, "Train")
    assert "data/train/*" in other
    assert "models/out/*" in other
    assert "/table/*" not in other
    pipeline = json.dumps(
        [
            role
            for name, role in Template.from_stack(stack).find_resources("AWS::IAM::Role").items()
            if name.startswith("PRole")
        ]
    )
    assert "sagemaker:CreateProcessingJob" in pipeline
    assert "processing-job/training-p-*" in pipeline
    assert "sagemaker:StopTrainingJob" in pipeline


def test_own_role_stays(stack: cdk.Stack) -> None:
    """A role in the request is used and passed; none is made, and what it needs can be asked."""
    arn = "arn:aws:iam::123456789012:role/team"
    pipeline = Pipeline(stack, "P", steps=[ProcessingStep("Prepare", processing(RoleArn=arn))])
    (found,) = definition_of(stack)["Steps"]
    assert found["Arguments"]["RoleArn"] == arn
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    assert [name for name in roles if name.startswith("PSteps")] == []
    assert arn in json.dumps(roles)
    assert "data/train/*" in json.dumps(stack.resolve(pipeline.step("Prepare").policy_document))


def test_role_that_is_known_later_has_no_permissions(stack: cdk.Stack) -> None:
    """A role that a parameter names can be granted nothing."""
    arn = ParameterString("Role")
    request = processing(RoleArn=arn)
    pipeline = Pipeline(stack, "P", steps=[ProcessingStep("Prepare", request)], parameters=[arn])
    with pytest.raises(StepError, match="no such step with a role that is known"):
        pipeline.step("Prepare")


def test_grants_work_as_for_functions(stack: cdk.Stack) -> None:
    """A classic step is a principal."""
    pipeline = Pipeline(stack, "P", steps=[ProcessingStep("Prepare", processing())])
    s3.Bucket(stack, "More").grant_read(pipeline.step("Prepare"))
    policies = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Policy"))
    assert "PStepsPrepareRole" in policies


def test_property_files_decide(stack: cdk.Stack) -> None:
    """JsonGet reads them, by step or by name; the pipeline's role may."""
    report = PropertyFile("Report", output_name="train", path="report.json")
    check = ProcessingStep("Check", processing(), property_files=[report])
    conditions = [
        ConditionGreaterThan(JsonGet(check, report, "metrics.auc"), 0.9),
        ConditionGreaterThan(JsonGet("Check", "Report", "metrics.f1"), 0.9),
    ]
    gate = ConditionStep("Gate", conditions=conditions, else_steps=[FailStep("Stop")])
    found = steps_of(stack, check, gate)
    assert found["Check"]["PropertyFiles"] == [
        {"PropertyFileName": "Report", "OutputName": "train", "FilePath": "report.json"}
    ]
    first, second = found["Gate"]["Arguments"]["Conditions"]
    assert first["LeftValue"] == {
        "Std:JsonGet": {
            "PropertyFile": {"Get": "Steps.Check.PropertyFiles.Report"},
            "Path": "metrics.auc",
        }
    }
    assert second["LeftValue"]["Std:JsonGet"]["Path"] == "metrics.f1"
    assert found["Gate"]["DependsOn"] == ["Check"]


def test_lambda_and_callback(stack: cdk.Stack) -> None:
    """Flat inputs, named outputs, and the permission to ask."""
    code = lambda_.Code.from_inline("def f(e, c): return {}")
    function = lambda_.Function(
        stack, "F", code=code, handler="index.f", runtime=lambda_.Runtime.PYTHON_3_12
    )
    queue = sqs.Queue(stack, "Q")
    count = LambdaOutput("count", LambdaOutputTypeEnum.Integer)
    ask = LambdaStep("Ask", function, inputs={"a": 1, "b": ParameterString("B")}, outputs=[count])
    wait = CallbackStep(
        "Wait",
        queue,
        inputs={"n": ask.properties.Outputs["count"]},
        outputs=[CallbackOutput("answer")],
    )
    result = evaluate(wait.properties.Outputs["answer"])
    found = steps_of(stack, result, parameters=[ParameterString("B")])
    assert found["Ask"]["FunctionArn"].startswith("<F")
    assert found["Ask"]["Arguments"] == {"a": 1, "b": {"Get": "Parameters.B"}}
    assert found["Ask"]["OutputParameters"] == [{"OutputName": "count", "OutputType": "Integer"}]
    assert found["Wait"]["Arguments"] == {"n": {"Get": "Steps.Ask.OutputParameters['count']"}}
    assert found["Wait"]["SqsQueueUrl"].startswith("<Q")
    values = found["evaluate"]["Arguments"]["HyperParameters"]
    assert values["model_uri"] == {"Get": "Steps.Wait.OutputParameters['answer']"}
    roles = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    assert "lambda:InvokeFunction" in roles
    assert "sqs:SendMessage" in roles


def test_models_registration_and_transform(stack: cdk.Stack) -> None:
    """The classic path from a trained model to predictions."""
    train = TrainingStep("Train", training())
    data = train.properties.ModelArtifacts.S3ModelArtifacts
    model = ModelStep("Make", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": data}})
    predict = TransformStep(
        "Predict",
        {
            "ModelName": model.properties.ModelName,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}
            },
            "TransformOutput": {"S3OutputPath": "s3://data/out/"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
        cache_config=CacheConfig(expire_after="P1D"),
    )
    register = RegisterModel(
        "Register",
        {
            "ModelPackageGroupName": "models",
            "ModelApprovalStatus": "PendingManualApproval",
            "InferenceSpecification": {
                "Containers": [{"Image": IMAGE, "ModelDataUrl": data}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        },
    )
    found = steps_of(stack, predict, register)
    assert found["Make"]["Type"] == "Model"
    assert found["Predict"]["Arguments"]["ModelName"] == {"Get": "Steps.Make.ModelName"}
    assert found["Predict"]["CacheConfig"] == {"Enabled": True, "ExpireAfter": "P1D"}
    assert "ModelPackageName" not in found["Register"]["Arguments"]
    roles = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    for action in ("CreateModel", "CreateTransformJob", "CreateModelPackage"):
        assert f'"sagemaker:{action}"' in roles
    assert "models/out*" in role_of(stack, "Make")


def trusted_for(stack: cdk.Stack, step: str) -> list[str]:
    """Return what SageMaker may use a step's role for."""
    roles = Template.from_stack(stack).find_resources("AWS::IAM::Role")
    (role,) = (role for name, role in roles.items() if f"Steps{step}Role" in name)
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(statement["Condition"]["StringEquals"]) == {"aws:SourceAccount"}
    given = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    arns = given if isinstance(given, list) else [given]
    return [arn["Fn::Join"][1][-1].split(":", 4)[-1] for arn in arns]


def test_transform_job_runs_with_the_role_of_its_model(stack: cdk.Stack) -> None:
    """What it reads, writes, logs and encrypts with is granted to the model's role."""
    model = ModelStep("Make", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://m/a"}})
    key = "arn:aws:kms:eu-west-1:123456789012:key/k"
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}
    predict = TransformStep(
        "Predict",
        {
            "ModelName": model.properties.ModelName,
            "TransformInput": {"DataSource": {"S3DataSource": source}},
            "TransformOutput": {"S3OutputPath": "s3://data/out/", "KmsKeyId": key},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    )
    other = ModelStep("Other", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://m/b"}})
    steps_of(stack, predict, other)
    for text in ("data/in/*", "data/out/*", "/aws/sagemaker/TransformJobs", "predict-*", key):
        assert text in role_of(stack, "Make")
        assert text not in role_of(stack, "Other")


def test_endpoint_runs_with_the_role_of_its_model(stack: cdk.Stack) -> None:
    """Its log, what it captures and answers, and whom it notifies; its storage is its creator's."""
    keys = {name: f"arn:aws:kms:eu-west-1:123456789012:key/{name}" for name in ("disk", "data")}
    model = ModelStep("Make", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://m/a"}})
    topic = "arn:aws:sns:eu-west-1:123456789012:done"
    config = EndpointConfigStep(
        "Configure",
        {
            "EndpointConfigName": "live-1",
            "ProductionVariants": [{"VariantName": "a", "ModelName": model.properties.ModelName}],
            "KmsKeyId": keys["disk"],
            "DataCaptureConfig": {
                "InitialSamplingPercentage": 1,
                "DestinationS3Uri": "s3://data/captured",
                "KmsKeyId": keys["data"],
                "CaptureOptions": [{"CaptureMode": "Input"}],
            },
            "AsyncInferenceConfig": {
                "OutputConfig": {
                    "S3OutputPath": "s3://data/answers",
                    "NotificationConfig": {"SuccessTopic": topic},
                }
            },
        },
    )
    serve = EndpointStep("Serve", {"EndpointName": "live", "EndpointConfigName": "live-1"})
    other = ModelStep("Other", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://m/b"}})
    pipeline = Pipeline(stack, "P", steps=[model, config, serve, other])
    allowed = {
        "log-group:/aws/sagemaker/Endpoints/live:log-stream:*": "logs:PutLogEvents",
        '"cloudwatch:namespace": "/aws/sagemaker/Endpoints"': "cloudwatch:PutMetricData",
        "data/captured/*": "s3:PutObject",
        "data/answers/*": "s3:PutObject",
        topic: "sns:Publish",
        keys["data"]: "kms:GenerateDataKey",
    }
    statements = [
        json.dumps(one) for one in stack.resolve(pipeline.step("Make").policy_document)["Statement"]
    ]
    for resource, action in allowed.items():
        assert any(resource in one and action in one for one in statements), resource
        assert resource not in role_of(stack, "Other")
    assert not any("captured" in one and "s3:GetObject" in one for one in statements)
    assert not any(keys["disk"] in one for one in statements)
    own = json.dumps(stack.resolve(pipeline.policy_document))
    assert keys["disk"] in own
    assert "kms:CreateGrant" in own
    assert keys["data"] not in own


@pytest.mark.parametrize(
    ("served", "log_group"),
    [
        (
            lambda name: EndpointConfigStep(
                "Use",
                {
                    "EndpointConfigName": "c",
                    "ProductionVariants": [{"VariantName": "a", "ModelName": "elsewhere"}],
                    "ShadowProductionVariants": [{"VariantName": "b", "ModelName": name}],
                },
            ),
            "Endpoints/*",
        ),
        (
            lambda name: InferenceComponentStep(
                "Use",
                {
                    "InferenceComponentName": "part",
                    "EndpointName": "live",
                    "Specification": {"ModelName": name},
                },
            ),
            "InferenceComponents/part",
        ),
    ],
)
def test_model_logs_where_it_is_served(
    stack: cdk.Stack, served: Callable[[Any], Any], log_group: str
) -> None:
    """By any endpoint, if another pipeline makes it; as a component, under that name."""
    model = ModelStep("Make", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://m/a"}})
    steps_of(stack, served(model.properties.ModelName))
    assert f"log-group:/aws/sagemaker/{log_group}:log-stream:*" in role_of(stack, "Make")


def test_roles_are_for_what_the_service_uses_them_for(stack: cdk.Stack) -> None:
    """A tuning job's role is also its training jobs'; a model's cannot be limited by a name."""
    job = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://models/out"},
        "ResourceConfig": dict(CLUSTER),
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    limits = {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 4}
    tuning = {"Strategy": "Random", "ResourceLimits": limits}
    request = {"HyperParameterTuningJobConfig": tuning, "TrainingJobDefinition": job}
    model = ModelStep("Make", {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://m/a"}})
    found = steps_of(stack, TuningStep("Tune", request), TrainingStep("Train", training()), model)
    prefix = found["Tune"]["Arguments"]["HyperParameterTuningJobName"]
    jobs = [f"hyper-parameter-tuning-job/{prefix}-*", f"training-job/{prefix}-*"]
    assert trusted_for(stack, "Tune") == jobs
    (own,) = trusted_for(stack, "Train")
    assert own.startswith("training-job/")
    assert own.endswith("-train-*")
    assert trusted_for(stack, "Make") == ["*"]


def test_queue_by_its_url_is_the_one_that_may_be_used(stack: cdk.Stack) -> None:
    """Of a queue of the app the URL is known only when it is deployed."""
    queue = sqs.Queue(stack, "Mine")
    fixed = "https://sqs.eu-west-1.amazonaws.com/123456789012/fixed"
    steps_of(stack, CallbackStep("A", queue.queue_url), CallbackStep("B", fixed))
    text = json.dumps(Template.from_stack(stack).find_resources("AWS::IAM::Role"))
    url = {"Fn::Split": ["/", {"Ref": stack.get_logical_id(queue.node.default_child)}]}
    for index in (3, 4):
        assert json.dumps({"Fn::Select": [index, url]}) in text
    assert ":123456789012:fixed" in text


def test_pipeline_passes_roles_to_emr_only(stack: cdk.Stack) -> None:
    """A cluster's roles by name, a serverless job's by ARN, each to the service that takes it."""
    cluster = EMRStep(
        "Cluster",
        None,
        None,
        None,
        EMRStepConfig("command-runner.jar"),
        cluster_config={"ServiceRole": "Emr", "JobFlowRole": "Nodes", "Instances": {}},
    )
    job = EMRServerlessStep(
        "Job",
        {
            "ApplicationId": "00f1",
            "ExecutionRoleArn": "arn:aws:iam::111122223333:role/Job",
            "JobConfig": {"JobDriver": {"SparkSubmit": {"EntryPoint": "s3://code/app.py"}}},
        },
    )
    pipeline = Pipeline(stack, "P", steps=[cluster, job])
    statements = stack.resolve(pipeline.policy_document)["Statement"]
    passed = {
        one["Condition"]["StringEquals"]["iam:PassedToService"]: json.dumps(one["Resource"])
        for one in statements
        if one["Action"] == "iam:PassRole"
    }
    assert "role/Emr" in passed["elasticmapreduce.amazonaws.com"]
    assert "role/Nodes" in passed["ec2.amazonaws.com"]
    assert "role/Job" in passed["emr-serverless.amazonaws.com"]
    assert "sagemaker.amazonaws.com" not in passed


def test_pipeline_makes_only_what_its_requests_name(stack: cdk.Stack) -> None:
    """Groups, endpoints and clusters by name, in the case that the service writes as well."""
    register = RegisterModel("Register", {"ModelPackageGroupName": "Models"})
    config = EMRStepConfig("command-runner.jar")
    cluster = EMRStep("Cluster", None, None, "j-1", config)
    endpoint = {
        "Name": "Serve",
        "Type": "Endpoint",
        "Arguments": {"EndpointName": "live", "EndpointConfigName": "live-1"},
    }
    pipeline = Pipeline(stack, "P", steps=[register, cluster, endpoint])
    statements = stack.resolve(pipeline.policy_document)["Statement"]
    found = {str(one["Action"]): json.dumps(one["Resource"]) for one in statements}
    (models,) = (text for actions, text in found.items() if "CreateModelPackage" in actions)
    for name in ("model-package/Models/*", "model-package/models/*", "model-package-group/Models"):
        assert name in models
    (endpoints,) = (text for actions, text in found.items() if "CreateEndpoint" in actions)
    assert "endpoint/live" in endpoints
    assert "endpoint-config/live-1" in endpoints
    assert "*" not in endpoints
    (clusters,) = ((a, text) for a, text in found.items() if "elasticmapreduce" in a)
    assert "cluster/j-1" in clusters[1]
    assert "RunJobFlow" not in clusters[0]


def test_checks_and_clusters(stack: cdk.Stack) -> None:
    """What stands beside the arguments of a check, and EMR's own."""
    quality = QualityCheckStep(
        "Quality",
        processing(),
        check_type="DATA_QUALITY",
        model_package_group_name="models",
        skip_check=ParameterString("Skip"),
    )
    bias = ClarifyCheckStep(
        "Bias",
        processing(),
        check_type="DATA_BIAS",
        supplied_baseline_constraints=quality.properties.CalculatedBaselineConstraints,
    )
    config = EMRStepConfig("command-runner.jar", args=["spark-submit", "s3://code/app.py"])
    cluster = EMRStep("Cluster", None, None, "j-1", config, depends_on=[bias])
    found = steps_of(stack, cluster, parameters=[ParameterString("Skip")])
    assert found["Quality"]["CheckType"] == "DATA_QUALITY"
    assert found["Quality"]["SkipCheck"] == {"Get": "Parameters.Skip"}
    assert found["Bias"]["SuppliedBaselineConstraints"] == {
        "Get": "Steps.Quality.CalculatedBaselineConstraints"
    }
    assert found["Cluster"]["Arguments"] == {
        "StepConfig": {
            "HadoopJarStep": {
                "Jar": "command-runner.jar",
                "Args": ["spark-submit", "s3://code/app.py"],
            }
        },
        "ClusterId": "j-1",
    }


def test_tuning_has_its_own_places(stack: cdk.Stack) -> None:
    """The role stands in the job's definition; the prefix is short."""
    job = {
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://models/out"},
        "ResourceConfig": dict(CLUSTER),
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    limits = {"MaxParallelTrainingJobs": 2, "MaxNumberOfTrainingJobs": 4}
    request = {
        "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": limits},
        "TrainingJobDefinition": job,
    }
    tune = TuningStep("Tune", request)
    found = steps_of(stack, evaluate(tune.properties.BestTrainingJob.TrainingJobName))
    arguments = found["Tune"]["Arguments"]
    assert len(arguments["HyperParameterTuningJobName"]) <= 6
    assert arguments["TrainingJobDefinition"]["RoleArn"].startswith("<PStepsTune")
    assert "RoleArn" not in job


def test_dependencies_by_name_and_outcome(stack: cdk.Stack) -> None:
    """As the SDK takes them."""
    train = TrainingStep("Train", training())
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:f"
    tell = LambdaStep("Tell", arn, depends_on=[StepDependency(train, TriggerCondition.FAILED)])
    last = LambdaStep("Last", arn, depends_on=["Train"])
    found = steps_of(stack, train, tell, last)
    assert found["Tell"]["DependsOn"] == [{"Step": "Train", "Trigger": "Failed"}]
    assert found["Last"]["DependsOn"] == ["Train"]


def test_properties_of_function_steps_and_conditions(stack: cdk.Stack) -> None:
    """get_step gives the training job's properties; a condition has its outcome."""
    result = evaluate("m")
    gate = ConditionStep("Gate", conditions=[ConditionGreaterThan(result["auc"], 0.5)])
    artifacts = get_step(result).properties.ModelArtifacts.S3ModelArtifacts
    other = step(lambda a, b: None, name="other")(artifacts, gate.properties.Outcome)
    found = steps_of(stack, other)
    values = found["other"]["Arguments"]["HyperParameters"]
    assert {"Get": "Steps.evaluate.ModelArtifacts.S3ModelArtifacts"} in values.values()
    assert "Steps.Gate.Outcome" in json.dumps(values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ProcessingStep("P", {"a": object()}), "cannot be sent to the service"),
        (lambda: ProcessingStep("P", {1: "a"}), "texts as keys"),
        (
            lambda: ProcessingStep("P", processing()).properties.ProcessingJobNam,
            "Did you mean 'ProcessingJobName'",
        ),
        (lambda: TrainingStep("T", training()).properties.TrainingJobName.x, "a single value"),
        (lambda: TrainingStep("T", training()).properties.TrainingJobName[0], "has no elements"),
        (lambda: evaluate(TrainingStep("T", training()).properties), "is a group of values"),
        (lambda: f"{TrainingStep('T', training()).properties.RoleArn}", "Use Join"),
        (lambda: LambdaStep("L", "arn").properties.Outputs["x"], "declares no outputs"),
        (lambda: LambdaStep("L", None), "unusable lambda_func"),
        (lambda: JsonGet(json_path="a"), "reads one file"),
        (lambda: JsonGet(step_name="S", property_file="F"), "has no json_path"),
        (
            lambda: JsonGet(ProcessingStep("P", processing()), "F", "a"),
            "reads no file of step 'P'",
        ),
        (lambda: EMRStep("E", None, None, None, {}), "needs one cluster"),
        (lambda: StepDependency("a", "Failed"), "unusable trigger"),
    ],
)
def test_wrong_requests_are_refused_where_they_are_written(make: Any, message: str) -> None:
    """With the user's file and line."""
    with pytest.raises(StepError, match=message) as raised:
        make()
    assert "test_request_steps.py" in str(raised.value)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (processing(ProcesingInputs=[]), "Did you mean 'ProcessingInputs'"),
        (processing(AppSpecification={}), "lacks a member"),
        (processing(Environment={"A": 1}), "has the wrong type"),
        (
            processing(ProcessingResources={"ClusterConfig": {**CLUSTER, "InstanceType": "m5"}}),
            "not one of the service's values",
        ),
        (processing(Environment={"A": ParameterInteger("N")}), "undeclared parameter"),
    ],
)
def test_what_the_service_would_refuse_is_found_at_synthesis(
    stack: cdk.Stack, request_: dict[str, Any], message: str
) -> None:
    """Against botocore's model, with the step's name."""
    with pytest.raises(PipelineError, match=message) as raised:
        Pipeline(stack, "P", steps=[ProcessingStep("Prepare", request_)])
    assert "step 'Prepare'" in str(raised.value)


def test_patterns_of_java_are_read(stack: cdk.Stack) -> None:
    """Texts that the service takes are not refused for the way its model writes patterns."""
    request = {
        "ModelPackageGroupName": "g",
        "ModelPackageDescription": "A good model: 90 % (of all).",
        "CustomerMetadataProperties": {"team": "crm"},
        "SourceUri": "s3://b/x",
    }
    assert list(steps_of(stack, RegisterModel("R", request))) == ["R"]


def test_unknown_dependency_is_found(stack: cdk.Stack) -> None:
    """A name that no step has."""
    train = TrainingStep("Train", training(), depends_on=["Prepaer"])
    with pytest.raises(PipelineError, match="not in the pipeline: found 'Prepaer'"):
        Pipeline(stack, "P", steps=[train])


def test_request_is_copied(stack: cdk.Stack) -> None:
    """What the caller changes later has no effect, and nothing given is changed."""
    request = training(HyperParameters={"a": "1"})
    train = TrainingStep("Train", request)
    request["HyperParameters"]["a"] = "2"
    found = steps_of(stack, train)
    assert found["Train"]["Arguments"]["HyperParameters"] == {"a": "1"}
    assert "RoleArn" not in request


def test_variables_in_texts(stack: cdk.Stack) -> None:
    """Join and f-strings stand in any text."""
    name = ParameterString("Name")
    uri = Join("/", ["s3://models", name])
    train = TrainingStep("Train", training(OutputDataConfig={"S3OutputPath": uri}))
    other = TrainingStep(
        "Other", training(OutputDataConfig={"S3OutputPath": f"s3://models/{name}"})
    )
    found = steps_of(stack, train, other, parameters=[name])
    paths = [
        found[one]["Arguments"]["OutputDataConfig"]["S3OutputPath"]["Std:Join"]
        for one in ("Train", "Other")
    ]
    assert paths[0] == {"On": "/", "Values": ["s3://models", {"Get": "Parameters.Name"}]}
    assert paths[1] == {"On": "", "Values": ["s3://models/", {"Get": "Parameters.Name"}]}
    assert "models/*" in role_of(stack, "Train")
