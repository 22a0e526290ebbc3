"""Canonical source: the text is fixed by the syntax tree, on every Python."""

from __future__ import annotations

import ast
import inspect
import json
import shutil
import subprocess
import sys
import sysconfig
import tokenize
import warnings
from pathlib import Path
from typing import Any, cast

import pytest

from constructs_lib.packaging import canonical
from constructs_lib.packaging.canonical import UnprintableNodeError, canonical_source
from tests.interpreters import interpreters

# By the first minor version of Python 3 that reads it: source, and its canonical text.
EXACT: dict[int, list[tuple[str, str]]] = {
    9: [
        # Precedence.
        ("a-(b-c)-d", "a - (b - c) - d"),
        ("((a*b)@c)%(d//e)", "a * b @ c % (d // e)"),
        ("(a<<1)|(b&(c^d))", "a << 1 | b & (c ^ d)"),
        ("-(2**-1)**2", "-(2 ** -1) ** 2"),
        ("(-1)**2**3", "(-1) ** 2 ** 3"),
        ("(2**3)**-x", "(2 ** 3) ** -x"),
        ("~-+x", "~-+x"),
        ("not(a==b)", "not a == b"),
        ("(not a)==b", "(not a) == b"),
        ("-(not a)", "-(not a)"),
        ("a<(b<c)", "a < (b < c)"),
        ("a is not b not in c<=d", "a is not b not in c <= d"),
        ("a or(b or c)", "a or (b or c)"),
        ("(a or b)or(c and d)", "(a or b) or c and d"),
        ("(a or b)and c", "(a or b) and c"),
        ("(a if b else c)if(d)else(e if f else g)", "(a if b else c) if d else e if f else g"),
        ("(lambda:1)if a else(lambda:2)", "(lambda: 1) if a else lambda: 2"),
        ("(yield)", "yield"),
        ("print((yield))", "print((yield))"),
        ("x=y=yield a,", "x = y = yield (a,)"),
        ("x=(yield),1", "x = (yield), 1"),
        ("lambda:(yield)", "lambda: (yield)"),
        ("await a**b", "await a ** b"),
        ("(await a)(b)", "(await a)(b)"),
        ("await(await a)", "await (await a)"),
        ("if(x:=f()):pass", "if (x := f()):\n    pass"),
        ("f((x:=1),y=(z:=2))", "f((x := 1), y=(z := 2))"),
        # Numbers.
        ("0xFF,0o17,0b1,1_000", "(255, 15, 1, 1000)"),
        ("1E5,.10,1e-7,1e16,0.", "(100000.0, 0.1, 1e-07, 1e+16, 0.0)"),
        ("1e400,-1e999j,2J", "(1e309, -1e309j, 2j)"),
        ("1 .real,1.5.real,1j.real", "((1).real, 1.5.real, 1j.real)"),
        ("True.real,(1)[0]", "(True.real, 1[0])"),
        ("1" + "0" * 4000, f"0x{10**4000:x}"),
        # Strings.
        ("x='a'", 'x = "a"'),
        ("x='it\\'s'", 'x = "it\'s"'),
        ("x=\"say \\\"a\\\"\"", "x = 'say \"a\"'"),
        ("x='''it's \"a\"'''", 'x = "it\'s \\"a\\""'),
        ("x='a' 'b' u'c' r'\\d'", 'x = "abc\\\\d"'),
        ("x='''a\n\tb'''", 'x = "a\\n\\tb"'),
        ("x='\\0\\x1b\\x7f\\x85\\xa0\\xad\\xe9'", 'x = "\\x00\\x1b\\x7f\\x85\\xa0\\xad\u00e9"'),
        ("x='\\u200b\\u202e\\u2028\\ufeff'", 'x = "\\u200b\\u202e\\u2028\\ufeff"'),
        ("x='\\ud800\\U0001F600\\u0378'", 'x = "\\ud800\U0001f600\u0378"'),
        ("x=b'\\xff\\n\\\\\\'\\x7f\\xad'", 'x = b"\\xff\\n\\\\\'\\x7f\\xad"'),
        # Docstrings.
        ("'a'", '"""a"""'),
        ("'''\"a\n\n  b\\\\d\n'''", '""""a\n\n  b\\\\d\n"""'),
        ("'a\"'", "'a\"'"),
        ("'a\\\"\\\"\\\"b\\n'", "'a\"\"\"b\\n'"),
        ("'a\\tb\\n'", '"a\\tb\\n"'),
        ("x\n'''a\nb'''", 'x\n"a\\nb"'),
        (
            "class A:\n 'd\\n e'\n def f(self):\n  'd\\n'",
            'class A:\n    """d\n e"""\n    def f(self):\n        """d\n"""',
        ),
        ("if a:\n '''b\nc'''", 'if a:\n    "b\\nc"'),
        # F-strings.
        ("f'{a}'", 'f"{a}"'),
        ("f'{{}}{a}{{'", 'f"{{}}{a}{{"'),
        ("f''", 'f""'),
        ("f'a' 'b{}' f'{c}'", 'f"ab{{}}{c}"'),
        ("f'{a!r:>{w}.{p}}{b!s}{c!a}'", 'f"{a!r:>{w}.{p}}{b!s}{c!a}"'),
        ("f'{a=}{b = !s}{c=:>3}'", 'f"a={a!r}b = {b!s}c={c:>3}"'),
        ("f'{ {1:2}[1] }{ {a for a in b} }'", 'f"{ {1: 2}[1]}{ {a for a in b}}"'),
        ("f'{(lambda:1)()}{(a:=2)}{a!=b}'", 'f"{(lambda: 1)()}{(a := 2)}{a != b}"'),
        ("f'{a if b else c}{(yield)}'", 'f"{(a if b else c)}{(yield)}"'),
        ("f'{*a,b}{a,}'", 'f"{(*a, b)}{(a,)}"'),
        ("f'{a[\"b\"]}'", "f\"{a['b']}\""),
        ("f'say \"{a}\"'", "f'say \"{a}\"'"),
        ("f\"it's \\\"{a['b']}\\\"\"", 'f"it\'s \\"{a[\'b\']}\\""'),
        ("f'''{a[\"it's\"]}'''", "f\"{a['''it's''']}\""),
        ("f'''{a[\"it's\"]}'c'\"d\"{e}'''", "f\"{a['''it's''']}'c'\\\"d\\\"{e}\""),
        ("f'''{f\"\"\"{f'{x}'}\"\"\"}'''", "f\"{f'''{f'{x}'}'''}\""),
        ("f\"\"\"{'''a'b\"c'''}\"\"\"", "f\"\"\"{'''a'b\"c'''}\"\"\""),
        ("f'''{\"\"\"a\"'\"\"\"}'''", "f'''{\"\"\"a\"'\"\"\"}'''"),
        ("f\"\"\"{'''\n'''.join(a)}\"\"\"", "f\"\"\"{'''\n'''.join(a)}\"\"\""),
        ("f'{a.split(\"\t\")}{b\"c\"}'", "f\"{a.split('\t')}{b'c'}\""),
        ("f'{a:%H:\\'\"\\n\\x7b\\x7d}'", 'f"{a:%H:\'\\"\\n\\x7b\\x7d}"'),
        ("f'{f\"{{{a:>{w}}\"}'", "f\"{f'{{{a:>{w}}'}\""),
        ("f'{a:}}}'", 'f"{a:}}}"'),
        ("rf'\\d{a}'", 'f"\\\\d{a}"'),
        # Collections, subscripts and calls.
        ("x=a,\n[a,(b,),[],()]", "x = a,\n[a, (b,), [], ()]"),
        ("{**a|b,'c':1,**(d or e)}", '{**a | b, "c": 1, **(d or e)}'),
        ("{*a,b}", "{*a, b}"),
        ("x[a,b],x[(a,)],x[()],x[(a,b),c]", "(x[a, b], x[a,], x[()], x[(a, b), c])"),
        ("x[1:2],x[::3,...],x[:],x[(lambda:1):2]", "(x[1:2], x[::3, ...], x[:], x[lambda: 1:2])"),
        ("x[(*a,)]", "x[(*a,)]"),
        ("f(*a or b,c=1,**d or e)", "f(*(a or b), c=1, **(d or e))"),
        ("f((x for x in y))", "f(x for x in y)"),
        ("f((x for x in y),1)", "f((x for x in y), 1)"),
        ("class A((x for x in y)):pass", "class A((x for x in y)):\n    pass"),
        (
            "[(a:=b) for(b,c),d in(x if y else z)if(lambda:1)if e]",
            "[(a := b) for (b, c), d in (x if y else z) if (lambda: 1) if e]",
        ),
        ("{a:b for a,in c for b in a},{a for a in b}", "({a: b for a, in c for b in a}, {a for a in b})"),
        # Functions and classes.
        (
            "def f(a,b=1,/,c:int=2,*d:e,g,h=3,**i:j)->(k,l):return*a,b",
            "def f(a, b=1, /, c: int = 2, *d: e, g, h=3, **i: j) -> (k, l):\n    return *a, b",
        ),
        ("def f(a,/,*,b):return(yield)", "def f(a, /, *, b):\n    return (yield)"),
        ("def f():\n yield\n yield from(a,b)", "def f():\n    yield\n    yield from (a, b)"),
        ("lambda a,/,b=1,*c,d=2,**e:(a,b)", "lambda a, /, b=1, *c, d=2, **e: (a, b)"),
        (
            "@a[b].c(d)\n@(e:=f)\nclass A(B,*c,metaclass=D,**e):x=1;y:int",
            "@a[b].c(d)\n@(e := f)\nclass A(B, *c, metaclass=D, **e):\n    x = 1\n    y: int",
        ),
        (
            "async def f():\n async for a in b:await c\n async with d as e:\n  return[g async for g in h]",
            "async def f():\n    async for a in b:\n        await c\n    async with d as e:\n"
            "        return [g async for g in h]",
        ),
        # Statements.
        ("(x):int=1,2", "(x): int = (1, 2)"),
        ("x.y:int", "x.y: int"),
        ("a=b,=*c,d=e", "a = b, = *c, d = e"),
        ("a//=b,c", "a //= (b, c)"),
        ("a**=yield", "a **= yield"),
        ("a@=b;c>>=d", "a @= b\nc >>= d"),
        ("for a,in*b,c:break\nelse:continue", "for a, in (*b, c):\n    break\nelse:\n    continue"),
        ("while(a):pass\nelse:pass", "while a:\n    pass\nelse:\n    pass"),
        ("if a:b\nelif c:d\nelse:\n if e:f\n g", "if a:\n    b\nelif c:\n    d\nelse:\n    if e:\n        f\n    g"),
        ("if a:b\nelse:\n if c:d\n else:e", "if a:\n    b\nelif c:\n    d\nelse:\n    e"),
        ("with a,b as c.d,e as(f,g):pass", "with a, b as c.d, e as (f, g):\n    pass"),
        ("with(a,b):pass", "with a, b:\n    pass"),
        ("with((a,b)):pass", "with ((a, b)):\n    pass"),
        ("with(a,b)as c,(d,e):pass", "with (a, b) as c, (d, e):\n    pass"),
        ("with():pass", "with ():\n    pass"),
        (
            "try:a\nexcept(B,C)as d:e\nexcept:f\nelse:g\nfinally:h",
            "try:\n    a\nexcept (B, C) as d:\n    e\nexcept:\n    f\nelse:\n    g\nfinally:\n    h",
        ),
        ("try:a\nfinally:b", "try:\n    a\nfinally:\n    b"),
        ("del(a,b),c,d[0]", "del (a, b), c, d[0]"),
        ("assert(a,b),c\nassert(d)", "assert (a, b), c\nassert d"),
        ("raise\nraise(A)\nraise A from(b)", "raise\nraise A\nraise A from b"),
        ("import a.b as c,d\nfrom..e import(f as g,h)", "import a.b as c, d\nfrom ..e import f as g, h"),
        ("from.import*", "from . import *"),
        ("def f():\n global a,b\n nonlocal c", "def f():\n    global a, b\n    nonlocal c"),
        ("# a\n\nx=1  # b\n\n\ndef f():\n\n  # c\n  y;z\n", "x = 1\ndef f():\n    y\n    z"),
        ("match=type=case=1\nmatch(type)[case]*match", "match = type = case = 1\nmatch(type)[case] * match"),
    ],
    10: [
        (
            "match a,*b:\n case[c,*_]|(1,2)if d:pass\n case{'k':-1,**r}:pass\n case _:pass",
            "match (a, *b):\n    case [c, *_] | [1, 2] if d:\n        pass\n"
            '    case {"k": -1, **r}:\n        pass\n    case _:\n        pass',
        ),
        (
            "match a:\n case A.B(1,c=(2|3)as d,e=-1+2j)as f:pass\n case None|'x':pass\n case(g as h):pass",
            "match a:\n    case A.B(1, c=2 | 3 as d, e=-1 + 2j) as f:\n        pass\n"
            '    case None | "x":\n        pass\n    case g as h:\n        pass',
        ),
        (
            "match a:\n case[(b as c)|d,{}]:pass\n case*e,:pass\n case A():pass",
            "match a:\n    case [(b as c) | d, {}]:\n        pass\n    case [*e]:\n        pass\n"
            "    case A():\n        pass",
        ),
    ],
    11: [
        ("try:a\nexcept*(B,C)as d:e", "try:\n    a\nexcept* (B, C) as d:\n    e"),
        ("x[*a]", "x[(*a,)]"),
        ("x[*a,b:c]", "x[*a, b:c]"),
        ("def f(*a:*B):pass", "def f(*a: *B):\n    pass"),
    ],
    12: [
        ("type X[T:(int,str),*Ts,**P]=list[T]", "type X[T: (int, str), *Ts, **P] = list[T]"),
        ("def f[T:int](a:T):pass", "def f[T: int](a: T):\n    pass"),
        ("class A[T](B[T]):pass", "class A[T](B[T]):\n    pass"),
        # What every Python reads, though the source was not.
        ("f'{'a'}'", "f\"{'a'}\""),
        ("f'{'\\n'.join(a)}'", "f\"\"\"{'''\n'''.join(a)}\"\"\""),
        # What only Python 3.12 and later can read.
        ("f'{'\\\\'}{'a'}'", 'f"{"\\\\"}{"a"}"'),
        ("f'{'\\0'}'", 'f"{"\\x00"}"'),
        ("f'{b'\\xff'}'", 'f"{b"\\xff"}"'),
        ("f'{'\\ud800'}'", 'f"{"\\ud800"}"'),
        ("f'{f'{f'{f'{f'{a}'}'}'}'}'", "f\"{f\"\"\"{f\"{f'''{f'{a}'}'''}\"}\"\"\"}\""),
        ("f'{f'{a:\\x7b}'}'", 'f"{f"{a:\\x7b}"}"'),
        ("f'{*a}'", 'f"{*a}"'),
        ("f'{a:{b:{c}}}'", 'f"{a:{b:{c}}}"'),
    ],
    13: [
        (
            "class A[T=int,*Ts=*B[int],**P=[int]]:pass",
            "class A[T = int, *Ts = *B[int], **P = [int]]:\n    pass",
        ),
    ],
}  # fmt: skip

