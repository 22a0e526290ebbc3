"""Uses in shipped code that the source alone does not settle; they become warnings."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from constructs_lib.packaging.slicing import live
from constructs_lib.packaging.slicing.modules import Module
from constructs_lib.packaging.slicing.names import Chain, at_import, chain_of
from constructs_lib.packaging.slicing.units import Unit

Finding = tuple[int, str]

_DYNAMIC = {"__import__", "eval", "exec", "globals"}
_IMPORT_MODULE = ("importlib", "import_module")
_READS = {
    "the environment": ("os.environ", "os.environb", "os.getenv", "os.getcwd", "pathlib.Path.cwd"),
    "the clock": (
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
        "datetime.date.today",
        "time.gmtime",
        "time.localtime",
        "time.monotonic",
        "time.perf_counter",
        "time.strftime",
        "time.time",
        "time.time_ns",
    ),
    "random numbers": (
        "numpy.random",
        "os.urandom",
        "random",
        "secrets",
        "uuid.uuid1",
        "uuid.uuid4",
    ),
    "this machine": ("getpass.getuser", "pathlib.Path.home", "platform", "socket.gethostname"),
    "a file": ("builtins.open", "io.open", "numpy.load", "pandas.read_csv"),
}
_FILE_METHODS = {"read_bytes", "read_text"}


def origin(module: Module, unit: Unit, chain: Chain) -> Chain:
    """Return a chain with the name at its root replaced by where it is imported from.

    Returns:
        ``("os", "environ", "get")`` for ``env.get`` after ``from os import environ as env``; with
        ``builtins`` in front for a name that nothing binds.
    """
    binders = module.binders(chain[0])
    candidates = [*unit.inner_imports, *(i for other in binders for i in other.imports)]
    for imported in candidates:
        if imported.bound == chain[0]:
            start = module.target(imported).split(".")
            if imported.name is not None:
                return (*start, imported.name, *chain[1:])
            return (*(start if imported.renamed else start[:1]), *chain[1:])
    return chain if binders else ("builtins", *chain)


def dynamic_uses(module: Module, unit: Unit) -> Iterator[Finding]:
    """Yield uses whose reach no analysis of the source can see."""
    for node in ast.walk(unit.node):
        if isinstance(node, ast.Name) and node.id == "__file__":
            yield node.lineno, "__file__ is used; in the container it points into the bundle"
        if not isinstance(node, ast.Call):
            continue
        chain = chain_of(node.func)
        source = origin(module, unit, chain) if chain else ()
        dynamic = source[:1] == ("builtins",) and source[1:] in {(name,) for name in _DYNAMIC}
        if dynamic or (source == _IMPORT_MODULE and _literal(node) is None):
            yield (
                node.lineno,
                f"what {source[-1]}() reaches is not visible in the source; "
                f"name the modules that it needs in include=[...]",
            )


def literal_imports(module: Module, unit: Unit) -> Iterator[str]:
    """Yield the modules that ``importlib.import_module`` is called with as plain strings."""
    for node in ast.walk(unit.node):
        if isinstance(node, ast.Call):
            chain = chain_of(node.func)
            name = _literal(node)
            if chain and name and origin(module, unit, chain) == _IMPORT_MODULE:
                yield name


def evaluated_again(module: Module, unit: Unit) -> Iterator[Finding]:
    """Yield what the statement reads of its surroundings while the module is imported."""
    for node in at_import(unit.node):
        chain = chain_of(node)
        read = _what_is_read(origin(module, unit, chain)) if chain else None
        is_method = isinstance(node, ast.Attribute) and node.attr in _FILE_METHODS
        if read is None and is_method and not _reads_package_data(module, unit, node):
            read = "a file"
        if read is not None:
            yield (
                getattr(node, "lineno", unit.line),
                f"{unit.label} reads {read} and is evaluated again in the container; "
                f"pass the value as an argument of the step to settle it at synth time",
            )
            return


def _what_is_read(source: Chain) -> str | None:
    dotted = ".".join(source)
    for what, names in _READS.items():
        for name in names:
            if dotted == name or dotted.startswith(f"{name}."):
                seeded = source[-1] in {"Random", "Generator", "RandomState"}
                return None if seeded or dotted == "random" else what
    return None


def _reads_package_data(module: Module, unit: Unit, node: ast.AST) -> bool:
    for child in ast.walk(node):
        chain = chain_of(child)
        if chain and origin(module, unit, chain)[:2] == ("importlib", "resources"):
            return True
    return False


def _literal(call: ast.Call) -> str | None:
    if call.args and isinstance(call.args[0], ast.Constant):
        value = call.args[0].value
        return value if isinstance(value, str) else None
    return None


def dropped_calls(module: Module, shipped: Collection[int]) -> Iterator[Finding]:
    """Yield one note on the statements that act at import and are not shipped, if there are any.

    Those that act on the CDK app or on steps are meant to stay behind and not mentioned.

    Args:
        module: A module of which something is shipped.
        shipped: Indexes of the statements that are.
    """
    dropped = [
        unit
        for unit in module.parsed.units
        if unit.index not in shipped and _acts(unit) and not _is_for_synth(module, unit)
    ]
    if dropped:
        others = f", nor are {len(dropped) - 1} more like it" if len(dropped) > 1 else ""
        yield (
            dropped[0].line,
            f"{dropped[0].label} runs when {module.name} is imported and is not shipped{others}; "
            f"if the step needs it, do it in the step",
        )


def _acts(unit: Unit) -> bool:
    if isinstance(unit.node, ast.Expr):
        return isinstance(unit.node.value, ast.Call)
    return not unit.binds and not unit.is_import and bool(unit.changes)


def _is_for_synth(module: Module, unit: Unit) -> bool:
    names = {node.id for node in ast.walk(unit.node) if isinstance(node, ast.Name)}
    values = live.namespace(module.name)
    if any(live.synth_only(values.get(name)) for name in names):
        return True
    sources = [origin(module, unit, chain) for chain in map(chain_of, ast.walk(unit.node)) if chain]
    if any(live.is_synth_package(source[0]) for source in sources):
        return True
    return any(live.is_ours(values.get(name)) for name in names)
