"""Expressions as source, with no more parentheses than their structure needs."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from constructs_lib.packaging.canonical.literals import escape, print_constant

# From what binds least to what binds most.
NAMED, TUPLE, YIELD, TEST, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND = range(11)
SHIFT, SUM, TERM, FACTOR, POWER, AWAIT, ATOM = range(11, 18)

_BINARY = {
    "BitOr": ("|", BIT_OR),
    "BitXor": ("^", BIT_XOR),
    "BitAnd": ("&", BIT_AND),
    "LShift": ("<<", SHIFT),
    "RShift": (">>", SHIFT),
    "Add": ("+", SUM),
    "Sub": ("-", SUM),
    "Mult": ("*", TERM),
    "MatMult": ("@", TERM),
    "Div": ("/", TERM),
    "Mod": ("%", TERM),
    "FloorDiv": ("//", TERM),
}
_COMPARISONS = {
    "Eq": "==",
    "NotEq": "!=",
    "Lt": "<",
    "LtE": "<=",
    "Gt": ">",
    "GtE": ">=",
    "Is": "is",
    "IsNot": "is not",
    "In": "in",
    "NotIn": "not in",
}
_UNARY = {"Invert": "~", "UAdd": "+", "USub": "-"}
_CONVERSIONS = {-1: "", 115: "!s", 114: "!r", 97: "!a"}
_QUOTES = ('"', "'", '"""', "'''")


class UnprintableNodeError(ValueError):
    """A kind of syntax that this printer does not know, such as that of a newer Python."""

    def __init__(self, node: ast.AST) -> None:
        name, line = type(node).__name__, getattr(node, "lineno", "?")
        super().__init__(f"line {line}: syntax of kind {name} cannot be printed")


def operator(node: ast.AST) -> str:
    """Return the sign of a binary operator other than a comparison."""
    name = type(node).__name__
    return "**" if name == "Pow" else _BINARY[name][0]


def print_expression(node: ast.AST, level: int = TEST) -> str:
    """Return the source of an expression, in parentheses if it binds less than its place asks."""
    printer = _PRINTERS.get(type(node).__name__)
    if printer is None:
        raise UnprintableNodeError(node)
    binds, text = printer(node)
    return text if binds >= level else f"({text})"


def print_arguments(node: ast.arguments) -> str:
    """Return the parameters of a function or lambda."""
    plain = [*node.posonlyargs, *node.args]
    defaults = [None] * (len(plain) - len(node.defaults)) + list(node.defaults)
    parts = [_parameter(a, d) for a, d in zip(plain, defaults, strict=False)]
    if node.posonlyargs:
        parts.insert(len(node.posonlyargs), "/")
    if node.vararg is not None:
        parts.append("*" + _parameter(node.vararg, None))
    elif node.kwonlyargs:
        parts.append("*")
    parts += [_parameter(a, d) for a, d in zip(node.kwonlyargs, node.kw_defaults, strict=False)]
    if node.kwarg is not None:
        parts.append("**" + _parameter(node.kwarg, None))
    return ", ".join(parts)


def print_keywords(node: Any) -> list[str]:
    """Return the keyword arguments of a call or class."""
    return [
        f"{keyword.arg}={print_expression(keyword.value)}"
        if keyword.arg is not None
        else f"**{print_expression(keyword.value, BIT_OR)}"
        for keyword in node.keywords
    ]


def _parameter(node: ast.arg, default: ast.AST | None) -> str:
    text = node.arg
    if node.annotation is not None:
        text += f": {print_expression(node.annotation)}"
    if default is None:
        return text
    return f"{text}{' = ' if node.annotation is not None else '='}{print_expression(default)}"


def _list(nodes: list[Any]) -> str:
    return ", ".join(print_expression(node) for node in nodes)


def _binary(node: ast.BinOp) -> tuple[int, str]:
    if isinstance(node.op, ast.Pow):
        left, right = print_expression(node.left, AWAIT), print_expression(node.right, FACTOR)
        return POWER, f"{left} ** {right}"
    sign, binds = _BINARY[type(node.op).__name__]
    left, right = print_expression(node.left, binds), print_expression(node.right, binds + 1)
    return binds, f"{left} {sign} {right}"


def _boolean(node: ast.BoolOp) -> tuple[int, str]:
    word, binds = (" and ", AND) if isinstance(node.op, ast.And) else (" or ", OR)
    return binds, word.join(print_expression(value, binds + 1) for value in node.values)


def _unary(node: ast.UnaryOp) -> tuple[int, str]:
    if isinstance(node.op, ast.Not):
        return NOT, f"not {print_expression(node.operand, NOT)}"
    return FACTOR, _UNARY[type(node.op).__name__] + print_expression(node.operand, FACTOR)


def _compare(node: ast.Compare) -> tuple[int, str]:
    parts = [print_expression(node.left, BIT_OR)]
    for sign, value in zip(node.ops, node.comparators, strict=True):
        parts += [_COMPARISONS[type(sign).__name__], print_expression(value, BIT_OR)]
    return COMPARE, " ".join(parts)


def _lambda(node: ast.Lambda) -> tuple[int, str]:
    parameters = print_arguments(node.args)
    head = f"lambda {parameters}" if parameters else "lambda"
    return TEST, f"{head}: {print_expression(node.body)}"


def _conditional(node: ast.IfExp) -> tuple[int, str]:
    body, test = print_expression(node.body, OR), print_expression(node.test, OR)
    return TEST, f"{body} if {test} else {print_expression(node.orelse)}"


def _tuple(node: ast.Tuple) -> tuple[int, str]:
    if not node.elts:
        return ATOM, "()"
    return TUPLE, _list(node.elts) + ("," if len(node.elts) == 1 else "")