READABLE = [
    (source, text)
    for minor, snippets in EXACT.items()
    for source, text in snippets
    if minor <= sys.version_info.minor
]

SAME = [
    ("f( a,b ,)", "f(a, b)"),
    ("x = (\n    'a'\n    'b'\n)  # why", 'x = "ab"'),
    ("x = [\n    1,\n    2,\n]\n\n\n", "x = [1, 2]"),
    ("if (a and\n        b):\n\tpass", "if a and b: pass"),
    ("x = a + \\\n    b; y = 1", "x = (a\n     + b)\ny = 1"),
    ("def f(\n    a,\n    b=1,\n):\n  # no\n  return (a)", "def f(a, b = 1): return a"),
    ("from a import (\n    b,\n    c,\n)", "from a import b, c"),
    ("for (a, b) in (c): pass", "for a, b in c:\n\n    pass"),
    ("return_ = (yield_)", "return_ = yield_"),
    ("del (a), b", "del a, b"),
    ("x = 0XfF + 1_0 + 1E1 + U'a' + rb'\\d'", "x = 255 + 10 + 10.0 + 'a' + b'\\\\d'"),
    ("f'''{ a [ \"b\" ] !r}''' f'c'", "f\"{a['b']!r}c\""),
    ("class A(): pass", "class A:\n        pass"),
    ("@ (a)\ndef f() : ...", "@a\ndef f(): ..."),
]


