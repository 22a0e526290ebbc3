"""The SageMaker API of pipelines and executions, in moto's place."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import ResourceNotFound, ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from constructs_lib.local.execution import NOT_RUN, WAITING, Execution, StepRecord
from constructs_lib.local.expressions import as_text
from constructs_lib.sandbox.executions.definitions import refusal
from constructs_lib.sandbox.executions.request import ExecutionRequest
from constructs_lib.sandbox.executions.service import (
    ExecutionError,
    ExecutionService,
    UnknownExecutionError,
)

_PAGE = 100
_create_pipeline = SageMakerModelBackend.create_pipeline
_update_pipeline = SageMakerModelBackend.update_pipeline
_delete_pipeline = SageMakerModelBackend.delete_pipeline


def apply(service: ExecutionService) -> None:
    """Let moto's SageMaker ask a service."""
    backend: Any = SageMakerModelBackend
    backend.create_pipeline = _create
    backend.update_pipeline = _update
    backend.delete_pipeline = lambda self, pipeline_name: _delete(self, pipeline_name, service)
    actions = {
        "describe_pipeline": _describe_pipeline,
        "start_pipeline_execution": _start,
        "stop_pipeline_execution": _stop,
        "retry_pipeline_execution": _retry,
        "describe_pipeline_execution": _describe,
        "list_pipeline_execution_steps": _list_steps,
        "list_pipeline_executions": _list,
        "list_pipeline_parameters_for_execution": _parameters,
        "describe_pipeline_definition_for_execution": _definition,
    }
    for name, action in actions.items():
        setattr(SageMakerResponse, name, _answer(action, service))


def start(
    service: ExecutionService,
    pipeline: Any,
    parameters: Sequence[dict[str, str]] = (),
    **settings: Any,
) -> str:
    """Start an execution of one of moto's pipelines and return its ARN.

    Args:
        service: Runs it.
        pipeline: moto's.
        parameters: Such as ``{"Name": "Depth", "Value": "8"}``.
        **settings: Of the :class:`ExecutionRequest`.

    Raises:
        ExecutionError: It cannot be started as asked.
    """
    arn = service.start(
        ExecutionRequest(
            pipeline=pipeline.pipeline_name,
            pipeline_arn=pipeline.arn,
            definition=_text(pipeline.pipeline_definition),
            role_arn=pipeline.role_arn,
            parameters={entry["Name"]: entry["Value"] for entry in parameters},
            **{
                "max_parallel_steps": _parallelism(pipeline.parallelism_configuration),
                **{name: value for name, value in settings.items() if value is not None},
            },
        )
    )
    pipeline.last_execution_time = datetime.fromisoformat(service.find(arn)[1].start_time).replace(
        tzinfo=None
    )
    return arn


def find_pipeline(backend: Any, name: str) -> Any:
    """Return one of moto's pipelines by name or ARN.

    Raises:
        ResourceNotFound: There is none.
    """
    for pipeline in backend.pipelines.values():
        if name in {pipeline.pipeline_name, pipeline.arn} or name.lower() == pipeline.arn:
            return pipeline
    raise ResourceNotFound(f"Pipeline {name!r} does not exist")


def _answer(
    action: Callable[[Any, ExecutionService], dict[str, Any]], service: ExecutionService
) -> Callable[[Any], ActionResult]:
    def answer(response: Any) -> ActionResult:
        with _as_service_errors():
            return ActionResult(action(response, service))

    return answer


@contextmanager
def _as_service_errors() -> Iterator[None]:
    try:
        yield
    except UnknownExecutionError as error:
        raise ResourceNotFound(str(error)) from error
    except ExecutionError as error:
        raise ValidationError(str(error)) from error


def _create(self: Any, **settings: Any) -> Any:
    pipeline = _create_pipeline(self, **settings)
    reason = refusal(_text(pipeline.pipeline_definition))
    if reason is not None:
        del self.pipelines[pipeline.pipeline_name]
        raise ValidationError(reason)
    pipeline.arn = pipeline.arn.lower()  # as the service writes it
    return pipeline


def _update(self: Any, pipeline_name: str, **settings: Any) -> str:
    pipeline = find_pipeline(self, pipeline_name)
    before = pipeline.pipeline_definition
    arn: str = _update_pipeline(self, pipeline.pipeline_name, **settings)
    reason = refusal(_text(pipeline.pipeline_definition))
    if reason is not None:
        pipeline.pipeline_definition = before
        raise ValidationError(reason)
    return arn


def _delete(self: Any, pipeline_name: str, service: ExecutionService) -> str:
    with _as_service_errors():
        service.forget(find_pipeline(self, pipeline_name).arn)
    arn: str = _delete_pipeline(self, pipeline_name)
    return arn


def _describe_pipeline(response: Any, _: ExecutionService) -> dict[str, Any]:
    backend = response.sagemaker_backend
    pipeline = find_pipeline(backend, response._get_param("PipelineName"))
    answer: dict[str, Any] = backend.describe_pipeline(pipeline.pipeline_name)
    return {**answer, "PipelineDefinition": _text(answer["PipelineDefinition"])}


def _start(response: Any, service: ExecutionService) -> dict[str, Any]:
    get = response._get_param
    selective = get("SelectiveExecutionConfig") or {}
    pipeline = find_pipeline(response.sagemaker_backend, get("PipelineName"))
    arn = start(
        service,
        pipeline,
        get("PipelineParameters") or [],
        display_name=get("PipelineExecutionDisplayName"),
        description=get("PipelineExecutionDescription"),
        max_parallel_steps=_parallelism(get("ParallelismConfiguration")),
        selected_steps=tuple(step["StepName"] for step in selective.get("SelectedSteps", [])),
        source_arn=selective.get("SourcePipelineExecutionArn"),
        token=get("ClientRequestToken"),
    )
    return {"PipelineExecutionArn": arn}


