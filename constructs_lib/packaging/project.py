"""Which modules are the user's own, and under which name they are shipped.

A module belongs to the project when its source is a ``.py`` file outside the standard library,
outside every site-packages folder and outside constructs_lib. Everything else is expected in the
image.
"""

from __future__ import annotations

import functools
import importlib.util
import site
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_OWN_PACKAGE = __name__.partition(".")[0]
_MAIN_LOCK = threading.RLock()


@dataclass(frozen=True, order=True)
class SourceReference:
    """A top-level definition of a project module.

    Attributes:
        module: The name it is shipped under; never ``__main__``.
        qualname: Dotted path inside the module; its first part is a module-level name.
    """

    module: str
    qualname: str

    def __str__(self) -> str:
        return f"{self.module}.{self.qualname}"


def shipped_name(module: str) -> str:
    """Return the importable name of a module: ``__main__`` is named for its file or ``-m`` name."""
    if module != "__main__":
        return module
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name and spec.name != "__main__":
        return str(spec.name)
    file = getattr(main, "__file__", None)
    if not file:
        return module
    # `python folder` runs the folder's __main__.py, a name that the container's start code has.
    path = Path(file)
    return path.resolve().parent.name if path.stem == "__main__" else path.stem


@contextmanager
def main_as_shipped() -> Iterator[None]:
    """Let the running script be found under its shipped name, which results refer to.

    Else loading a result would import the script again: its classes would exist twice, and a
    script without a guard would start from the beginning.
    """
    name = shipped_name("__main__")
    with _MAIN_LOCK:
        is_new = name not in sys.modules
        if is_new:
            sys.modules[name] = sys.modules["__main__"]
        try:
            yield
        finally:
            if is_new:
                del sys.modules[name]


def source_file(module: str) -> Path | None:
    """Return the ``.py`` file of a project module, or None if the module is not the project's.

    Args:
        module: A name as shipped; need not be imported yet.
    """
    if module.partition(".")[0] == _OWN_PACKAGE:
        return None
    file = _file_of(module)
    if file is None or file.suffix != ".py" or not file.is_file():
        return None
    return None if _is_installed(file.resolve().parent) else file


def is_project_module(module: str) -> bool:
    """Tell whether a module's source is the user's own."""
    return source_file(module) is not None


def package_folders(package: str) -> tuple[Path, ...]:
    """Return the project's folders of a package, with or without ``__init__.py``.

    Args:
        package: A name as shipped; need not be imported yet.

    Returns:
        No folder if there is no such package, or if a part of it is installed.
    """
    if package.partition(".")[0] == _OWN_PACKAGE:
        return ()
    folders = tuple(Path(folder) for folder in _search_path(package) or ())
    return () if any(_is_installed(folder.resolve()) for folder in folders) else folders


def _file_of(module: str) -> Path | None:
    main = sys.modules.get("__main__")
    if module not in sys.modules and shipped_name("__main__") == module:
        file = getattr(main, "__file__", None)
        return Path(file) if file else None
    loaded = sys.modules.get(module)
    if loaded is not None:
        file = _attribute(loaded, "__file__")
        return Path(file) if file else None
    spec = _spec(module)
    return Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None


def _spec(module: str) -> ModuleSpec | None:
    """Find a module without importing its packages, which ``importlib.util.find_spec`` does."""
    parent, _, _ = module.rpartition(".")
    if not parent:
        try:
            return importlib.util.find_spec(module)
        except (ImportError, AttributeError, ValueError):
            return None
    path = _search_path(parent)
    return PathFinder.find_spec(module, path) if path else None


def _search_path(package: str) -> list[str] | None:
    loaded = sys.modules.get(package)
    if loaded is not None:
        path = _attribute(loaded, "__path__")
    else:
        spec = _spec(package)
        path = spec.submodule_search_locations if spec is not None else None
    return list(path) if path is not None else None


def _attribute(module: ModuleType, name: str) -> Any:
    """Look an attribute up without calling the module's own ``__getattr__``."""
    return getattr(module, "__dict__", {}).get(name)


def _is_installed(folder: Path) -> bool:
    return any(folder == other or other in folder.parents for other in _installed_folders())


@functools.cache
def _installed_folders() -> tuple[Path, ...]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.update(site.getsitepackages(), [site.getusersitepackages()])
    folders.update(p for p in sys.path if Path(p).name in {"site-packages", "dist-packages"})
    return tuple(Path(folder).resolve() for folder in sorted(folders))