def normal_form(tree: ast.AST) -> str:
    """Return a tree as text, less what differs between equal sources and between Pythons."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None
        elif isinstance(node, ast.JoinedStr):
            merged: list[ast.expr] = []
            for part in node.values:
                last = merged[-1] if merged else None
                if isinstance(part, ast.Constant) and isinstance(last, ast.Constant):
                    merged[-1] = ast.Constant(str(last.value) + str(part.value))
                else:
                    merged.append(part)
            node.values = [p for p in merged if not (isinstance(p, ast.Constant) and p.value == "")]
    return ast.dump(tree)


# Prints, for each source, its canonical text and whether that parses to the same tree.
DRIVER = f"""
from __future__ import annotations
import ast, json, sys
sys.path.insert(0, sys.argv[1])
from constructs_lib.packaging.canonical import canonical_source

{inspect.getsource(normal_form)}

def result(source):
    text = canonical_source(ast.parse(source))
    return text, normal_form(ast.parse(text)) == normal_form(ast.parse(source))

print(json.dumps([result(source) for source in json.load(sys.stdin)]))
"""


@pytest.mark.parametrize(("source", "text"), READABLE)
def test_each_construct_has_one_exact_text(source: str, text: str) -> None:
    """Each kind of syntax has this text, which parses to its tree and prints the same again."""
    assert canonical_source(ast.parse(source)) == f"{text}\n"
    assert normal_form(ast.parse(text)) == normal_form(ast.parse(source))
    assert canonical_source(ast.parse(text)) == f"{text}\n"


@pytest.mark.parametrize("version", interpreters())
def test_every_python_prints_the_same_bytes(version: str, tmp_path: Path) -> None:
    """Each Python prints what this one does, and reads what it printed."""
    minor = int(version.partition(".")[2])
    snippets = [pair for first, pairs in EXACT.items() if first <= minor for pair in pairs]
    printer = Path(canonical.__file__).parent
    # Without the packages around it, which need a newer Python than the oldest of these.
    shutil.copytree(printer, tmp_path / "constructs_lib" / "packaging" / "canonical")
    (tmp_path / "driver.py").write_text(DRIVER, encoding="utf-8")
    result = subprocess.run(
        [interpreters()[version], "-I", "-W", "ignore", "driver.py", str(tmp_path)],
        input=json.dumps([source for source, _ in snippets]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == [[f"{text}\n", True] for _, text in snippets]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_layout_changes_nothing(one: str, other: str) -> None:
    """Comments, quotes, parentheses, line breaks and spaces do not reach the text."""
    assert canonical_source(ast.parse(one)) == canonical_source(ast.parse(other))


def test_the_standard_library_keeps_its_meaning() -> None:
    """Real modules parse to the same tree, and print the same again, once they were printed."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    modules = sorted(folder.glob("*.py"), key=lambda path: (path.stat().st_size, path))[:150]
    assert len(modules) == 150
    for module in modules:
        with tokenize.open(module) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(file.read())
        text = canonical_source(tree)
        again = ast.parse(text)
        assert canonical_source(again) == text, module
        assert normal_form(again) == normal_form(tree), module


