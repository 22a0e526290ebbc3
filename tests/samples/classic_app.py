"""One pipeline with many kinds of steps that are requests, and functions that use resources."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from constructs_lib import (
    CallbackStep,
    EMRStep,
    EMRStepConfig,
    FileSystemInput,
    LambdaStep,
    ModelStep,
    ParameterString,
    Pipeline,
    PipelineExperimentConfig,
    ProcessingStep,
    RegisterModel,
    S3Input,
    TrainingStep,
    TransformStep,
    TuningStep,
    step,
)

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:notify"
# What stands for the programs of images.
PREPARE = (
    "import shutil; folder = '/opt/ml/processing/'; "
    "shutil.copy(folder + 'input/table.csv', folder + 'train')"
)
FIT = (
    "import os, pathlib; "
    "folder = pathlib.Path(os.environ.get('SAGEMAKER_BASE_DIR', '/opt/ml'), 'model', 'code'); "
    "folder.mkdir(); (folder / 'inference.py').write_text("
    "'model_fn = print\\ndef transform_fn(m, d, *t): return d')"
)
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}


@step
def mounted(folder):
    return len(list(folder.iterdir()))


@step
def look_up(data, bucket, table, queue):
    return [str(data), bucket, table, queue]


def make_app(account=None, region=None) -> cdk.App:
    app = cdk.App(analytics_reporting=False)
    stack = cdk.Stack(app, "Classic", env=cdk.Environment(account=account, region=region))
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
    )
    data = s3.Bucket(stack, "Data", encryption_key=key, enforce_ssl=True)
    reason = "Its users know what they read."
    cdk.Validations.of(data).acknowledge(cdk.Acknowledgment(id="AwsSolutions-S1", reason=reason))
    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    )
    dead = sqs.Queue(stack, "Dead", enforce_ssl=True)
    queue = sqs.Queue(
        stack,
        "Queue",
        enforce_ssl=True,
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=3),
    )
    reason = "It is itself for dead letters."
    cdk.Validations.of(dead).acknowledge(cdk.Acknowledgment(id="AwsSolutions-SQS3", reason=reason))
    file_system, role = ParameterString("FileSystem"), ParameterString("Role")
    image = ParameterString("Image")
    parameters = [file_system, role, image]

    prepare = ProcessingStep(
        "Prepare",
        {
            "AppSpecification": {
                "ImageUri": image,
                "ContainerEntrypoint": ["python3", "-c", PREPARE],
            },
            "ProcessingInputs": [
                {
                    "InputName": "raw",
                    "S3Input": {
                        "S3Uri": f"s3://{data.bucket_name}/in/",
                        "LocalPath": "/opt/ml/processing/input",
                        "S3DataType": "S3Prefix",
                        "S3InputMode": "File",
                    },
                }
            ],
            "ProcessingResources": {"ClusterConfig": CLUSTER},
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": "train",
                        "S3Output": {
                            "S3Uri": f"s3://{data.bucket_name}/train/",
                            "LocalPath": "/opt/ml/processing/train",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                ]
            },
        },
    )
    uri = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    training = {
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c", FIT],
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": source}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{data.bucket_name}/models"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "VpcConfig": {
            "SecurityGroupIds": ["sg-0123456789abcdef0"],
            "Subnets": ["subnet-0123456789abcdef0"],
        },
    }
    train = TrainingStep("Train", training)
    own = ("AlgorithmSpecification", "InputDataConfig", "ResourceConfig", "StoppingCondition")
    tuned = {name: training[name] for name in own}
    tuned["AlgorithmSpecification"] = {"TrainingImage": IMAGE, "TrainingInputMode": "File"}
    tuned["OutputDataConfig"] = {"S3OutputPath": f"s3://{data.bucket_name}/tuned/"}
    limits = {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 2}
    tune = TuningStep(
        "Tune",
        {
            "HyperParameterTuningJobConfig": {"Strategy": "Random", "ResourceLimits": limits},
            "TrainingJobDefinition": tuned,
        },
    )
    other = TrainingStep("Other", {**training, "RoleArn": role})
    model_data = train.properties.ModelArtifacts.S3ModelArtifacts
    container = {"Image": IMAGE, "ModelDataUrl": model_data}
    model = ModelStep("Make", {"PrimaryContainer": container})
    batch = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{data.bucket_name}/in/"}
    predict = TransformStep(
        "Predict",
        {
            "ModelName": model.properties.ModelName,
            "TransformInput": {"DataSource": {"S3DataSource": batch}},
            "TransformOutput": {"S3OutputPath": f"s3://{data.bucket_name}/out/"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    )
    register = RegisterModel(
        "Register",
        {
            "ModelPackageGroupName": "models",
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        },
    )
    spark = EMRStep("Spark", None, None, ParameterString("Cluster"), EMRStepConfig("app.jar"))
    serverless = {"Name": "Serverless", "Type": "EMRServerless", "Arguments": {}}
    notify = LambdaStep("Notify", FUNCTION)
    approve = CallbackStep("Approve", queue.queue_url)
    network = {
        "subnets": ["subnet-0123456789abcdef0"],
        "security_group_ids": ["sg-0123456789abcdef0"],
    }
    there = FileSystemInput(file_system, "EFS", "/data")
    leaves = [
        look_up(S3Input(data, "in/table.csv"), data, table, queue),
        look_up.with_options(name="isolated", enable_network_isolation=True)(1, 2, 3, 4),
        *(other, predict, tune, register, spark, notify, approve),
    ]
    # Last, because file systems cannot be mounted everywhere that this is run.
    leaves.append(serverless)
    leaves.append(mounted.with_options(**network, depends_on=leaves[:-1])(there))
    pipeline = Pipeline(
        stack,
        "Pipeline",
        steps=leaves,
        parameters=[*parameters, ParameterString("Cluster")],
        pipeline_experiment_config=PipelineExperimentConfig("classic"),
        encryption_key=key,
        vpc=vpc,
    )
    # Requests name the bucket by a text, which does not say by which key it is encrypted.
    for name in ("Prepare", "Train", "Tune", "Make"):
        key.grant(pipeline.step(name), "kms:Decrypt", "kms:GenerateDataKey")
    return app