def _stop(response: Any, service: ExecutionService) -> dict[str, Any]:
    arn = response._get_param("PipelineExecutionArn")
    service.stop(arn)
    return {"PipelineExecutionArn": arn}


def _retry(response: Any, service: ExecutionService) -> dict[str, Any]:
    arn = response._get_param("PipelineExecutionArn")
    service.retry(arn, _parallelism(response._get_param("ParallelismConfiguration")))
    return {"PipelineExecutionArn": arn}


def _describe(response: Any, service: ExecutionService) -> dict[str, Any]:
    request, execution, status = service.find(response._get_param("PipelineExecutionArn"))
    selective = {
        "SourcePipelineExecutionArn": request.source_arn,
        "SelectedSteps": [{"StepName": name} for name in request.selected_steps],
    }
    most = request.max_parallel_steps
    return _present(
        {
            **_summary(request, execution, status),
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionDescription": request.description,
            "FailureReason": execution.reason and execution.reason[:1300],
            "CreationTime": _time(execution.start_time),
            "LastModifiedTime": _time(execution.end_time or execution.start_time),
            "ParallelismConfiguration": most and {"MaxParallelExecutionSteps": most},
            "SelectiveExecutionConfig": selective if request.selected_steps else None,
        }
    )


def _list(response: Any, service: ExecutionService) -> dict[str, Any]:
    pipeline = find_pipeline(response.sagemaker_backend, response._get_param("PipelineName"))
    found = [_present(_summary(*entry)) for entry in service.of_pipeline(pipeline.arn)]
    return _page(response, "PipelineExecutionSummaries", found, newest_first=True)


def _list_steps(response: Any, service: ExecutionService) -> dict[str, Any]:
    _, execution, _ = service.find(response._get_param("PipelineExecutionArn"))
    shown = [r for r in execution.steps if r.status not in {WAITING, NOT_RUN}]
    shown.sort(key=lambda record: record.start_time or "")
    steps = [_step(execution, record) for record in reversed(shown)]
    return _page(response, "PipelineExecutionSteps", steps, newest_first=True)


def _parameters(response: Any, service: ExecutionService) -> dict[str, Any]:
    request, _, _ = service.find(response._get_param("PipelineExecutionArn"))
    given = [{"Name": name, "Value": value} for name, value in request.parameters.items()]
    return _page(response, "PipelineParameters", given, newest_first=False)


def _definition(response: Any, service: ExecutionService) -> dict[str, Any]:
    request, execution, _ = service.find(response._get_param("PipelineExecutionArn"))
    return {
        "PipelineDefinition": request.definition,
        "CreationTime": _time(execution.start_time),
    }


def _summary(request: ExecutionRequest, execution: Execution, status: str) -> dict[str, Any]:
    return {
        "PipelineExecutionArn": execution.arn,
        "StartTime": _time(execution.start_time),
        "PipelineExecutionStatus": status,
        "PipelineExecutionDisplayName": request.display_name,
        "PipelineExecutionFailureReason": execution.reason and execution.reason[:1300],
    }


def _step(execution: Execution, record: StepRecord) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    job = execution.job_of(record)
    if job is not None:
        metadata = {job[0]: {"Arn": job[1]}}
    elif record.outcome is not None:
        metadata = {"Condition": {"Outcome": "True" if record.outcome else "False"}}
    elif record.type == "ForEach" and record.properties is not None:
        metadata = {"ForEach": _for_each(record.properties)}
    elif record.type == "Lambda" and not record.is_stub:
        outputs: dict[str, Any] = record.result or {}
        given = [{"Name": name, "Value": as_text(value)} for name, value in outputs.items()]
        metadata = {"Lambda": {"OutputParameters": given}}
    elif record.type == "Fail":
        metadata = {"Fail": {"ErrorMessage": record.reason or ""}}
    elif record.type == "Cleanup":
        metadata = {"Cleanup": record.properties or {}}
    cached, reused = record.cached_from, record.reused_from
    return _present(
        {
            "StepName": record.name,
            "StepStatus": record.status,
            "StartTime": _time(record.start_time),
            "EndTime": _time(record.end_time),
            "FailureReason": record.reason and record.reason[:1024],
            "AttemptCount": record.attempts,
            "Metadata": metadata,
            "CacheHitResult": cached and {"SourcePipelineExecutionArn": cached},
            "SelectiveExecutionResult": reused and {"SourcePipelineExecutionArn": reused},
            "IterationContext": record.for_each
            and {
                "ParentStepName": record.for_each,
                "Index": record.index,
                "Item": record.item,
            },
        }
    )


def _for_each(properties: dict[str, Any]) -> dict[str, Any]:
    """Return what the API shape ForEachStepMetadata has."""
    counts = {key: value for key, value in properties.items() if key.endswith("Count")}
    selected = properties.get("SelectedStep")
    return _present({"Status": properties.get("Status"), **counts, "Selector": selected})


def _page(
    response: Any, member: str, entries: list[dict[str, Any]], *, newest_first: bool
) -> dict[str, Any]:
    if newest_first and response._get_param("SortOrder") == "Ascending":
        entries = entries[::-1]
    begin = int(response._get_param("NextToken") or 0)
    end = begin + int(response._get_param("MaxResults") or _PAGE)
    following = {"NextToken": str(end)} if end < len(entries) else {}
    return {member: entries[begin:end], **following}


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _parallelism(configuration: dict[str, int] | None) -> int | None:
    return (configuration or {}).get("MaxParallelExecutionSteps")


def _text(definition: Any) -> str:
    # moto keeps a definition that it has read from S3 as an object.
    return definition if isinstance(definition, str) else json.dumps(definition)
