"""Steps that make models, register them and put them to use, from their requests."""

from __future__ import annotations

from constructs_lib.model.requests import RequestStep


class ModelStep(RequestStep):
    """A model from a ``CreateModel`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html

    Without ``ExecutionRoleArn`` a role is made for the step.
    """

    step_type = "Model"


class RegisterModel(RequestStep):
    """A model package in a model package group, from a ``CreateModelPackage`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
    """

    step_type = "RegisterModel"


class EndpointConfigStep(RequestStep):
    """An endpoint configuration from a ``CreateEndpointConfig`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
    """

    step_type = "EndpointConfig"


class EndpointStep(RequestStep):
    """An endpoint from a ``CreateEndpoint`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
    """

    step_type = "Endpoint"


class InferenceComponentStep(RequestStep):
    """An inference component from a ``CreateInferenceComponent`` request.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateInferenceComponent.html
    """

    step_type = "InferenceComponent"


class LineageStep(RequestStep):
    """Entries of SageMaker's lineage: ``Actions``, ``Artifacts``, ``Contexts``, ``Associations``.

    https://docs.aws.amazon.com/sagemaker/latest/dg/lineage-tracking-entities.html
    """

    step_type = "Lineage"
