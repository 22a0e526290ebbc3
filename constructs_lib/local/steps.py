"""What each kind of step does when its turn has come."""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from constructs_lib.exceptions import LocalRunError
from constructs_lib.local.cleanup import clean
from constructs_lib.local.conditions import StepFailedError
from constructs_lib.local.definition import StepDefinition, references
from constructs_lib.local.execution import Execution, StepRecord, now
from constructs_lib.local.expressions import Item, Scope, as_text
from constructs_lib.local.functions import LambdaFunction
from constructs_lib.local.inference_model import fetch_model
from constructs_lib.local.job import INSTALL_WHEELS, Job
from constructs_lib.local.lambda_call import LambdaCall
from constructs_lib.local.platform import Platform
from constructs_lib.local.processing_job import ProcessingJob
from constructs_lib.local.stubs import stub_properties
from constructs_lib.local.training_job import TrainingJob
from constructs_lib.local.transform_job import TransformJob
from constructs_lib.service.step_types import step_type_of

_JOBS: dict[str, type[Job]] = {
    "Training": TrainingJob,
    "Processing": ProcessingJob,
    "Transform": TransformJob,
}

_LONGEST_REASON = 500
# What reading a request raises that is none of the service's.
_MALFORMED = (
    *(ArithmeticError, AttributeError, LookupError, OSError),
    *(RecursionError, TypeError, ValueError),
)


@dataclass(frozen=True)
class Options:
    """How to run.

    Attributes:
        python: Interpreter that stands for the images' ``python3``.
        parallel: Most jobs at once; the number of processors if None.
        install: Whether the locked wheels of a step are used, in the place of what the interpreter
            has.
        grace_seconds: Time a stopped job has between SIGTERM and SIGKILL.
        stubs: Name of a step to what it leaves instead of running: properties that go before the
            made-up ones, or a function that returns them for the step's request.
    """

    python: str = sys.executable
    parallel: int | None = None
    install: bool = False
    grace_seconds: float = 120.0
    stubs: Mapping[str, Any] = field(default_factory=dict)


