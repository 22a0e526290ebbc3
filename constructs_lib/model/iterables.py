"""What a ForEach step iterates over, and how an item gets to the steps of its body."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, ItemGet, ResultGet
from constructs_lib.model.location import caller_location
from constructs_lib.model.values import (
    Collected,
    ItemOf,
    Items,
    Literal,
    Upstream,
    Value,
    Variable,
    value_of,
)
from constructs_lib.model.variables import CollectedOutput, PipelineVariable, StepOutput
from constructs_lib.service.limits import MOST_ITEMS

# A longer text, or one of several lines, does not get through a hyperparameter everywhere.
_LONGEST_ITEM = 256

# An item is passed as its position in a list.
_POSITION = Variable(ItemGet(), "integer")


@dataclass(frozen=True)
class IterableItems:
    """The list that a ForEach step iterates over.

    Attributes:
        expression: What stands for it in the definition: its entries, or the text of a list.
        type: How an item arrives in a step: string, json, or item for JSON or else text.
        order: The list itself, to put results in its order; None if the items are positions.
        count: How many items there are, if that is known at synthesis.
    """

    expression: Expression | tuple[Expression, ...]
    type: str
    order: Value | None
    count: int | None


def values_of(iterable: Any, what: str) -> IterableItems:
    """Return what a ForEach step iterates over if the items are the values themselves.

    Args:
        iterable: A list of texts, numbers, booleans, JSON data or pipeline variables, or a
            variable whose value is a list: what a step returns, or the text of a JSON list.
        what: Its place, for errors.

    Raises:
        StepError: It is no such list.
    """
    if isinstance(iterable, CollectedOutput):
        _fail(what, repr(iterable), "a list", "Make one list of the results in a step.")
    if isinstance(iterable, StepOutput):
        values = ResultGet(iterable.producer, iterable.path, iterable.iteration, "values")
        return IterableItems(values, "json", Upstream(iterable), None)
    if isinstance(iterable, PipelineVariable):
        variable = Variable(iterable.expression, "json")
        return IterableItems(variable.expression, "item", variable, None)
    entries = _entries(iterable, what)
    for entry in entries:
        if not isinstance(value_of(entry), (Literal, Variable)):
            _fail(
                f"an item of {what}",
                f"{entry!r} ({type(entry).__name__})",
                "texts, numbers, booleans, JSON data and pipeline variables",
                "Map the function over the list instead: train.map(items).",
            )
    expressions, kind = _as_items([value_of(entry) for entry in entries])
    return IterableItems(expressions, kind, value_of(entries), len(entries))


def mapped(iterable: Any, what: str) -> tuple[IterableItems, Value]:
    """Return what a ForEach step iterates over, and the argument that is an item of it.

    The items are the values themselves where the service can hold them, so that they are seen in
    a diff and in the console. Otherwise they are positions, and each iteration takes the element
    of that position from where the list is.

    Args:
        iterable: A list of anything that can be an argument of a step, what a step returns, the
            results of another mapped step, or a variable with the text of a JSON list.
        what: Its place, for errors.

    Raises:
        StepError: It cannot be iterated over.
    """
    if isinstance(iterable, StepOutput):
        positions = ResultGet(iterable.producer, iterable.path, iterable.iteration, "positions")
        items = IterableItems(positions, "json", None, None)
        return items, ItemOf(Upstream(iterable), _POSITION)
    if isinstance(iterable, CollectedOutput):
        return _positions_of(iterable), ItemOf(
            Collected(iterable, iterable.step.items.order), _POSITION
        )
    if isinstance(iterable, PipelineVariable):
        items = values_of(iterable, what)
        return items, Variable(ItemGet(), items.type)
    entries = _entries(iterable, what)
    values = [value_of(entry) for entry in entries]
    if all(map(_is_item, values)):
        items = values_of(entries, what)
        return items, Variable(ItemGet(), items.type)
    items = IterableItems(tuple(range(len(values))), "json", None, len(values))
    return items, ItemOf(Items("list", tuple(values)), _POSITION)


def _positions_of(results: CollectedOutput) -> IterableItems:
    items = results.step.items
    if items.count is not None:
        return IterableItems(tuple(range(items.count)), "json", None, items.count)
    if items.order is None:
        return items
    return _fail(
        f"{results!r} cannot be mapped over",
        f"a list whose length only {items.expression!r} will tell",
        "results of a list that is written down, or that a step returns",
        "Let one function do both, or give both to one ForEachStep.",
    )


def _entries(iterable: Any, what: str) -> list[Any]:
    is_list = isinstance(iterable, Iterable) and not isinstance(
        iterable, (str, bytes, dict, set, frozenset)
    )
    if not is_list:
        _fail(
            what,
            f"{iterable!r} ({type(iterable).__name__})",
            "a list, what a step returns, or a ParameterString with the text of a JSON list",
            "Give the items in a list.",
        )
    entries = list(iterable)
    if not 1 <= len(entries) <= MOST_ITEMS:
        _fail(
            what,
            f"{len(entries)} items",
            f"1 to {MOST_ITEMS} items, the service's limit for a list in a definition",
            "Return the list from a step, or let each call do several items.",
        )
    return entries


def _is_item(value: Value) -> bool:
    if isinstance(value, Literal):
        text = value.value if isinstance(value.value, str) else json.dumps(value.value)
        return 0 < len(text) <= _LONGEST_ITEM and text.isprintable()
    return isinstance(value, Variable)


def _as_items(values: Sequence[Value]) -> tuple[tuple[Expression, ...], str]:
    """Return the entries of a definition's list, and how they arrive in a step."""
    texts = [v.value for v in values if isinstance(v, Literal) and isinstance(v.value, str)]
    variables = [v for v in values if isinstance(v, Variable)]
    if len(texts) + sum(v.type == "string" for v in variables) == len(values):
        kind = "string"
    elif any(map(_is_json_text, texts)):
        kind = "json"  # a text that looks like a number has to be told from one
    else:
        kind = "item"
    return tuple(_entry(value, kind) for value in values), kind


def _entry(value: Value, kind: str) -> Expression:
    if isinstance(value, Variable):
        return value.expression
    literal: Any = value.value  # type: ignore[union-attr]  # a literal: nothing else is an item
    if isinstance(literal, (bool, int)) or (isinstance(literal, str) and kind != "json"):
        return literal
    return json.dumps(literal, ensure_ascii=False)


def _is_json_text(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _fail(what: str, found: str, allowed: str, mend: str) -> NoReturn:
    raise StepError(Fault(what, found, allowed, mend, caller_location()))
