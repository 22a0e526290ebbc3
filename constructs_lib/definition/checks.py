"""What the service would refuse of a rendered definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from constructs_lib.definition.expressions import JSON
from constructs_lib.definition.renderer import definition_lines, every_step
from constructs_lib.exceptions import Fault
from constructs_lib.service.limits import LONGEST_DEFINITION
from constructs_lib.service.requests import check_request
from constructs_lib.service.step_types import given_names, step_type_of

# API shape FailureReason of a FailStep's metadata, which shows the message.
LONGEST_MESSAGE = 3072

# The model's rules say these in the words of the call.
_COUNTED_BY_THE_MODEL = ("HyperParameters", "InputDataConfig")


def definition_faults(definition: JSON, locations: Mapping[str, str | None]) -> list[Fault]:
    """Return the faults of every step's arguments, and of the definition as a whole.

    Args:
        definition: The definition.
        locations: Step name to the user's ``file:line``.
    """
    size = len("\n".join(definition_lines(definition, [])))
    faults = [fault for step in every_step(definition) for fault in _of_step(step, locations)]
    if size > LONGEST_DEFINITION:
        faults.append(
            Fault(
                what="the pipeline's definition is too long",
                found=f"{size} characters",
                allowed=f"at most {LONGEST_DEFINITION}",
                mend="Split the pipeline, or pass long lists through S3.",
            )
        )
    return faults


def _of_step(step: JSON, locations: Mapping[str, str | None]) -> Iterator[Fault]:
    name, arguments = step["Name"], step["Arguments"]
    operation = step_type_of(step["Type"]).operation
    if operation is not None:
        yield from check_request(
            operation,
            arguments,
            step=name,
            location=locations[name],
            uncounted=_COUNTED_BY_THE_MODEL,
            given=given_names(step["Type"]),
        )
    elif step["Type"] == "Fail":
        message = arguments["ErrorMessage"]
        if isinstance(message, str) and len(message) > LONGEST_MESSAGE:
            yield Fault(
                what=f"step {name!r} has too long a message",
                found=f"{len(message)} characters",
                allowed=f"at most {LONGEST_MESSAGE}",
                mend="Shorten error_message.",
                location=locations[name],
            )
