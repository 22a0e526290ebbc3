"""Canonical pickles: the same value is the same bytes, in any process, on any machine.

``refusals`` says what must not travel, ``path`` where in an object something is, ``by_value`` holds
all that is borrowed from cloudpickle, ``pickler`` joins them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from constructs_lib.packaging.pickling.pickler import Pickled, pickle_value

__all__ = ["Pickled", "pickle_function", "pickle_literal"]


def pickle_literal(value: object, *, name: str, step: str, location: str | None) -> Pickled:
    """Pickle an argument that JSON cannot hold.

    Args:
        value: The argument.
        name: What to call it in errors, such as ``argument 'config'``.
        step: The step's name, for errors.
        location: The user's ``file:line``, for errors.

    Raises:
        BundleError: Something in it cannot, or must not, travel.
    """
    return pickle_value(value, name=name, step=step, location=location)


def pickle_function(
    function: Callable[..., Any], *, name: str, step: str, location: str | None
) -> Pickled:
    """Pickle a function that has no source to cut, with all that it captures, by value.

    Args and errors are those of :func:`pickle_literal`.
    """
    return pickle_value(function, name=name, step=step, location=location)
