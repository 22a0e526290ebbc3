"""One pipeline with every kind of step that is a request."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
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
    TrainingStep,
    TransformStep,
    TuningStep,
    get_step,
    step,
)

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
STOP = {"MaxRuntimeInSeconds": 3600}


@step
def mounted(folder):
    return len(list(folder.iterdir()))
