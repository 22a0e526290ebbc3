"""Prints the bytes of a distribution and of all that it needs: ``installed_size.py NAME``.

Runs on any environment's Python. Extras are left out, and what pip does not know of the files.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution


def needed(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """Add a distribution, and what it needs, to those that were found."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key not in found:
        try:
            found[key] = distribution(name)
        except PackageNotFoundError:  # for another platform
            return found
        for requirement in found[key].requires or ():
            if "extra ==" not in requirement:
                needed(re.match(r"[\w.-]+", requirement)[0], found)  # type: ignore[index]
    return found


def size(one: Distribution) -> int:
    """Return the bytes of a distribution's files, without compiled ones."""
    paths = [one.locate_file(file) for file in one.files or () if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())  # type: ignore[attr-defined]


if __name__ == "__main__":
    sizes = {name: size(one) for name, one in needed(sys.argv[1], {}).items()}
    print(json.dumps(sizes))  # noqa: T201
