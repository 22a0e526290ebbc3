"""Which steps wait for which, as the definition says."""

from __future__ import annotations

from collections.abc import Mapping

from constructs_lib.local.definition import Definition


def dependencies_of(definition: Definition | None) -> dict[str, tuple[str, ...]]:
    """Return the steps that each step waits for, the condition of its branch included.

    Names in the body of a ForEach step are those of the definition, without an index; the steps
    in there wait for each other, and the ForEach step for the rest.
    """
    if definition is None:
        return {}
    waits = {}
    for step in definition.steps:
        branch = () if step.branch is None else (step.branch[0],)
        waits[step.name] = (*branch, *step.depends_on)
        for inner in step.body:
            siblings = {other.name for other in step.body}
            waits[inner.name] = tuple(name for name in inner.depends_on if name in siblings)
    return waits


def waits_of(name: str, index: int | None, waits: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the steps that a step waits for, as they are called in the execution.

    Args:
        name: The step's.
        index: Of the iteration that it belongs to, if it belongs to one.
        waits: Of :func:`dependencies_of`.
    """
    if index is None:
        return waits.get(name, ())
    return tuple(f"{other}-{index}" for other in waits.get(name.removesuffix(f"-{index}"), ()))
