"""Package data: the files that shipped code opens through its package."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from constructs_lib.packaging.project import package_folders
from constructs_lib.packaging.slicing.findings import origin
from constructs_lib.packaging.slicing.modules import Module, Sources
from constructs_lib.packaging.slicing.names import chain_of
from constructs_lib.packaging.slicing.units import Unit

_BY_NAME = {
    "contents",
    "is_resource",
    "open_binary",
    "open_text",
    "path",
    "read_binary",
    "read_text",
}
_RESOURCES = (("importlib", "resources"), ("importlib_resources",))


@dataclass(frozen=True, order=True)
class PackageData:
    """Data files that code reads.

    Attributes:
        package: The module or package named.
        path: A file or folder below it; empty for all.
    """

    package: str
    path: tuple[str, ...] = ()


def package_data(module: Module, unit: Unit) -> set[PackageData]:
    """Return the package data that a statement reads, in the module or in its functions."""
    found: set[PackageData] = set()
    stack: list[ast.AST] = [unit.node]
    while stack:
        node = stack.pop()
        data = _data(module, unit, node)
        if data is not None:
            found.add(data)
        else:
            stack.extend(ast.iter_child_nodes(node))
    return found


def read_files(data: PackageData, sources: Sources) -> Mapping[str, bytes]:
    """Read package data.

    Returns:
        Path below the source folder of the bundle to content; nothing for a package that is not
        the project's.
    """
    package = data.package
    module = sources.find(package)
    if module is None:
        return {}
    if not module.is_package:
        package = module.package
    found: dict[str, bytes] = {}
    for folder in package_folders(package):
        narrowed = folder.joinpath(*data.path)
        for file in _files(narrowed if narrowed.exists() else folder):
            path = f"{package.replace('.', '/')}/{file.relative_to(folder).as_posix()}"
            found.setdefault(path, file.read_bytes())
    return found


def _files(start: Path) -> list[Path]:
    if start.is_file():
        return [start]
    found: list[Path] = []
    for parent, folders, names in os.walk(start):
        here = Path(parent)
        folders[:] = sorted(f for f in folders if _is_data_folder(here / f))
        found += [here / name for name in sorted(names) if _is_data(name)]
    return found


def _is_data(name: str) -> bool:
    return not name.startswith(".") and not name.endswith((".py", ".pyc"))


def _is_data_folder(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name == "__pycache__"
    return not hidden and not (folder / "__init__.py").exists()


def _data(module: Module, unit: Unit, node: ast.AST) -> PackageData | None:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _below(_data(module, unit, node.left), [node.right])
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "joinpath":
        return _below(_data(module, unit, node.func.value), node.args)
    chain = chain_of(node.func)
    source = origin(module, unit, chain) if chain else ()
    if source == ("pkgutil", "get_data") or (source[:-1] in _RESOURCES and source[-1] in _BY_NAME):
        package = _package(module, unit, node.args[0]) if node.args else None
        return _below(PackageData(package), node.args[1:2]) if package else None
    if source[:-1] in _RESOURCES and source[-1] == "files":
        package = _package(module, unit, node.args[0]) if node.args else module.package
        return PackageData(package) if package else None
    return None


def _below(data: PackageData | None, parts: list[ast.expr]) -> PackageData | None:
    """Narrow down to a path, as far as it is spelled out."""
    if data is None:
        return None
    path = list(data.path)
    for part in parts:
        if not isinstance(part, ast.Constant) or not isinstance(part.value, str):
            break
        path += part.value.split("/")
    if ".." in path:
        return PackageData(data.package)
    return PackageData(data.package, tuple(path))


def _package(module: Module, unit: Unit, argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    chain = chain_of(argument)
    if chain == ("__package__",):
        return module.package
    if chain == ("__name__",):
        return module.name
    return ".".join(origin(module, unit, chain)) if chain else None