class StepRunner:
    """Runs single steps of an execution, and keeps what they leave for others to read.

    Args:
        execution: The record; what its steps have already left is there to be read.
        platform: Where it runs.
        options: How to run.
    """

    def __init__(self, execution: Execution, platform: Platform, options: Options) -> None:
        self._execution = execution
        self._platform = platform
        self._store = platform.store(None)
        self._options = options
        self._properties = {r.name: r.properties for r in execution.steps if r.properties}
        self._jobs: dict[str, Job | LambdaCall] = {}
        self._lock = threading.RLock()
        self._stopping = False

    def run(self, step: StepDefinition, record: StepRecord) -> None:
        """Run a step to its end.

        Raises:
            StepFailedError: It failed; with its failure reason.
            LocalRunError: Its definition refers to something that does not exist.
        """
        try:
            self._run(step, record)
        except _MALFORMED as error:
            raise _malformed(error) from error

    def _run(self, step: StepDefinition, record: StepRecord) -> None:
        scope = self._scope(step)
        if step.type == "Fail":
            raise StepFailedError(as_text(scope.evaluate(step.arguments.get("ErrorMessage", ""))))
        if step.type == "Condition":
            record.outcome = all(map(scope.holds, step.arguments["Conditions"]))
            self.publish(record, {"Outcome": record.outcome})
        elif step.type == "Cleanup" and self._stub_name(step) not in self._options.stubs:
            self._clean(step, record)
        elif step.type in _JOBS and self._stub_name(step) not in self._options.stubs:
            self._run_job(step, record)
        elif (function := self._function(step)) is not None:
            self._call(step, record, function)
        else:
            self._make_up(step, record)

    def evaluate(self, step: StepDefinition, value: Any) -> Any:
        """Return a value of a step's definition with what its expressions are worth.

        Raises:
            StepFailedError: A result has no element of a path.
            LocalRunError: An expression refers to something that does not exist.
        """
        try:
            return self._scope(step).evaluate(value)
        except _MALFORMED as error:
            raise _malformed(error) from error

    def stop(self) -> None:
        """Stop every running job, and any that would start; the second call ends them at once."""
        with self._lock:
            again, self._stopping = self._stopping, True
            for job in self._jobs.values():
                if again:
                    job.kill()
                else:
                    job.stop()

    def _clean(self, step: StepDefinition, record: StepRecord) -> None:
        request = self._scope(step).evaluate(step.arguments)
        outcome = clean(request, self._execution, self._store)
        self.publish(record, outcome)
        failures = outcome.get("FailedSteps", [])
        if failures:
            raise StepFailedError("; ".join(entry["ErrorMessage"] for entry in failures))

    def _make_up(self, step: StepDefinition, record: StepRecord) -> None:
        """Leave what a step that does not run here would leave."""
        name = self._job_name(step)
        scope = self._scope(step, name)
        request, members = scope.evaluate(step.arguments), scope.evaluate(dict(step.members))
        kind = step_type_of(step.type)
        arn = self._execution.arn_of(kind.resource or step.type.lower(), name)
        self._platform.make(step.type, arn, request, members)
        properties = stub_properties(step.type, members, request, name, arn)
        given = self._options.stubs.get(self._stub_name(step), {})
        if callable(given):
            try:
                given = given(request)
            except Exception as error:
                raise StepFailedError(f"its stub raised {type(error).__name__}: {error}") from error
        record.is_stub = True
        self.publish(record, {**properties, **given})

    def _function(self, step: StepDefinition) -> LambdaFunction | None:
        """Return the function that a Lambda step calls, if it can be called here."""
        if step.type != "Lambda" or self._stub_name(step) in self._options.stubs:
            return None
        arn = self._scope(step).evaluate(step.members.get("FunctionArn"))
        return None if arn is None else self._platform.function(arn)

    def _call(self, step: StepDefinition, record: StepRecord, function: LambdaFunction) -> None:
        event = self._scope(step).evaluate(step.arguments)
        folder = self._execution.folder
        log = folder / "logs" / f"{step.name}.log"
        call = LambdaCall(
            function,
            event,
            folder=folder / "jobs" / step.name,
            log=log,
            environment=self._platform.environment({}),
            python=self._options.python,
            grace_seconds=self._options.grace_seconds,
        )
        record.log = str(log)
        with self._running(step, call):
            record.result = call.run(step.members.get("OutputParameters", []))
        self.publish(record, {**event, "OutputParameters": record.result})

    @contextlib.contextmanager
    def _running(self, step: StepDefinition, job: Job | LambdaCall) -> Iterator[None]:
        """Let a job be stopped while it runs."""
        with self._lock:
            if self._stopping:
                raise StepFailedError("the job was stopped")
            self._jobs[step.name] = job
        try:
            yield
        except OSError as error:
            raise StepFailedError(f"its files cannot be read or written: {error}") from error
        finally:
            with self._lock:
                del self._jobs[step.name]

    def _run_job(self, step: StepDefinition, record: StepRecord) -> None:
        name = self._job_name(step)
        request = self._scope(step, name).evaluate(step.arguments)
        earlier = self._platform.recall(step, request)
        if earlier is not None:
            record.cached_from = earlier.cached_from
            record.job_name, record.output = earlier.job_name, earlier.output
            record.result = earlier.result
            self.publish(record, earlier.properties or {})
            return
        folder = self._execution.folder
        sources = self._sources(step, request)
        if sources is None:
            self._make_up(step, record)
            return
        attempt = f".attempt-{record.attempts + 1}" if record.attempts else ""
        log = folder / "logs" / f"{step.name}{attempt}.log"
        kind = step_type_of(step.type)
        job = _JOBS[step.type](
            name,
            self._execution.arn_of(str(kind.resource), name),
            request,
            folder=folder / "jobs" / step.name,
            log=log,
            environment={
                **(INSTALL_WHEELS if self._options.install else {}),
                **self._platform.environment(request),
            },
            python=self._options.python,
            grace_seconds=self._options.grace_seconds,
            **sources,
        )
        files = _property_files(step.members, request)
        record.job_name, record.log, record.properties = name, str(log), job.description()
        with self._running(step, job), self._platform.job(record):
            job.run()
            record.output = job.output
            record.result = self._result(job)
            self.publish(record, {**job.description(), **files})

    def _sources(self, step: StepDefinition, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return where a job's data is, and its model; None if the model cannot be run here."""
        if step.type != "Transform":
            return {"store": self._platform.store(request.get("RoleArn"))}
        maker = next(references(step.arguments["ModelName"]), "")
        made = self._properties.get(maker, {})
        store = self._platform.store(made.get("ExecutionRoleArn"))
        model = fetch_model(made, store, self._execution.folder / "models" / step.name)
        return None if model is None else {"store": store, "model": model}

    def publish(self, record: StepRecord, properties: dict[str, Any]) -> None:
        """Let other steps read what a step has left."""
        record.properties = properties
        self._properties[record.name] = properties

    def _stub_name(self, step: StepDefinition) -> str:
        """Return the name that a stub for a step is given under: of one iteration, or of all."""
        names = {} if step.iteration is None else step.iteration.names
        every = next((inner for inner, name in names.items() if name == step.name), step.name)
        return step.name if step.name in self._options.stubs else every

    def _job_name(self, step: StepDefinition) -> str:
        member = step_type_of(step.type).job_name
        prefix = self._scope(step).evaluate(step.arguments.get(member)) if member else None
        identifier = self._execution.execution_id
        default = f"pipelines-{identifier}-{step.name[:20].replace('_', '-')}"
        token = secrets.token_hex(5)
        return f"{prefix}-{identifier}-{token}" if prefix else f"{default}-{token}"

    def _scope(self, step: StepDefinition, job_name: str = "") -> Scope:
        execution = self._execution
        variables = {
            "PipelineName": execution.pipeline,
            "PipelineArn": execution.pipeline_arn,
            "PipelineExecutionId": execution.execution_id,
            "PipelineExecutionArn": execution.arn,
            "StartDateTime": execution.start_time,
            "CurrentDateTime": now().isoformat(),
            "TrainingJobName": job_name,
        }
        steps, others = dict(self._properties), {}
        if step.iteration is not None:
            others["ForEach"] = {"CurrentItem": Item(step.iteration.item)}
            for inner, name in step.iteration.names.items():
                steps[inner] = self._properties.get(name, {})
        return Scope(execution.parameters, variables, steps, self._store.read, others)

    def _result(self, job: Job) -> Any:
        try:
            return json.loads(job.read_output("results.json"))["Result"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None  # a result without a JSON view has nothing to show


def _malformed(error: Exception) -> StepFailedError:
    return StepFailedError(
        f"its definition is malformed: {type(error).__name__}: {str(error)[:_LONGEST_REASON]}"
    )


def _property_files(members: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the S3 URI of each property file of a processing step."""
    entries = members.get("PropertyFiles", [])
    if not entries:
        return {}
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    folders = {output["OutputName"]: output["S3Output"]["S3Uri"] for output in outputs}
    files = {}
    for entry in entries:
        if entry["OutputName"] not in folders:
            raise LocalRunError(
                f"property file {entry['PropertyFileName']!r} is in output "
                f"{entry['OutputName']!r}, which the job does not have"
            )
        folder = folders[entry["OutputName"]].rstrip("/")
        files[entry["PropertyFileName"]] = f"{folder}/{entry['FilePath'].lstrip('/')}"
    return {"PropertyFiles": files}
