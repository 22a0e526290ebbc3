"""The source that a producer has put beside a result, for classes that are nowhere else."""

from __future__ import annotations

import importlib
import os
import sys


def complete_modules(source: str) -> None:
    """Add what a producer's source has and this step's own does not.

    The producer's modules are imported together, as one consistent set, and only the names that
    are missing here are taken over: a class that both have stays one class.

    Args:
        source: Folder with the producer's modules.
    """
    names = _module_names(source)
    own = {}
    for name in names:
        try:
            own[name] = importlib.import_module(name)
        except ImportError:
            continue
    for name in own:
        del sys.modules[name]
    sys.path.insert(0, source)
    importlib.invalidate_caches()
    # Nothing must be added to the folder, whose content is verified each time.
    writes_none, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        theirs = {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(source)
        sys.dont_write_bytecode = writes_none
        sys.modules.update(own)
    for name, module in theirs.items():
        if name in own:
            for key, value in vars(module).items():
                own[name].__dict__.setdefault(key, own.get(f"{name}.{key}", value))


def _module_names(source: str) -> list[str]:
    """Return the modules of a folder, packages before what is in them."""
    names = []
    for parent, folders, files in os.walk(source):
        folders.sort()
        package = os.path.relpath(parent, source).replace(os.sep, ".").lstrip(".")
        for file in sorted(files):
            stem, extension = os.path.splitext(file)
            if extension == ".py":
                inner = [] if stem == "__init__" else [stem]
                names.append(".".join([*([package] if package else []), *inner]))
    return sorted(names)
