"""What a step waits for, and with which outcome.

https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location


class TriggerCondition(Enum):
    """The outcome of a step that lets another one run."""

    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPED = "Stopped"
    ANY = "Any"


@dataclass(frozen=True)
class StepDependency:
    """An entry of ``depends_on`` that waits for a certain outcome.

    An execution in which steps ran because of a failure ends as ``CompletedWithFailures``.

    Attributes:
        step: A step, its name, or its result.
        trigger: The outcome.

    Raises:
        StepError: The trigger is none.
    """

    step: Any
    trigger: TriggerCondition = TriggerCondition.COMPLETED

    def __post_init__(self) -> None:
        if not isinstance(self.trigger, TriggerCondition):
            raise StepError(
                Fault(
                    what="StepDependency has an unusable trigger",
                    found=repr(self.trigger),
                    allowed=", ".join(str(member) for member in TriggerCondition),
                    mend="Correct the argument.",
                    location=caller_location(),
                )
            )
