"""The sandbox as the platform of one execution."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from constructs_lib.local.cache import equal_jobs
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import StepDefinition
from constructs_lib.local.execution import Execution, StepRecord
from constructs_lib.local.functions import LambdaFunction
from constructs_lib.sandbox.clients import Clients
from constructs_lib.sandbox.executions.access import Access
from constructs_lib.sandbox.executions.faults import job_failure
from constructs_lib.sandbox.executions.functions import deployed_function
from constructs_lib.sandbox.executions.jobs import begin_job, end_job
from constructs_lib.sandbox.executions.logs import LogShipper
from constructs_lib.sandbox.executions.needs import asked_for, passed_role
from constructs_lib.sandbox.executions.request import ExecutionRequest
from constructs_lib.sandbox.executions.storage import BucketStore
from constructs_lib.service.step_types import step_type_of


class SandboxPlatform:
    """Data in S3, permissions of IAM, logs in CloudWatch, jobs in SageMaker.

    Args:
        request: What was started.
        execution: Its record.
        clients: Of the sandbox itself.
        earlier: Returns the executions of the same pipeline, this one included.
        slots: As many jobs run at once, of all executions.
        save: Called when a job has stored its output, so that it is not lost.
    """

    def __init__(
        self,
        request: ExecutionRequest,
        execution: Execution,
        clients: Clients,
        earlier: Callable[[], Iterable[Execution]],
        slots: threading.Semaphore,
        save: Callable[[], None],
    ) -> None:
        self._request = request
        self._execution = execution
        self._clients = clients
        self._earlier = earlier
        self._slots = slots
        self._save = save
        self._access = Access(clients.get("iam"), clients.get("s3"), request.account)

    def store(self, role: str | None) -> BucketStore:
        """Return the objects as a role sees them; None stands for the pipeline's role."""
        return BucketStore(self._clients.get("s3"), self._access, role or self._request.role_arn)

    def recall(self, step: StepDefinition, request: Mapping[str, Any]) -> StepRecord | None:
        """Return the record of an equal job, if the step is cached and there is one."""
        jobs = equal_jobs(step, request, self._earlier())
        return jobs[0][1] if jobs else None

    @contextlib.contextmanager
    def job(self, record: StepRecord) -> Iterator[None]:
        """Check what the pipeline's role needs, show the job while it runs, and how it ended.

        Raises:
            StepFailedError: The pipeline's role may not create the job or pass it its role.
        """
        self._check_roles(record)
        with self._slots:
            begin_job(self._execution, record)
            failure: str | None = "InternalServerError: ended with the sandbox"
            try:
                log, name = Path(record.log or ""), record.job_name or ""
                group = str(step_type_of(record.type).log_group)
                with LogShipper(self._clients.get("logs"), log, name, group):
                    yield
                self._save()
                failure = None
            except StepFailedError as error:
                failure = job_failure(error)
                raise
            finally:
                end_job(self._execution, record, failure)

    def function(self, arn: str) -> LambdaFunction | None:
        """Return a deployed function, if there is one in Python.

        Raises:
            StepFailedError: The pipeline's role may not call it.
        """
        self._access.require(self._request.role_arn, "lambda:InvokeFunction", arn)
        return deployed_function(arn)

    def make(
        self, step_type: str, arn: str, request: Mapping[str, Any], members: Mapping[str, Any]
    ) -> None:
        """Check what the pipeline's role needs to ask the service; nothing is made.

        Raises:
            StepFailedError: It may not, or the role that is passed cannot be assumed.
        """
        role = self._request.role_arn
        self._access.require_trust(role, self._execution.arn)
        for action, resource in asked_for(step_type, arn, request, members):
            self._access.require(role, action, resource)
        passed = passed_role(step_type, request)
        if passed is not None:
            self._pass(passed, arn)

    def environment(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Return the sandbox's address and credentials, unless the job's network is isolated."""
        return {} if request.get("EnableNetworkIsolation") else self._clients.environment

    def _check_roles(self, record: StepRecord) -> None:
        kind, (_, job) = step_type_of(record.type), self._execution.job_of(record) or ("", "")
        role = self._request.role_arn
        self._access.require_trust(role, self._execution.arn)
        self._access.require(role, f"sagemaker:{kind.operation}", job)
        self._access.require(role, "sagemaker:AddTags", job)
        passed = passed_role(record.type, record.properties or {})
        if passed is not None:
            self._pass(passed, job)
        elif (of_model := self._role_of_model(record)) is not None:
            self._access.require_trust(of_model, job)

    def _pass(self, passed: str, made: str) -> None:
        to = {"iam:PassedToService": "sagemaker.amazonaws.com"}
        self._access.require(self._request.role_arn, "iam:PassRole", passed, to)
        self._access.require_trust(passed, made)

    def _role_of_model(self, record: StepRecord) -> str | None:
        """Return the role that a transform job runs with: that of a model of this execution."""
        name = (record.properties or {}).get("ModelName")
        for step in self._execution.steps:
            made = step.properties or {}
            if step.type == "Model" and name is not None and made.get("ModelName") == name:
                return passed_role(step.type, made)
        return None
