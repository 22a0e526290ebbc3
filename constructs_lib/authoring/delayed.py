"""What calling a step gives: a stand-in for the result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Index, Iteration
from constructs_lib.model.for_each import ForEachStep, check_index
from constructs_lib.model.location import caller_location
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.variables import CollectedOutput, StepOutput


class DelayedReturn(StepOutput):
    """The future result of a step, or an element of it.

    Pass it to other steps, take elements with ``result[0]`` and ``result["key"]``, unpack it if
    the function declares a tuple, compare it in a condition. The step runs when the pipeline
    runs, so Python cannot look into it now.
    """

    producer: FunctionStep

    def __init__(
        self,
        producer: FunctionStep,
        path: tuple[Index, ...] = (),
        iteration: Iteration | None = None,
    ) -> None:
        super().__init__(producer, path, iteration)

    def __getitem__(self, index: Index) -> DelayedReturn:
        if isinstance(index, bool) or not isinstance(index, (int, str)):
            self._fail(
                f"has no element {index!r}",
                f"{index!r} ({type(index).__name__})",
                "a whole number or a string",
                "Take slices and other selections inside a step.",
            )
        if isinstance(index, int):
            index = self._position(index)
        elif self._length() is not None:
            self._fail(
                "is declared a tuple", repr(index), "a whole number", "Index it by position."
            )
        return DelayedReturn(self.producer, (*self.path, index), self.iteration)

    def __iter__(self) -> Iterator[DelayedReturn]:
        length = self._length()
        if length is None:
            self._fail(
                "cannot be unpacked or iterated",
                "no declared number of elements",
                "a function annotated with a tuple, such as -> tuple[DataFrame, DataFrame]",
                "Annotate the function's result, take elements as result[0], result[1], "
                "or iterate inside a step.",
            )
        return iter([self[index] for index in range(length)])

    def __len__(self) -> int:
        length = self._length()
        if length is None:
            self._refuse("length", "take the length inside a step")
        return length

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"{self!r} has no attribute {name!r}: the value exists only when the pipeline runs. "
            f"Take elements with [...], or use the attribute inside a step."
        )

    def __reduce__(self) -> NoReturn:
        self._fail(
            "cannot be pickled",
            "a result captured by a function or stored in a global",
            "results as arguments of a step call",
            "Pass it to the step as an argument.",
        )

    def _length(self) -> int | None:
        return self.producer.elements if not self.path else None

    def _position(self, index: int) -> int:
        length = self._length()
        if length is None and index < 0:
            self._fail(
                "has no declared number of elements",
                f"index {index}",
                "an index counted from 0",
                "Annotate the function's result as a tuple, or index inside a step.",
            )
        if length is not None and not -length <= index < length:
            self._fail(
                f"is declared to have {length} elements",
                f"index {index}",
                f"0 to {length - 1}",
                "Correct the index or the function's result annotation.",
            )
        return index + length if length is not None and index < 0 else index

    def _fail(self, what: str, found: str, allowed: str, mend: str) -> NoReturn:
        raise StepError(Fault(f"{self!r} {what}", found, allowed, mend, caller_location()))


class MappedReturn(CollectedOutput):
    """The future results of a step that is mapped over a list, in the order of the list.

    Pass it to another step as a list, take one result with ``results[0]``, map another step over
    it. If the length of the list is known it can be unpacked and iterated too.
    """

    producer: FunctionStep

    def __init__(self, step: ForEachStep, producer: FunctionStep) -> None:
        super().__init__(step, producer)

    def __getitem__(self, index: int) -> DelayedReturn:
        check_index(self.step, index)
        return DelayedReturn(self.producer, (), Iteration(self.step, index))

    def __iter__(self) -> Iterator[DelayedReturn]:
        return iter([self[index] for index in range(len(self))])

    def __len__(self) -> int:
        count = self.step.items.count
        if count is None:
            self._refuse("length", "take the length inside a step")
        return count


def get_step(step_output: DelayedReturn | MappedReturn) -> Step:
    """Return the step behind a result, for ``get_step(result).add_depends_on([...])``."""
    return step_output.step