def _dict(node: ast.Dict) -> tuple[int, str]:
    parts = [
        f"**{print_expression(value, BIT_OR)}"
        if key is None
        else f"{print_expression(key)}: {print_expression(value)}"
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    return ATOM, "{" + ", ".join(parts) + "}"


def _generators(node: Any) -> str:
    text = ""
    for part in node.generators:
        word = " async for " if part.is_async else " for "
        text += f"{word}{print_expression(part.target, TUPLE)} in {print_expression(part.iter, OR)}"
        text += "".join(f" if {print_expression(test, OR)}" for test in part.ifs)
    return text


def _dict_comprehension(node: ast.DictComp) -> tuple[int, str]:
    head = f"{print_expression(node.key)}: {print_expression(node.value)}"
    return ATOM, "{" + head + _generators(node) + "}"


def _comprehension(opening: str, closing: str) -> Callable[[Any], tuple[int, str]]:
    def printer(node: Any) -> tuple[int, str]:
        return ATOM, f"{opening}{print_expression(node.elt)}{_generators(node)}{closing}"

    return printer


def _call(node: ast.Call) -> tuple[int, str]:
    function = print_expression(node.func, ATOM)
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        return ATOM, function + print_expression(node.args[0])
    parts = [print_expression(value) for value in node.args] + print_keywords(node)
    return ATOM, f"{function}({', '.join(parts)})"


def _attribute(node: ast.Attribute) -> tuple[int, str]:
    value = print_expression(node.value, ATOM)
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, int):
        value = f"({value})"  # a dot right after a number would belong to the number
    return ATOM, f"{value}.{node.attr}"


def _subscript(node: ast.Subscript) -> tuple[int, str]:
    index: Any = node.slice
    bare = isinstance(index, ast.Tuple) and bool(index.elts)
    if bare and any(isinstance(item, ast.Starred) for item in index.elts):
        # Only Python 3.11 and later take a bare star here, and only they allow slices beside it.
        bare = any(isinstance(item, ast.Slice) for item in index.elts)
    text = print_expression(index, TUPLE if bare else TEST)
    return ATOM, f"{print_expression(node.value, ATOM)}[{text}]"


def _slice(node: ast.Slice) -> tuple[int, str]:
    lower = print_expression(node.lower) if node.lower is not None else ""
    upper = print_expression(node.upper) if node.upper is not None else ""
    step = f":{print_expression(node.step)}" if node.step is not None else ""
    return ATOM, f"{lower}:{upper}{step}"


def _yield(node: ast.Yield) -> tuple[int, str]:
    return YIELD, f"yield {print_expression(node.value)}" if node.value is not None else "yield"


def _joined(node: ast.JoinedStr) -> tuple[int, str]:
    pieces = _pieces(node)
    inside = [text for is_text, text in pieces if not is_text]
    # Before Python 3.12 the quotes of an f-string must not occur in its expressions.
    quote = next((q for q in _QUOTES if not any(q in text for text in inside)), '"')
    if len(quote) == 3 and inside and any(text.endswith(quote[0]) for text in inside):
        quote = next((q for q in _QUOTES[2:] if not any(q[0] == t[-1] for t in inside)), quote)
    body = "".join(
        escape(text).replace(quote[0], f"\\{quote[0]}") if is_text else text
        for is_text, text in pieces
    )
    return ATOM, f"f{quote}{body}{quote}"


def _pieces(node: ast.JoinedStr) -> list[tuple[bool, str]]:
    """Return the texts of an f-string, and its expressions with their braces."""
    pieces: list[tuple[bool, str]] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            pieces.append((True, str(value.value).replace("{", "{{").replace("}", "}}")))
        elif isinstance(value, ast.FormattedValue):
            pieces += _formatted(value)
        else:
            raise UnprintableNodeError(value)
    return pieces


def _formatted(node: ast.FormattedValue) -> list[tuple[bool, str]]:
    text = print_expression(node.value, OR)
    space = " " if text.startswith("{") else ""
    pieces = [(False, "{" + space + text + _CONVERSIONS[node.conversion])]
    if node.format_spec is not None:
        pieces.append((False, ":"))
        pieces += _pieces(node.format_spec)  # type: ignore[arg-type]  # always a JoinedStr
    return [*pieces, (False, "}")]


_PRINTERS: dict[str, Callable[[Any], tuple[int, str]]] = {
    "Attribute": _attribute,
    "Await": lambda node: (AWAIT, f"await {print_expression(node.value, ATOM)}"),
    "BinOp": _binary,
    "BoolOp": _boolean,
    "Call": _call,
    "Compare": _compare,
    "Constant": lambda node: (ATOM, print_constant(node.value)),
    "Dict": _dict,
    "DictComp": _dict_comprehension,
    "GeneratorExp": _comprehension("(", ")"),
    "IfExp": _conditional,
    "JoinedStr": _joined,
    "Lambda": _lambda,
    "List": lambda node: (ATOM, f"[{_list(node.elts)}]"),
    "ListComp": _comprehension("[", "]"),
    "Name": lambda node: (ATOM, node.id),
    "NamedExpr": lambda node: (NAMED, f"{node.target.id} := {print_expression(node.value)}"),
    "Set": lambda node: (ATOM, "{" + _list(node.elts) + "}"),
    "SetComp": _comprehension("{", "}"),
    "Slice": _slice,
    "Starred": lambda node: (ATOM, f"*{print_expression(node.value, BIT_OR)}"),
    "Subscript": _subscript,
    "Tuple": _tuple,
    "UnaryOp": _unary,
    "Yield": _yield,
    "YieldFrom": lambda node: (YIELD, f"yield from {print_expression(node.value)}"),
}