def test_a_statement_prints_as_it_does_in_its_module() -> None:
    """One statement has the same text alone, at any depth of the tree it came from."""
    definition = ast.parse("class A:\n def f(self):\n  'd\\n'\n  return 1").body[0]
    assert isinstance(definition, ast.ClassDef)
    assert canonical_source(definition.body[0]) == 'def f(self):\n    """d\n"""\n    return 1\n'


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a" + "+a" * 900, "a" + " + a" * 900),
        ("a" + ".b(c)[d]" * 300, "a" + ".b(c)[d]" * 300),
        ("if a:b\n" + "elif a:b\n" * 300, "if a:\n    b\n" + "elif a:\n    b\n" * 300),
    ],
    ids=["sum", "calls", "elif"],
)
def test_long_chains_are_no_deeper_than_short_ones(source: str, text: str) -> None:
    """What a generated file chains hundreds of times prints within Python's recursion limit."""
    assert canonical_source(ast.parse(source)).rstrip("\n") == text.rstrip("\n")


def test_deep_f_strings_take_no_longer_than_shallow_ones() -> None:
    """The search for quotes that every Python reads ends at once where there are none."""
    node: ast.expr = ast.Name("a")
    for _ in range(40):
        node = ast.JoinedStr([ast.FormattedValue(node, -1, None)])
    assert canonical_source(ast.Expr(node)).count("{") == 40


