"""Expressions and conditions as definition JSON."""

from __future__ import annotations

from typing import Any, TypeAlias

from constructs_lib.model.conditions import (
    Comparison,
    Condition,
    ConditionAnd,
    ConditionIn,
    ConditionNot,
    ConditionOr,
)
from constructs_lib.model.expressions import (
    Expression,
    FileGet,
    Get,
    Index,
    ItemGet,
    Iteration,
    JoinOf,
    ObjectGet,
    PropertyGet,
    ResultGet,
    StoredFile,
)
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.steps import Step
from constructs_lib.runtime.protocol import (
    LISTS_FILE,
    RESULTS_FILE,
    UPLOADED_MODEL_PREFIX,
)

JSON: TypeAlias = Any


def render_expression(expression: Expression, graph: PipelineGraph) -> JSON:
    """Return the JSON of an expression: a primitive, ``Get``, ``Std:Join`` or ``Std:JsonGet``."""
    if isinstance(expression, Get):
        return {"Get": expression.path}
    if isinstance(expression, JoinOf):
        values = [render_expression(value, graph) for value in expression.values]
        return {"Std:Join": {"On": expression.on, "Values": values}}
    if isinstance(expression, ItemGet):
        return {"Get": f"ForEach.CurrentItem{expression.path}"}
    if isinstance(expression, ResultGet):
        owner = address(expression.step, expression.iteration, graph)
        file, path = RESULTS_FILE, json_path(expression.path)
        if expression.as_list is not None:
            file, path = LISTS_FILE, _list_path(expression.path, expression.as_list)
        return {"Std:JsonGet": {"S3Uri": result_uri(owner, file), "Path": path}}
    if isinstance(expression, StoredFile):
        return result_uri(address(expression.step, expression.iteration, graph), expression.name)
    if isinstance(expression, PropertyGet):
        return {"Get": f"{address(expression.step, expression.iteration, graph)}.{expression.path}"}
    if isinstance(expression, FileGet):
        step = expression.step
        name = step if isinstance(step, str) else graph.names[step]
        property_file = {"Get": f"Steps.{name}.PropertyFiles.{expression.file}"}
        return {"Std:JsonGet": {"PropertyFile": property_file, "Path": expression.path}}
    if isinstance(expression, ObjectGet):
        uri = render_expression(expression.uri, graph)
        return {"Std:JsonGet": {"S3Uri": uri, "Path": expression.path}}
    return expression


def render_text(expression: Expression, graph: PipelineGraph) -> JSON:
    """Return the JSON of an expression where the service wants text.

    Texts stand as they are; everything else is joined to text, as the SageMaker SDK does.
    """
    rendered = render_expression(expression, graph)
    if isinstance(expression, (str, JoinOf, StoredFile)) or _is_text_variable(expression, graph):
        return rendered
    return {"Std:Join": {"On": "", "Values": [rendered]}}


def address(step: Step, iteration: Iteration | None, graph: PipelineGraph) -> str:
    """Return where the properties of a step begin, such as ``Steps.train``."""
    name = graph.names[step]
    if iteration is None:
        return f"Steps.{name}"
    if iteration.for_each is None:
        return f"IterationOutput.{name}"
    owner = f"Steps.{graph.names[iteration.for_each]}"
    if iteration.index is None:
        return f"{owner}.Selected"
    return f"{owner}.IterationOutputs[{iteration.index}].{name}"


def result_uri(owner: str, path: str) -> JSON:
    """Return the JSON of the S3 URI of a file or folder that a step returned.

    Built from the output path and the job's name: the trailing slash of ``S3ModelArtifacts`` is
    not guaranteed for uncompressed models.

    Args:
        owner: Where the properties of the step that returned it begin, from :func:`address`.
        path: Below the uploaded model; ends with ``/`` for a folder.
    """
    return {
        "Std:Join": {
            "On": "/",
            "Values": [
                {"Get": f"{owner}.OutputDataConfig.S3OutputPath"},
                {"Get": f"{owner}.TrainingJobName"},
                f"{UPLOADED_MODEL_PREFIX}/{path}",
            ],
        }
    }


def json_path(path: tuple[Index, ...]) -> str:
    """Return the path of an element in a results file, such as ``Result['auc'][0]``."""
    return "Result" + "".join(
        f"[{index}]" if isinstance(index, int) else f"['{_escaped(index)}']" for index in path
    )


def render_conditions(conditions: tuple[Condition, ...], graph: PipelineGraph) -> list[JSON]:
    """Return the JSON of conditions that must all hold; a top-level And is part of the list."""
    rendered: list[JSON] = []
    for condition in conditions:
        if isinstance(condition, ConditionAnd):
            rendered += render_conditions(condition.conditions, graph)
        else:
            rendered.append(render_condition(condition, graph))
    return rendered


def render_condition(condition: Condition, graph: PipelineGraph) -> JSON:
    """Return the JSON of one condition.

    The service has no And inside Or and Not: it is written as Not(Or(Not, Not, ...)).
    """
    if isinstance(condition, Comparison):
        return {
            "Type": condition.condition_type,
            "LeftValue": render_expression(condition.left, graph),
            "RightValue": render_expression(condition.right, graph),
        }
    if isinstance(condition, ConditionIn):
        return {
            "Type": "In",
            "QueryValue": render_expression(condition.value, graph),
            "Values": [render_expression(value, graph) for value in condition.in_values],
        }
    if isinstance(condition, ConditionNot):
        return {"Type": "Not", "Condition": render_condition(condition.expression, graph)}
    if isinstance(condition, ConditionOr):
        inner = [render_condition(entry, graph) for entry in condition.conditions]
        return {"Type": "Or", "Conditions": inner}
    if isinstance(condition, ConditionAnd):
        negated = tuple(ConditionNot(entry) for entry in condition.conditions)
        return render_condition(ConditionNot(ConditionOr(negated)), graph)
    raise TypeError(f"unknown condition {type(condition).__name__}")


def _is_text_variable(expression: Expression, graph: PipelineGraph) -> bool:
    if isinstance(expression, PropertyGet):
        return expression.type == "string"
    if not isinstance(expression, Get):
        return False
    kind, _, name = expression.path.partition(".")
    texts = [p.name for p in graph.parameters if p.value_type == "string"]
    return kind == "Execution" or name in texts


def _list_path(path: tuple[Index, ...], form: str) -> str:
    """Return the path of the text of a list in a lists file."""
    inner = "".join(f"['elements']['{_escaped(str(index))}']" for index in path)
    return f"Lists{inner}['{form}']"


def _escaped(key: str) -> str:
    return key.replace("\\", "\\\\").replace("'", "\\'")
