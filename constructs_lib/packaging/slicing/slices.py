"""Cuts the source that a step needs out of the project."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.packaging.canonical import UnprintableNodeError
from constructs_lib.packaging.project import SourceReference
from constructs_lib.packaging.slicing.cycles import ImportGraph
from constructs_lib.packaging.slicing.findings import dropped_calls
from constructs_lib.packaging.slicing.modules import Module, Sources
from constructs_lib.packaging.slicing.reach import Reach
from constructs_lib.packaging.slicing.refusal import Refusal
from constructs_lib.packaging.slicing.resources import PackageData, read_files
from constructs_lib.packaging.slicing.text import module_text


@dataclass(frozen=True)
class Slice:
    """The part of the project that a step needs.

    Attributes:
        files: Path below the source folder of the bundle to content, sorted by path.
        warnings: What cannot be told by looking at the source, sorted.
        definitions: Qualified name to canonical source lines of each function, class and
            assignment, by module and then in the order of the file.
        third_party: Top-level names of the imports that are neither the project's nor the
            standard library's.
    """

    files: Mapping[str, bytes]
    warnings: tuple[str, ...]
    definitions: Mapping[str, tuple[str, ...]]
    third_party: frozenset[str]


def slice_sources(
    roots: Sequence[SourceReference],
    *,
    include: Sequence[str] = (),
    step: str,
    location: str | None,
) -> Slice:
    """Cut definitions, with all that they reach, out of the project's modules.

    The result depends on the meaning of the source alone: comments, layout, unused code and the
    order of imports do not change it.

    Args:
        roots: The definitions.
        include: Modules and packages to ship whole, by dotted name.
        step: The step's name, for errors.
        location: ``file:line`` of the step's call, for errors.

    Raises:
        BundleError: Something that would be shipped exists only at synth time, a root is not
            defined in its module, or ``include`` names no module of the project.
    """
    sources = Sources(step, location)
    refusal = Refusal(step, location)
    reach = Reach(sources, refusal)
    for root in sorted(set(roots)):
        name = root.qualname.partition(".")[0]
        module = sources.find(root.module)
        if module is None or not sources.exports(module, name):
            refusal.missing(str(root))
        reach.definition(module, name)
    for entry in sorted(set(include)):
        for module in _modules_of(entry, sources, refusal):
            reach.whole(module)
            if module.is_package:
                reach.data.add(PackageData(module.name))
    return Slice(
        files=_files(reach, sources, refusal),
        warnings=_warnings(reach),
        definitions=_definitions(reach),
        third_party=frozenset(reach.third_party),
    )


def _modules_of(entry: str, sources: Sources, refusal: Refusal) -> Iterator[Module]:
    module = sources.find(entry) if isinstance(entry, str) else None
    if module is None:
        refusal.bad_include(entry)
    yield module
    if not module.is_package:
        return
    for folder in sorted(sources.folders(module)):
        for path in sorted(folder.iterdir()):
            is_module = path.suffix == ".py" and path.stem not in {"__init__", "__main__"}
            is_package = path.is_dir() and any(path.glob("*.py"))
            if (is_module or is_package) and path.stem.isidentifier():
                yield from _modules_of(f"{entry}.{path.stem}", sources, refusal)


def _files(reach: Reach, sources: Sources, refusal: Refusal) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for data in sorted(reach.data):
        files.update(read_files(data, sources))
        if sources.find(data.package) is not None:
            reach.present(data.package)
    graph = ImportGraph(reach)
    for name, module in reach.modules.items():
        if module is None:
            files[f"{name.replace('.', '/')}/__init__.py"] = b""
        else:
            try:
                text = module_text(module, reach, graph)
            except UnprintableNodeError as error:
                refusal.unprintable(module, error)
            files[module.shipped_path] = text.encode()
    return dict(sorted(files.items()))


def _definitions(reach: Reach) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(reach.shipped):
        for _, unit in sorted(reach.shipped[name].items()):
            # A statement that binds nothing belongs to what it changes.
            label = min(unit.binds or unit.changes, default="")
            key = f"{name}.{label}" if label else name
            found[key] = (*found.get(key, ()), *unit.text.split("\n"))
    return found


def _warnings(reach: Reach) -> tuple[str, ...]:
    warnings = set(reach.warnings)
    for name, units in reach.shipped.items():
        module = reach.modules[name]
        if module is not None:
            for line, text in dropped_calls(module, units.keys()):
                warnings.add((name, line, f"{module.place(line)}: {text}"))
    return tuple(text for _, _, text in sorted(warnings))
