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
from dataclasses import dataclass
from pathlib import Path

_OWN_PACKAGE = __name__.partition(".")[0]


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
    if spec is not None and spec.name:
        return str(spec.name).removesuffix(".__main__")
    file = getattr(main, "__file__", None)
    return Path(file).stem if file else module


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
    folder = file.resolve().parent
    if any(folder == other or other in folder.parents for other in _installed_folders()):
        return None
    return file


def is_project_module(module: str) -> bool:
    """Tell whether a module's source is the user's own."""
    return source_file(module) is not None


def _file_of(module: str) -> Path | None:
    main = sys.modules.get("__main__")
    if module not in sys.modules and shipped_name("__main__") == module:
        file = getattr(main, "__file__", None)
        return Path(file) if file else None
    loaded = sys.modules.get(module)
    if loaded is not None:
        file = getattr(loaded, "__file__", None)
        return Path(file) if file else None
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, AttributeError, ValueError):
        return None
    return Path(spec.origin) if spec is not None and spec.has_location and spec.origin else None


@functools.cache
def _installed_folders() -> tuple[Path, ...]:
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.update(site.getsitepackages(), [site.getusersitepackages()])
    folders.update(p for p in sys.path if Path(p).name in {"site-packages", "dist-packages"})
    return tuple(Path(folder).resolve() for folder in sorted(folders))
