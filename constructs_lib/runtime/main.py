"""The life of one job: plan, function, arguments, call, result."""

from __future__ import annotations

import os
import sys
from _signal import SIGTERM, signal  # type: ignore[import-not-found]  # no slow enums

from .failure import StepFailure, Terminated, report
from .protocol import BASE_FOLDER, BASE_FOLDER_VARIABLE, SOURCE_FOLDER, Plan


def main() -> None:
    """Run the step of the bundle that this module was loaded from, then exit.

    The exit code is 0 only if the function returned and its result is stored.
    """
    base = os.environ.get(BASE_FOLDER_VARIABLE, BASE_FOLDER)
    bundle = sys.path[0]
    sys.path.insert(0, f"{bundle}/{SOURCE_FOLDER}")
    # After the bundle's hash and the step's name, the hash of its wheels, if it has any.
    wheels = sys.argv[3] if len(sys.argv) > 3 else None
    sys.argv[1:] = []
    try:
        signal(SIGTERM, _terminate)
        run(bundle, base, wheels)
    except BaseException as error:  # noqa: BLE001 - whatever ends the step, the job has failed
        code = report(error, base)
    else:
        code = 0
    sys.exit(code)


def run(bundle: str, base: str, wheels: str | None = None) -> None:
    """Run the step of a bundle.

    Args:
        bundle: Path of the zip archive, verified.
        base: The folder that stands for ``/opt/ml``.
        wheels: sha256 of the list of wheels to install, in hex; None if there are none.
    """
    from .arguments import Arguments
    from .plan import load_function, read_plan

    plan = read_plan(bundle)
    is_result = True
    if plan["launcher"] is not None:
        from .launch import is_first, is_launched, launch

        if not is_launched():
            _make_ready(bundle, plan, base, wheels)
            launch(plan["launcher"], bundle, base)
        if plan["launcher"]["kind"] == "mpirun":
            from .mpi import restore_environment

            restore_environment(base)
        is_result = is_first()
    else:
        _make_ready(bundle, plan, base, wheels)
    function = load_function(bundle, plan)
    arguments = Arguments(bundle, base, plan["data_only"])
    args = [arguments.value(node, f"{index + 1}") for index, node in enumerate(plan["args"])]
    kwargs = {name: arguments.value(node, name) for name, node in plan["kwargs"].items()}
    result = function(*args, **kwargs)
    if is_result:
        from .results import store  # what storing needs must not delay the user's code

        item = None if plan["item"] is None else arguments.value(plan["item"], "item")
        folder = os.path.join(base, "model")
        store(result, plan, bundle, folder, item)
    _flush()


def _make_ready(bundle: str, plan: Plan, base: str, wheels: str | None) -> None:
    if plan["pre_execution"]:
        from .preparation import prepare

        prepare(bundle)
    if plan["requirements"] or plan["environment"]:
        from .requirements import satisfy

        satisfy(bundle, plan, base, wheels)


def _terminate(number: int, frame: object) -> None:
    raise Terminated("SIGTERM: the job was stopped")


def _flush() -> None:
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        raise StepFailure(f"the step's output cannot be written: {error}") from None
