"""Expressions as source, with no more parentheses than their structure needs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from constructs_lib.packaging.canonical.errors import UnprintableNodeError, lookup
from constructs_lib.packaging.canonical.fstrings import print_joined
from constructs_lib.packaging.canonical.literals import print_constant

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
_BOOLEAN = {"And": (" and ", AND), "Or": (" or ", OR)}
_UNARY = {
    "Invert": ("~", FACTOR),
    "Not": ("not ", NOT),
    "UAdd": ("+", FACTOR),
    "USub": ("-", FACTOR),
}
_BRACKETS = {"GeneratorExp": ("(", ")"), "ListComp": ("[", "]"), "SetComp": ("{", "}")}


class ExpressionPrinter:
    """Prints expressions.

    Args:
        enclosing: The quotes of the f-strings that they stand in, if they must avoid them and
            backslashes.
    """

    def __init__(self, enclosing: Sequence[str] = ()) -> None:
        self._enclosing = enclosing

    def expression(self, node: ast.AST, level: int = TEST) -> str:
        """Return the source of an expression.

        Args:
            node: The expression.
            level: How much its place asks it to bind; if it binds less, it is in parentheses.

        Raises:
            UnprintableNodeError: It has syntax that this printer does not know.
        """
        binds, text = lookup(_PRINTERS, node)(self, node)
        return text if binds >= level else f"({text})"

    def listed(self, nodes: Iterable[ast.AST]) -> str:
        """Return expressions with commas between them."""
        return ", ".join([self.expression(node) for node in nodes])

    def parameters(self, node: ast.arguments) -> str:
        """Return the parameters of a function or lambda."""
        plain = [*node.posonlyargs, *node.args]
        defaults = [None] * (len(plain) - len(node.defaults)) + list(node.defaults)
        parts = list(map(self._parameter, plain, defaults))
        if node.posonlyargs:
            parts.insert(len(node.posonlyargs), "/")
        if node.vararg is not None:
            parts.append("*" + self._parameter(node.vararg))
        elif node.kwonlyargs:
            parts.append("*")
        parts += map(self._parameter, node.kwonlyargs, node.kw_defaults)
        if node.kwarg is not None:
            parts.append("**" + self._parameter(node.kwarg))
        return ", ".join(parts)

    def keywords(self, nodes: Iterable[ast.keyword]) -> list[str]:
        """Return the keyword arguments of a call or class."""
        return [
            f"{keyword.arg}={self.expression(keyword.value)}"
            if keyword.arg is not None
            else f"**{self.expression(keyword.value, BIT_OR)}"
            for keyword in nodes
        ]

    def _parameter(self, node: ast.arg, default: ast.AST | None = None) -> str:
        text, equals = node.arg, "="
        if node.annotation is not None:
            text, equals = f"{text}: {self.expression(node.annotation)}", " = "
        return text if default is None else f"{text}{equals}{self.expression(default)}"

    def _binary(self, node: ast.BinOp) -> tuple[int, str]:
        if isinstance(node.op, ast.Pow):
            left, right = self.expression(node.left, AWAIT), self.expression(node.right, FACTOR)
            return POWER, f"{left} ** {right}"
        _, binds = lookup(_BINARY, node.op)
        # A loop, because sums may be longer than Python lets functions call each other.
        pieces: list[str] = []
        first: ast.AST = node
        while isinstance(first, ast.BinOp) and not isinstance(first.op, ast.Pow):
            sign, first_binds = lookup(_BINARY, first.op)
            if first_binds != binds:
                break
            pieces += [self.expression(first.right, binds + 1), sign]
            first = first.left
        pieces.append(self.expression(first, binds))
        return binds, " ".join(reversed(pieces))

    def _boolean(self, node: ast.BoolOp) -> tuple[int, str]:
        word, binds = lookup(_BOOLEAN, node.op)
        return binds, word.join([self.expression(value, binds + 1) for value in node.values])

    def _unary(self, node: ast.UnaryOp) -> tuple[int, str]:
        sign, binds = lookup(_UNARY, node.op)
        return binds, sign + self.expression(node.operand, binds)

    def _compare(self, node: ast.Compare) -> tuple[int, str]:
        def right(sign: ast.AST, value: ast.AST) -> str:
            return f" {lookup(_COMPARISONS, sign)} {self.expression(value, BIT_OR)}"

        left = self.expression(node.left, BIT_OR)
        return COMPARE, left + "".join(map(right, node.ops, node.comparators))

    def _lambda(self, node: ast.Lambda) -> tuple[int, str]:
        parameters = self.parameters(node.args)
        head = f"lambda {parameters}" if parameters else "lambda"
        return TEST, f"{head}: {self.expression(node.body)}"

    def _conditional(self, node: ast.IfExp) -> tuple[int, str]:
        body, test = self.expression(node.body, OR), self.expression(node.test, OR)
        return TEST, f"{body} if {test} else {self.expression(node.orelse)}"

    def _tuple(self, node: ast.Tuple) -> tuple[int, str]:
        if not node.elts:
            return ATOM, "()"
        return TUPLE, self.listed(node.elts) + ("," if len(node.elts) == 1 else "")

    def _dict(self, node: ast.Dict) -> tuple[int, str]:
        def entry(key: ast.AST | None, value: ast.AST) -> str:
            if key is None:
                return f"**{self.expression(value, BIT_OR)}"
            return f"{self.expression(key)}: {self.expression(value)}"

        return ATOM, "{" + ", ".join(map(entry, node.keys, node.values)) + "}"

    def _generators(self, nodes: Iterable[ast.comprehension]) -> str:
        text = ""
        for part in nodes:
            target, values = self.expression(part.target, TUPLE), self.expression(part.iter, OR)
            text += f" {'async ' if part.is_async else ''}for {target} in {values}"
            text += "".join([f" if {self.expression(test, OR)}" for test in part.ifs])
        return text

    def _comprehension(self, node: Any) -> tuple[int, str]:
        opening, closing = lookup(_BRACKETS, node)
        text = self.expression(node.elt) + self._generators(node.generators)
        return ATOM, f"{opening}{text}{closing}"

    def _dict_comprehension(self, node: ast.DictComp) -> tuple[int, str]:
        entry = f"{self.expression(node.key)}: {self.expression(node.value)}"
        return ATOM, "{" + entry + self._generators(node.generators) + "}"

    def _primary(self, node: ast.AST) -> tuple[int, str]:
        # A loop, because chains of calls may be longer than Python lets functions call each other.
        ends: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                ends.append(f".{node.attr}")
                node = node.value
            elif isinstance(node, ast.Subscript):
                ends.append(f"[{self._index(node.slice)}]")
                node = node.value
            elif isinstance(node, ast.Call):
                ends.append(self._arguments(node))
                node = node.func
            else:
                break
        start = self.expression(node, ATOM)
        if isinstance(node, ast.Constant) and type(node.value) is int and ends[-1][0] == ".":
            start = f"({start})"  # a dot right after a number would belong to the number
        return ATOM, start + "".join(reversed(ends))

    def _arguments(self, node: ast.Call) -> str:
        if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
            return self.expression(node.args[0])  # with its own parentheses
        parts = [self.expression(value) for value in node.args] + self.keywords(node.keywords)
        return f"({', '.join(parts)})"

    def _index(self, node: ast.AST) -> str:
        bare = isinstance(node, ast.Tuple) and bool(node.elts)
        if isinstance(node, ast.Tuple) and any(isinstance(x, ast.Starred) for x in node.elts):
            # Only Python 3.11 and later take a bare star here, and only they take slices beside it.
            bare = any(isinstance(item, ast.Slice) for item in node.elts)
        return self.expression(node, TUPLE if bare else TEST)

    def _slice(self, node: ast.Slice) -> tuple[int, str]:
        lower = self.expression(node.lower) if node.lower is not None else ""
        upper = self.expression(node.upper) if node.upper is not None else ""
        step = f":{self.expression(node.step)}" if node.step is not None else ""
        return ATOM, f"{lower}:{upper}{step}"

    def _yield(self, node: ast.Yield) -> tuple[int, str]:
        return YIELD, f"yield {self.expression(node.value)}" if node.value is not None else "yield"

    def _constant(self, node: ast.Constant) -> tuple[int, str]:
        try:
            return ATOM, print_constant(node.value, self._enclosing)
        except ValueError as error:
            raise UnprintableNodeError(node) from error

    def _joined(self, node: ast.JoinedStr) -> tuple[int, str]:
        def inner(part: ast.AST, enclosing: Sequence[str]) -> str:
            # A lambda's colon, or a walrus, would begin the format specification.
            return ExpressionPrinter(enclosing).expression(part, OR)

        return ATOM, print_joined(node, inner, self._enclosing)


_PRINTERS: dict[str, Callable[[ExpressionPrinter, Any], tuple[int, str]]] = {
    "Attribute": ExpressionPrinter._primary,
    "Await": lambda printer, node: (AWAIT, f"await {printer.expression(node.value, ATOM)}"),
    "BinOp": ExpressionPrinter._binary,
    "BoolOp": ExpressionPrinter._boolean,
    "Call": ExpressionPrinter._primary,
    "Compare": ExpressionPrinter._compare,
    "Constant": ExpressionPrinter._constant,
    "Dict": ExpressionPrinter._dict,
    "DictComp": ExpressionPrinter._dict_comprehension,
    "GeneratorExp": ExpressionPrinter._comprehension,
    "IfExp": ExpressionPrinter._conditional,
    "JoinedStr": ExpressionPrinter._joined,
    "Lambda": ExpressionPrinter._lambda,
    "List": lambda printer, node: (ATOM, f"[{printer.listed(node.elts)}]"),
    "ListComp": ExpressionPrinter._comprehension,
    "Name": lambda _, node: (ATOM, node.id),
    "NamedExpr": lambda printer, node: (
        NAMED,
        f"{node.target.id} := {printer.expression(node.value)}",
    ),
    "Set": lambda printer, node: (ATOM, "{" + printer.listed(node.elts) + "}"),
    "SetComp": ExpressionPrinter._comprehension,
    "Slice": ExpressionPrinter._slice,
    "Starred": lambda printer, node: (ATOM, f"*{printer.expression(node.value, BIT_OR)}"),
    "Subscript": ExpressionPrinter._primary,
    "Tuple": ExpressionPrinter._tuple,
    "UnaryOp": ExpressionPrinter._unary,
    "Yield": ExpressionPrinter._yield,
    "YieldFrom": lambda printer, node: (YIELD, f"yield from {printer.expression(node.value)}"),
}

_PLAIN = ExpressionPrinter()
print_expression = _PLAIN.expression
print_list = _PLAIN.listed
print_parameters = _PLAIN.parameters
print_keywords = _PLAIN.keywords


def print_sign(node: ast.AST) -> str:
    """Return the sign of a binary operator other than a comparison."""
    return "**" if isinstance(node, ast.Pow) else lookup(_BINARY, node)[0]
