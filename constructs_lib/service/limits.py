"""What the service allows of a pipeline and its jobs.

API shapes InputDataConfig, HyperParameters, HyperParameterKey, HyperParameterValue,
TrainingEnvironmentMap, TrainingEnvironmentValue and PipelineDefinition.
"""

from __future__ import annotations

MOST_CHANNELS = 20
LONGEST_DESCRIPTION = 3072
MOST_HYPERPARAMETERS = 100
LONGEST_HYPERPARAMETER = 2500
LONGEST_KEY = 256
MOST_VARIABLES = 100
LONGEST_VARIABLE = 512
LONGEST_DEFINITION = 1_048_576
LONGEST_STEP_NAME = 64
# https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
MOST_PARAMETERS = 200
MOST_STEPS = 50
# https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
MOST_ITEMS = 100
MOST_CONCURRENT = 50
# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
DEFAULT_ATTEMPTS = 5
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_RESOURCES = 500
