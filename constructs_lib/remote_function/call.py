"""Which arguments a job outside of a pipeline can have."""

from __future__ import annotations

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.steps import FunctionStep
from constructs_lib.model.values import (
    TOKEN_MARKER,
    Deployed,
    S3Data,
    Upstream,
    Value,
    Variable,
    leaves,
)


def check_arguments(step: FunctionStep, name: str) -> None:
    """Return if every argument of a call has a value now.

    Args:
        step: The call.
        name: The step's name, for errors.

    Raises:
        StepError: An argument, or something in it, gets its value when a pipeline runs or is
            deployed.
    """
    for argument, _, value in step.arguments:
        for leaf in leaves(value):
            found, mend = _unknown(leaf)
            if found is not None:
                raise StepError(
                    Fault(
                        what=f"step {name!r} cannot run now: its argument {argument!r} is open",
                        found=found,
                        allowed="values, and S3Input of a bucket's name",
                        mend=mend,
                        location=step.location,
                    )
                )


def _unknown(leaf: Value) -> tuple[str | None, str]:
    if isinstance(leaf, Upstream):
        mend = "Pass the value itself, such as what the other step's .remote(...) returns."
        return f"the result of {leaf.output!r}, known only when a pipeline runs", mend
    text = leaf.source.uri if isinstance(leaf, S3Data) else None
    text = leaf.expression if isinstance(leaf, Variable) else text
    text = leaf.text if isinstance(leaf, Deployed) else text
    if isinstance(text, str) and TOKEN_MARKER in text:
        return (
            f"{text!r}, known only when the app is deployed",
            "Pass the name it is deployed with.",
        )
    if text is None or isinstance(text, str):
        return None, ""
    return "a pipeline variable, known only when a pipeline runs", "Pass the value itself."
