"""An execution of a deployed pipeline, in an account or in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account
from constructs_lib.deployed.executions import ExecutionReader, RemoteExecution
from constructs_lib.deployed.logs import JobLog, writes_log
from constructs_lib.local.definition import Definition, parse_definition
from constructs_lib.local.execution import StepRecord, now
from constructs_lib.report import job
from constructs_lib.report.building import Makers, moment, step_run
from constructs_lib.report.contents import result_in, with_contents
from constructs_lib.report.dependencies import dependencies_of
from constructs_lib.report.limits import ImageBudget, limits_for
from constructs_lib.report.logs import cut_log
from constructs_lib.report.objects import objects_below
from constructs_lib.report.phases import phases_of
from constructs_lib.report.record import Data, Log, Run, StepRun
from constructs_lib.service.step_types import step_type_of

# Steps that are read at once.
_AT_ONCE = 8
# Events of either end of a log.
_EVENTS = 2000
_CANNOT_BE_READ = "not readable"


def read_deployed(account: Account, pipeline: str, arn: str) -> Run:
    """Return an execution with its logs and previews.

    What must not be read, such as for a permission that is missing, is said in its place.

    Args:
        account: Holds it.
        pipeline: The pipeline's name.
        arn: Of the execution.

    Raises:
        botocore.exceptions.ClientError: The execution itself must not be read.
        LocalRunError: Its definition is malformed.
    """
    sagemaker = account.client("sagemaker")
    execution = ExecutionReader(account, pipeline, arn).read()
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    answer = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    definition = parse_definition(json.loads(answer["PipelineDefinition"]))
    place = arn.split(":")
    return Run(
        pipeline=execution.pipeline,
        execution_id=execution.execution_id,
        arn=arn,
        place=f"in account {place[4]}, {place[3]}",
        is_local=False,
        status=execution.status,
        start=described["CreationTime"],
        read=now(),
        end=described["LastModifiedTime"] if execution.has_ended else None,
        reason=execution.reason or "",
        parameters=_parameters(sagemaker, arn, definition),
        steps=_Reader(account, execution, definition).steps(),
        definition=definition,
    )


def _parameters(sagemaker: Any, arn: str, definition: Definition) -> dict[str, Any]:
    pages = sagemaker.get_paginator("list_pipeline_parameters_for_execution").paginate(
        PipelineExecutionArn=arn
    )
    given = {
        entry["Name"]: entry["Value"] for page in pages for entry in page["PipelineParameters"]
    }
    return {**{p.name: p.default for p in definition.parameters}, **given}


class _Reader:
    """Reads the steps of one execution, several at once."""

    def __init__(
        self, account: Account, execution: RemoteExecution, definition: Definition
    ) -> None:
        self._account = account
        self._execution = execution
        self._waits = dependencies_of(definition)
        self._limits = limits_for(len(execution.steps))
        self._images = ImageBudget()
        # Several threads may use a client, but not make it.
        self._sagemaker, self._s3 = account.client("sagemaker"), account.client("s3")
        account.client("logs")

    def steps(self) -> tuple[StepRun, ...]:
        records = self._execution.steps
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            requests = list(pool.map(self._describe, records))
            by_name = {record.name: one for record, one in zip(records, requests, strict=True)}
            makers = Makers(by_name)
            return tuple(pool.map(lambda r: self._step(r, by_name[r.name], makers), records))

    def _step(self, record: StepRecord, request: Mapping[str, Any], makers: Makers) -> StepRun:
        arn = self._execution.jobs.get(record.name, "")
        phases = tuple(phases_of(request, moment(record.start_time), moment(record.end_time)))
        result = self._result(request)
        return step_run(
            record,
            request,
            self._waits,
            result,
            phases=phases,
            # A job with phases of another time is that of a cache hit, billed before.
            billable_seconds=request.get("BillableTimeInSeconds") if phases else None,
            inputs=tuple(self._contents(data) for data, _ in makers.inputs(request)),
            outputs=tuple(self._contents(Data(*pair)) for pair in job.outputs(request)),
            log=self._log(record.name, arn),
            job=arn.rpartition("/")[2],
        )

    def _describe(self, record: StepRecord) -> Mapping[str, Any]:
        arn, kind = self._execution.jobs.get(record.name), step_type_of(record.type)
        if arn is None or kind.response is None or kind.job_name is None:
            return {}
        describe = getattr(self._sagemaker, xform_name(kind.response))
        try:
            found: Mapping[str, Any] = describe(**{kind.job_name: arn.rpartition("/")[2]})
        except ClientError as error:
            return {_CANNOT_BE_READ: str(error)}
        return found

    def _contents(self, data: Data) -> Data:
        if data.source or not data.uri.startswith("s3://"):
            return data
        try:
            objects = objects_below(self._s3, data.uri)
            return with_contents(data, objects, self._limits, self._images)
        except ClientError as error:
            return replace(data, note=f"{_CANNOT_BE_READ}: {error}")

    def _result(self, request: Mapping[str, Any]) -> Any:
        uri = next((uri for name, uri in job.outputs(request) if name == "result"), "")
        try:
            return result_in(objects_below(self._s3, uri)) if uri.startswith("s3://") else None
        except ClientError:
            return None  # it is said where the output is listed

    def _log(self, step: str, arn: str) -> Log:
        if not arn or not writes_log(arn):
            return Log()
        execution = self._execution
        command = (
            f"constructs-lib logs {step} --pipeline {execution.pipeline} "
            f"--execution {execution.execution_id}"
        )
        try:
            head, tail = JobLog(self._account, arn).ends(_EVENTS)
        except ClientError as error:
            return Log(f"{_CANNOT_BE_READ}: {error}", place=command)
        return cut_log(head, tail, self._limits.log, command)
