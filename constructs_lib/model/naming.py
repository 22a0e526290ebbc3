"""Names of steps: the user's, else the function's, numbered when it is called again."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib.model.steps import Step


def name_steps(steps: Sequence[Step]) -> dict[Step, str]:
    """Name every step.

    A chosen name is kept as it is, even if it is there twice: that is for validation to say.

    Returns:
        Step to name: ``train``, then ``train-2`` for the second unnamed call in order of making.
    """
    names = {step: step.explicit_name for step in steps if step.explicit_name is not None}
    taken = set(names.values())
    for step in sorted(steps, key=lambda step: step.number):
        if step in names:
            continue
        name, number = step.base_name, 2
        while name in taken:
            name, number = f"{step.base_name}-{number}", number + 1
        names[step] = name
        taken.add(name)
    return names
