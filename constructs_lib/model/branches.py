"""Which branch of a condition, or body of a ForEach step, each step runs in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.exceptions import Fault
from constructs_lib.model.raw_steps import RawStep
from constructs_lib.model.steps import Step


@dataclass(frozen=True)
class Branch:
    """Steps that run inside of another one: one side of a condition, or a ForEach step's body.

    Attributes:
        step: The other one, that decides whether they run, and how often.
        argument: Its argument that takes them: ``if_steps``, ``else_steps``, ``for_each_body``.
    """

    step: Step
    argument: str


_Path = tuple[Branch, ...]  # from the outermost branch to the innermost; empty: always runs


def place_in_branches(
    order: Sequence[Step], leaves: Sequence[Step]
) -> tuple[dict[Step, Branch | None], list[Fault]]:
    """Give every step the innermost branch that holds all that needs it.

    A step listed in a branch stays there. A step that is only needed by others runs where all of
    them run, so a step that only a branch needs runs only in that branch.

    Args:
        order: All steps, each after those it depends on.
        leaves: The steps given to the pipeline itself.

    Returns:
        Step to branch, None for steps that always run; and a fault for each step that is listed
        in a branch and needed outside of it.
    """
    listed: dict[Step, list[Branch]] = {}
    for step in order:
        for argument, entries in step.inner().items():
            for entry in dict.fromkeys(entries):
                listed.setdefault(entry, []).append(Branch(step, argument))
    needed_by: dict[Step, list[Step]] = {}
    for step in order:
        for other in step.upstream():
            needed_by.setdefault(other, []).append(step)

    paths: dict[Step, _Path] = {}
    faults: list[Fault] = []
    for step in reversed(order):
        users = needed_by.get(step, [])
        homes = listed.get(step, [])
        needs = [paths[user] for user in users if user in paths]
        if homes:
            own = (*paths.get(homes[0].step, ()), homes[0])
            faults += _conflicts(step, own, homes, users, paths, top_level=step in leaves)
            paths[step] = own
        elif step in leaves or not needs:
            paths[step] = ()
        else:
            paths[step] = _common(needs)
    return {step: (paths[step] or (None,))[-1] for step in order}, faults


def _common(paths: Sequence[_Path]) -> _Path:
    shared = []
    for level in zip(*paths, strict=False):
        if any(branch != level[0] for branch in level):
            break
        shared.append(level[0])
    return tuple(shared)


def _conflicts(
    step: Step,
    own: _Path,
    homes: Sequence[Branch],
    users: Sequence[Step],
    paths: dict[Step, _Path],
    *,
    top_level: bool,
) -> list[Fault]:
    # A definition of another tool is the service's to judge.
    judged = [
        user for user in users if not (isinstance(step, RawStep) and isinstance(user, RawStep))
    ]
    outside = [user for user in judged if paths.get(user, ())[: len(own)] != own]
    if len(homes) == 1 and not outside and not top_level:
        return []
    where = [f"{home.step!r} ({home.argument})" for home in homes]
    where += [f"needed by {user!r}" for user in outside]
    where += ["the pipeline's own steps"] if top_level else []
    return [
        Fault(
            what=f"{step!r} is listed in a branch and needed elsewhere",
            found=", ".join(where),
            allowed="one branch, and only steps of that branch that need it",
            mend="Leave it out of if_steps and else_steps: it then runs where it is needed; "
            "or call the function once for each place.",
            location=step.location,
        )
    ]