class FutureStatement(ast.stmt):
    """A statement of a Python to come."""


class FutureExpression(ast.expr):
    """An expression of a Python to come."""


class FutureOperator(ast.operator):
    """An operator of a Python to come."""


def _joined(part: ast.expr) -> ast.expr:
    return ast.JoinedStr(values=[part])


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (FutureStatement(lineno=7), "FutureStatement"),
        (ast.Expr(FutureExpression(lineno=7)), "FutureExpression"),
        (ast.Expr(_joined(FutureExpression(lineno=7))), "FutureExpression"),
        (ast.Expr(ast.Constant(cast("Any", (1, 2)), lineno=7)), "Constant"),
        (ast.Expr(ast.Constant(-1, lineno=7)), "Constant"),
        (ast.Expr(ast.Constant(float("nan"), lineno=7)), "Constant"),
        (
            ast.Expr(_joined(ast.FormattedValue(ast.Name("a"), conversion=1, lineno=7))),
            "FormattedValue",
        ),
    ],
)
def test_unknown_syntax_is_refused(statement: ast.stmt, name: str) -> None:
    """A node that the printer does not know is named with its line, never guessed at."""
    with pytest.raises(UnprintableNodeError, match=rf"line 7: .*\b{name}\b"):
        canonical_source(ast.Module([statement], []))


def test_an_unknown_operator_is_refused() -> None:
    """An operator has no line of its own, but it has a name."""
    operation = ast.BinOp(ast.Name("a"), FutureOperator(), ast.Name("b"))
    with pytest.raises(UnprintableNodeError, match="FutureOperator"):
        canonical_source(ast.Expr(operation))
