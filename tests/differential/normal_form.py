"""Definitions as flat mappings that can be compared, whoever made them.

``flatten`` gives path to value: ``steps/train/ResourceConfig/InstanceType`` to ``ml.m5.large``.
What it treats as equal is listed in ``docs/explanation/differences.md``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_STEP = re.compile(r"Steps\.([^.\[]+)")
_RESULTS = ".OutputDataConfig.S3OutputPath"
# The SDK reads it in every job, to know where results are.
_EXECUTION_ID = "Execution.PipelineExecutionId"
_COMPARED = {"LeftValue", "QueryValue", "Condition", "Conditions", "Expression"}
#: What may come instead of a definition.
OUTCOMES = ("refused", "crashed")
_BRANCHES = {"IfSteps": "if", "ElseSteps": "else", "ForEachBody": "each"}


def flatten(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return path to value, without what is empty."""
    for outcome in OUTCOMES:
        if outcome in definition:
            return {"outcome": outcome}
    flat: dict[str, Any] = {}
    for parameter in definition.get("Parameters", ()):
        rest = {key: value for key, value in parameter.items() if key != "Name"}
        flat.update(_leaves(f"parameters/{parameter['Name']}", rest))
    for name, step in _steps(definition.get("Steps", ()), None):
        # One by one: a condition step as a whole looks like a condition.
        for key, value in step.items():
            flat.update(_leaves(f"steps/{name}/{key}", value))
    known = ("Parameters", "Steps")
    flat.update(_leaves("pipeline", {k: v for k, v in definition.items() if k not in known}))
    return flat


def compare(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return path to both values where they differ; None stands for nothing.

    If there is no definition from one of them, that is the only difference.
    """
    paths = {"outcome"} if "outcome" in {*ours, *theirs} else {*ours, *theirs}
    both = {path: (ours.get(path), theirs.get(path)) for path in sorted(paths)}
    # True is not 1 here: the service tells them apart.
    return {
        path: (one, other)
        for path, (one, other) in both.items()
        if one != other or type(one) is not type(other)
    }


def _steps(steps: Any, branch: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every step by name with what is compared, those of branches after the branch."""
    for number, step in enumerate(steps):
        name = step["Name"]
        arguments = dict(step.get("Arguments", {}))
        inner = {key: arguments.pop(key) for key in _BRANCHES if key in arguments}
        rest = {k: v for k, v in step.items() if k not in {"Name", "Arguments", "DependsOn"}}
        waits = {_name(entry) for entry in step.get("DependsOn", ())}
        waits |= {match for text in _gets([arguments, rest]) for match in _STEP.findall(text)}
        form = {**rest, **arguments, "after": sorted(waits), "branch": branch}
        if "AlgorithmSpecification" in arguments:
            form["conda"] = _conda(arguments["AlgorithmSpecification"])
            form["reads"] = _reads(arguments)
        # Steps of one name would hide each other.
        yield (name if _first(steps, name) == number else f"{name}#{number}"), form
        for key, label in _BRANCHES.items():
            yield from _steps(inner.get(key, ()), f"{name}/{label}")


def _first(steps: Any, name: str) -> int:
    return [step["Name"] for step in steps].index(name)


def _name(entry: Any) -> str:
    return entry if isinstance(entry, str) else f"{entry['Step']} ({entry['Trigger']})"


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield path and value of everything below that is not empty; lists of scalars are one."""
    if value is None or value in ({}, []):
        return
    text = _expression(value)
    if text is not None:
        yield path, text
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _leaves(f"{path}/{key}", entry)
    elif isinstance(value, list) and all(_is_tag(entry) for entry in value):
        for entry in value:
            yield from _leaves(f"{path}/{entry['Key']}", entry["Value"])
    elif isinstance(value, list) and any(isinstance(_plain(entry), dict) for entry in value):
        for number, entry in enumerate(value):
            yield from _leaves(f"{path}/{number}", entry)
    elif isinstance(value, list):
        yield path, [_plain(entry) for entry in value]
    else:
        yield path, value


def _plain(value: Any) -> Any:
    text = _expression(value)
    return value if text is None else text


def _expression(value: Any) -> str | None:
    """Return an expression or a condition as text; None for what is neither."""
    if not isinstance(value, dict):
        return None
    if "Type" in value and _COMPARED & set(value):
        operands = (f"{k}={_operand(v)}" for k, v in sorted(value.items()) if k != "Type")
        return f"{value['Type']}({', '.join(operands)})"
    if len(value) != 1:
        return None
    ((kind, content),) = value.items()
    if kind == "Get":
        return f"<{content}>"
    if kind == "Std:Join":
        values = ", ".join(_operand(entry) for entry in content["Values"])
        return f"Join({content['On']!r}: {values})"
    if kind == "Std:JsonGet":
        producer = next((text for text in _gets(content) if text.endswith(_RESULTS)), None)
        if producer is not None:
            return f"<{_STEP.findall(producer)[0]}: {content['Path']}>"
        return f"JsonGet({', '.join(f'{k}={_operand(v)}' for k, v in sorted(content.items()))})"
    return None


def _operand(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_operand(entry) for entry in value)}]"
    text = _expression(value)
    return repr(value) if text is None else text


def _gets(value: Any) -> Iterator[str]:
    """Yield what every ``Get`` below refers to."""
    if isinstance(value, dict):
        for key, entry in value.items():
            if key == "Get" and isinstance(entry, str):
                yield entry
            else:
                yield from _gets(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _gets(entry)


def _reads(arguments: Mapping[str, Any]) -> list[str]:
    """Return the variables among a function's arguments, wherever they travel.

    Results of function steps are not among them: the SDK pickles which ones are read.
    """
    container = arguments["AlgorithmSpecification"].get("ContainerArguments", [])
    found = {*_gets(container), *_gets(arguments.get("HyperParameters", {}))}
    return sorted(text for text in found - {_EXECUTION_ID} if not _is_result(text))


def _is_result(text: str) -> bool:
    return text.endswith((_RESULTS, ".TrainingJobName"))


def _conda(specification: Mapping[str, Any]) -> Any:
    """Return the conda environment that a job starts in."""
    words = [
        *specification.get("ContainerEntrypoint", ()),
        *specification.get("ContainerArguments", ()),
    ]
    for option in ("--job_conda_env", "-n"):
        if option in words:
            return words[words.index(option) + 1]
    return None


def _is_tag(entry: Any) -> bool:
    return isinstance(entry, dict) and set(entry) == {"Key", "Value"}
