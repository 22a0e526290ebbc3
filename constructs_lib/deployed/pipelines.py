"""Deployed pipelines: what can be asked of one by its name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.deployed.account import Account, error_code
from constructs_lib.exceptions import RemoteError
from constructs_lib.local.definition import Definition, parse_definition
from constructs_lib.local.execution import FAILED, SUCCEEDED
from constructs_lib.local.parameters import start_values

# What a selective execution can take the other steps' outputs from.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_SelectiveExecutionConfig.html
_REUSABLE = (SUCCEEDED, FAILED)


class DeployedPipeline:
    """A pipeline of an account.

    Attributes:
        name: Its name.
        arn: Its ARN.
        definition: Its definition's JSON.

    Args:
        account: Holds it.
        name: Its name; None if the account has only one.

    Raises:
        RemoteError: There is no such pipeline, or None was given and there is not exactly one.
    """

    def __init__(self, account: Account, name: str | None) -> None:
        self._account = account
        self._sagemaker = account.client("sagemaker")
        try:
            found = self._sagemaker.describe_pipeline(PipelineName=name or self._only_name())
        except ClientError as error:
            if error_code(error) != "ResourceNotFound":
                raise
            raise RemoteError(self._unknown(str(name))) from None
        self.name: str = found["PipelineName"]
        self.arn: str = found["PipelineArn"]
        self.definition: dict[str, Any] = json.loads(found["PipelineDefinition"])

    def start(
        self,
        parameters: Mapping[str, str],
        *,
        selected: Sequence[str] = (),
        source: str | None = None,
        most_at_once: int | None = None,
        display_name: str | None = None,
    ) -> str:
        """Start an execution and return its ARN.

        Args:
            parameters: Name to text; checked before anything is sent.
            selected: Steps to run; the others' outputs are taken from an earlier execution.
                Default: all.
            source: ID or ARN of that execution. Default: the latest that succeeded or failed.
            most_at_once: Steps that run at once. Default: as the pipeline was deployed.
            display_name: Of the execution.

        Raises:
            LocalRunError: A parameter is unknown, missing or ill-typed.
            RemoteError: A selected step or the source is unknown, or a source is given and no step
                is selected.
        """
        definition = self._definition()
        start_values(definition.parameters, parameters)
        settings: dict[str, Any] = {}
        if selected:
            settings["SelectiveExecutionConfig"] = self._selection(definition, selected, source)
        elif source is not None:
            raise RemoteError("an execution to take outputs from is given, but no step to select")
        if most_at_once is not None:
            settings["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": most_at_once}
        if display_name is not None:
            settings["PipelineExecutionDisplayName"] = display_name
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        answer = self._sagemaker.start_pipeline_execution(
            PipelineName=self.name, PipelineParameters=given, **settings
        )
        arn: str = answer["PipelineExecutionArn"]
        return arn

    def executions(self, most: int) -> list[dict[str, Any]]:
        """Return the latest executions, newest first, as ``PipelineExecutionSummary``."""
        pages = self._sagemaker.get_paginator("list_pipeline_executions").paginate(
            PipelineName=self.name,
            SortBy="CreationTime",
            SortOrder="Descending",
            PaginationConfig={"MaxItems": most},
        )
        found: list[dict[str, Any]] = [s for p in pages for s in p["PipelineExecutionSummaries"]]
        return found

    def find_execution(self, wanted: str | None) -> str:
        """Return the ARN of an execution.

        Args:
            wanted: Its ID, its ARN, or None for the latest.

        Raises:
            RemoteError: There is no such execution.
        """
        if wanted is None:
            latest = self.executions(1)
            if not latest:
                raise RemoteError(f"pipeline {self.name!r} was never started")
            arn: str = latest[0]["PipelineExecutionArn"]
            return arn
        arn = wanted if wanted.startswith("arn:") else f"{self.arn}/execution/{wanted}"
        try:
            self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        except ClientError as error:
            if error_code(error) not in {"ResourceNotFound", "ValidationException"}:
                raise
            known = [s["PipelineExecutionArn"].rpartition("/")[2] for s in self.executions(5)]
            raise RemoteError(
                f"pipeline {self.name!r} has no execution {wanted!r}; "
                f"its latest: {', '.join(known) or 'none'}"
            ) from None
        return arn

    def _selection(
        self, definition: Definition, selected: Sequence[str], source: str | None
    ) -> dict[str, Any]:
        names = [step.name for step in definition.steps]
        for name in selected:
            if name not in names:
                raise RemoteError(
                    f"pipeline {self.name!r} has no step {name!r}; it has: {', '.join(names)}"
                    f"{_hint(name, names)}"
                )
        source = self._latest_reusable() if source is None else self.find_execution(source)
        return {
            "SelectedSteps": [{"StepName": name} for name in selected],
            **({"SourcePipelineExecutionArn": source} if source is not None else {}),
        }

    def _latest_reusable(self) -> str | None:
        ended = (
            summary["PipelineExecutionArn"]
            for summary in self.executions(100)
            if summary["PipelineExecutionStatus"] in _REUSABLE
        )
        return next(ended, None)

    def _definition(self) -> Definition:
        return parse_definition(self.definition)

    def _only_name(self) -> str:
        names = self._names()
        if len(names) != 1:
            listed = ", ".join(names) or "none"
            raise RemoteError(f"name the pipeline; deployed are: {listed}")
        return names[0]

    def _names(self) -> list[str]:
        return pipeline_names(self._account)

    def _unknown(self, name: str) -> str:
        names = self._names()
        if not names:
            return f"no pipeline is deployed here, so there is none called {name!r}; cdk deploy"
        listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        return f"no pipeline called {name!r} is deployed; there is: {listed}{_hint(name, names)}"


def pipeline_names(account: Account) -> list[str]:
    """Return the names of the deployed pipelines, sorted."""
    pages = account.client("sagemaker").get_paginator("list_pipelines").paginate()
    return sorted(s["PipelineName"] for page in pages for s in page["PipelineSummaries"])


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, 1)
    near = near or [other for other in known if name.lower() in other.lower()][:1]
    return f"; did you mean {near[0]!r}?" if near else ""
