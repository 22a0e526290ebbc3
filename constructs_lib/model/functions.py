"""Functions of the definition language that read files."""

from __future__ import annotations

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, FileGet, ObjectGet
from constructs_lib.model.job_steps import ProcessingStep, PropertyFile
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable, as_expression


class JsonGet(PipelineVariable):
    """A value in a JSON file: a property file of a processing step, or an object in S3.

    https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-propertyfile.html

    Args:
        step_name: The processing step, or its name.
        property_file: One of the step's property files, or its name.
        json_path: JSON path of the value, such as ``metrics.auc.value``.
        s3_uri: S3 URI of a JSON file, instead of step and property file; text or a variable.

    Raises:
        StepError: Neither or both of the two forms are given, or the step lacks the file.
    """

    def __init__(
        self,
        step_name: ProcessingStep | str | None = None,
        property_file: PropertyFile | str | None = None,
        json_path: str | None = None,
        s3_uri: str | PipelineVariable | None = None,
    ) -> None:
        if not isinstance(json_path, str):
            _refuse("has no json_path", repr(json_path), "a JSON path such as 'metrics.auc'")
        if (property_file is None) == (s3_uri is None):
            found = "neither" if s3_uri is None else "both"
            _refuse("reads one file", found, "step_name and property_file, or s3_uri")
        if property_file is not None and step_name is None:
            _refuse("has no step_name", "None", "the step that has the property file")
        file = property_file.name if isinstance(property_file, PropertyFile) else property_file
        if isinstance(step_name, ProcessingStep):
            known = [entry.name for entry in step_name.property_files]
            if file not in known:
                _refuse(f"reads no file of {step_name!r}", repr(file), ", ".join(known) or "none")
        self._expression: Expression = (
            ObjectGet(as_expression(s3_uri, "s3_uri of JsonGet"), str(json_path))
            if step_name is None or file is None
            else FileGet(step_name, file, str(json_path))
        )

    @property
    def expression(self) -> Expression:
        """A ``Std:JsonGet``."""
        return self._expression

    def __repr__(self) -> str:
        return f"JsonGet({self._expression!r})"

    def __str__(self) -> str:
        return self._refuse("text", 'use Join(on="", values=[...])')


def _refuse(what: str, found: str, allowed: str) -> None:
    raise StepError(
        Fault(f"JsonGet {what}", found, allowed, "Correct the arguments.", caller_location())
    )
