"""The bundle's plan and the function it names."""

from __future__ import annotations

import sys

from .failure import StepFailure
from .json_text import loads
from .protocol import PLAN_FILE, PROTOCOL_VERSION, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


_KEYS = {"protocol", "python", "function", "args", "kwargs", "data_only"}


def read_file(bundle: str, name: str) -> bytes:
    """Return a file of the bundle."""
    from zipimport import zipimporter

    return zipimporter(bundle).get_data(f"{bundle}/{name}")


def read_plan(bundle: str) -> Plan:
    """Return the plan of a bundle that this Python can run.

    Raises:
        StepFailure: The bundle needs another Python or another shim.
    """
    try:
        plan: Plan = loads(read_file(bundle, PLAN_FILE).decode())
    except (OSError, ValueError, RecursionError) as error:
        raise StepFailure(f"the bundle's {PLAN_FILE} cannot be read: {error}") from None
    if type(plan) is not dict or not set(plan) >= _KEYS or type(plan["python"]) is not dict:
        raise StepFailure(f"the bundle's {PLAN_FILE} is no plan")
    if plan["protocol"] != PROTOCOL_VERSION:
        raise StepFailure(
            f"the bundle speaks protocol {plan['protocol']}, its shim {PROTOCOL_VERSION}; "
            f"synthesize and deploy again"
        )
    here = list(sys.version_info[:2])
    exact, minimum = plan["python"].get("exact"), plan["python"].get("minimum")
    if exact is not None and here != exact:
        raise StepFailure(
            f"the step was pickled by value with Python {_dotted(exact)}, but this container runs "
            f"Python {_dotted(here)}; use an image with Python {_dotted(exact)}, or define the "
            f"function at the top level of a module, so that it ships as source"
        )
    if minimum is not None and here < minimum:
        raise StepFailure(
            f"the step needs Python {_dotted(minimum)} or later, but this container runs Python "
            f"{_dotted(here)}; use another image"
        )
    return plan


def load_function(bundle: str, plan: Plan) -> Callable[..., Any]:
    """Return the step's function, from its source or its pickle."""
    reference = plan["function"]
    if "pickle" in reference:
        import pickle

        function: Callable[..., Any] = pickle.loads(read_file(bundle, reference["pickle"]))
    else:
        function = find(reference["module"], reference["qualname"])
    return function


def find(module: str, qualname: str) -> Any:
    """Return a definition of a module."""
    __import__(module)  # not with importlib, which takes longer to import than the step's module
    value: Any = sys.modules[module]
    for name in qualname.split("."):
        value = getattr(value, name)
    return value


def _dotted(version: list[int]) -> str:
    return ".".join(map(str, version))
