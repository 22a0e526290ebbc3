"""Steps that ask other services: Lambda, SQS, EMR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location
from constructs_lib.model.properties import OutputProperties, Properties
from constructs_lib.model.requests import RequestStep

if TYPE_CHECKING:
    from constructs_lib.model.caching import CacheConfig
    from constructs_lib.model.retries import RetryPolicy
    from constructs_lib.model.steps import StepLike


class LambdaOutputTypeEnum(Enum):
    """Types of what a Lambda function returns."""

    String = "String"
    Integer = "Integer"
    Boolean = "Boolean"
    Float = "Float"


class CallbackOutputTypeEnum(Enum):
    """Types of what a callback answers."""

    String = "String"
    Integer = "Integer"
    Boolean = "Boolean"
    Float = "Float"


@dataclass(frozen=True)
class LambdaOutput:
    """A value that the function returns, in a flat JSON object.

    Attributes:
        output_name: Its key.
        output_type: Its type.
    """

    output_name: str
    output_type: LambdaOutputTypeEnum = LambdaOutputTypeEnum.String


@dataclass(frozen=True)
class CallbackOutput:
    """A value that is sent back with ``SendPipelineExecutionStepSuccess``.

    Attributes:
        output_name: Its name.
        output_type: Its type.
    """

    output_name: str
    output_type: CallbackOutputTypeEnum = CallbackOutputTypeEnum.String


class _Asking(RequestStep):
    """A step with flat inputs and named outputs."""

    def __init__(
        self,
        name: str,
        inputs: Mapping[str, Any] | None,
        outputs: Sequence[LambdaOutput | CallbackOutput] | None,
        **settings: Any,
    ) -> None:
        super().__init__(name, inputs or {}, **settings)
        self.outputs = tuple(outputs or ())

    @property
    def properties(self) -> Any:
        """``properties.Outputs["name"]`` are the declared outputs."""
        types = {output.output_name: output.output_type.value.lower() for output in self.outputs}
        return OutputProperties(self, types)

    def members(self) -> dict[str, Any]:
        """Return the inputs and the outputs."""
        outputs = [
            {"OutputName": output.output_name, "OutputType": output.output_type.value}
            for output in self.outputs
        ]
        return {"OutputParameters": outputs, **super().members()}


class LambdaStep(_Asking):
    """Invokes a Lambda function, which answers within 10 minutes.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-lambda

    Args:
        name: Unique in the pipeline.
        lambda_func: ``IFunction`` of the CDK, or ARN; the pipeline's role is granted to invoke it.
        inputs: What it is called with: texts, numbers, booleans and pipeline variables.
        outputs: What of its answer other steps may read.
        display_name: Shown in the console.
        description: Shown in the console.
        cache_config: When to reuse an earlier run. Default: never.
        depends_on: Steps that must have succeeded before.
    """

    step_type = "Lambda"

    def __init__(
        self,
        name: str,
        lambda_func: Any,
        display_name: str | None = None,
        description: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        outputs: Sequence[LambdaOutput] | None = None,
        cache_config: CacheConfig | None = None,
        depends_on: Sequence[StepLike] | None = None,
    ) -> None:
        super().__init__(
            name,
            inputs,
            outputs,
            display_name=display_name,
            description=description,
            cache_config=cache_config,
            depends_on=depends_on or (),
        )
        self.function_arn: str = getattr(lambda_func, "function_arn", lambda_func)
        _require_text(self, "lambda_func", self.function_arn, "a Lambda function or its ARN")

    def members(self) -> dict[str, Any]:
        """Return the function, its inputs and outputs."""
        return {"FunctionArn": self.function_arn, **super().members()}


class CallbackStep(_Asking):
    """Sends a message with a token to a queue, and waits until somebody answers with the token.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-callback

    Args:
        name: Unique in the pipeline.
        sqs_queue_url: ``IQueue`` of the CDK, or URL; the pipeline's role is granted to send.
        inputs: What the message carries: texts, numbers, booleans and pipeline variables.
        outputs: What of the answer other steps may read.
        display_name: Shown in the console.
        description: Shown in the console.
        cache_config: When to reuse an earlier run. Default: never.
        depends_on: Steps that must have succeeded before.
    """

    step_type = "Callback"

    def __init__(
        self,
        name: str,
        sqs_queue_url: Any,
        inputs: Mapping[str, Any] | None = None,
        outputs: Sequence[CallbackOutput] | None = None,
        display_name: str | None = None,
        description: str | None = None,
        cache_config: CacheConfig | None = None,
        depends_on: Sequence[StepLike] | None = None,
    ) -> None:
        super().__init__(
            name,
            inputs,
            outputs,
            display_name=display_name,
            description=description,
            cache_config=cache_config,
            depends_on=depends_on or (),
        )
        self.queue_url: str = getattr(sqs_queue_url, "queue_url", sqs_queue_url)
        self.queue_arn: str | None = getattr(sqs_queue_url, "queue_arn", None)
        _require_text(self, "sqs_queue_url", self.queue_url, "a queue or its URL")

    def members(self) -> dict[str, Any]:
        """Return the queue, its inputs and outputs."""
        return {"SqsQueueUrl": self.queue_url, **super().members()}


@dataclass(frozen=True)
class EMRStepConfig:
    """What runs on the cluster.

    Attributes:
        jar: Path of the jar, or ``command-runner.jar``.
        args: Its arguments.
        main_class: Its main class.
        properties: ``{"Key": ..., "Value": ...}`` each.
    """

    jar: str
    args: Sequence[Any] | None = None
    main_class: str | None = None
    properties: Sequence[Mapping[str, str]] | None = None

    def request(self) -> dict[str, Any]:
        """Return the ``StepConfig`` of EMR."""
        given = {
            "Jar": self.jar,
            "Args": self.args,
            "MainClass": self.main_class,
            "Properties": self.properties,
        }
        return {"HadoopJarStep": {k: v for k, v in given.items() if v is not None}}


class EMRStep(RequestStep):
    """Runs a step on an EMR cluster, a running one or one of its own.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html#step-type-emr

    Args:
        name: Unique in the pipeline.
        display_name: Shown in the console.
        description: Shown in the console.
        cluster_id: Of a running cluster; None for one that ``cluster_config`` describes.
        step_config: What runs on it.
        cluster_config: ``RunJobFlow`` request without ``Name``, ``Steps`` and
            ``AutoTerminationPolicy``.
        execution_role_arn: Role of the step, on a running cluster.
        depends_on: Steps that must have succeeded before.
        cache_config: When to reuse an earlier run. Default: never.
        retry_policies: When the service runs it again.

    Raises:
        StepError: Neither or both of the clusters are given, or the cluster's request is not its
            own.
    """

    step_type = "EMR"

    def __init__(
        self,
        name: str,
        display_name: str | None,
        description: str | None,
        cluster_id: Any,
        step_config: EMRStepConfig | Mapping[str, Any],
        depends_on: Sequence[StepLike] | None = None,
        cache_config: CacheConfig | None = None,
        cluster_config: Mapping[str, Any] | None = None,
        execution_role_arn: str | None = None,
        retry_policies: Sequence[RetryPolicy] | None = None,
    ) -> None:
        config = step_config.request() if isinstance(step_config, EMRStepConfig) else step_config
        given = {
            "StepConfig": config,
            "ClusterId": cluster_id,
            "ClusterConfig": cluster_config,
            "ExecutionRoleArn": execution_role_arn,
        }
        super().__init__(
            name,
            {key: value for key, value in given.items() if value is not None},
            display_name=display_name,
            description=description,
            depends_on=depends_on or (),
            cache_config=cache_config,
            retry_policies=retry_policies or (),
        )
        if (cluster_id is None) == (cluster_config is None):
            _refuse(
                self,
                "needs one cluster",
                "neither" if cluster_id is None else "both",
                "cluster_id or cluster_config",
            )
        if execution_role_arn is not None and cluster_id is None:
            _refuse(
                self,
                "takes a role on a running cluster only",
                "execution_role_arn",
                "execution_role_arn with cluster_id",
            )
        own = {"Name", "Steps", "AutoTerminationPolicy"} & set(cluster_config or {})
        if own:
            _refuse(
                self,
                "describes what the service sets",
                ", ".join(sorted(own)),
                "RunJobFlow without Name, Steps and AutoTerminationPolicy",
            )

    @property
    def properties(self) -> Any:
        """What EMR knows of the step."""
        return Properties(self, "", None)


class EMRServerlessStep(RequestStep):
    """Runs a job on EMR Serverless, in a running application or one of its own.

    Args:
        name: Unique in the pipeline.
        arguments: ``ApplicationId`` or ``ApplicationConfig``, ``ExecutionRoleArn``, ``JobConfig``.
        **settings: As for any :class:`~constructs_lib.model.requests.RequestStep`.
    """

    step_type = "EMRServerless"


def _require_text(step: RequestStep, name: str, value: object, allowed: str) -> None:
    if not isinstance(value, str) or not value:
        _refuse(step, f"has an unusable {name}", repr(value), allowed)


def _refuse(step: RequestStep, what: str, found: str, allowed: str) -> None:
    raise StepError(
        Fault(f"{step!r} {what}", found, allowed, "Correct the argument.", caller_location())
    )
