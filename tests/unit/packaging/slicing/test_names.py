"""Which definitions of one module a function reaches."""

from __future__ import annotations

from typing import Any

SOURCE = '''
"""Steps."""
import json, os
from math import sqrt, pi

LIMIT = 3
UNUSED = object()

class Base:
    factor = LIMIT
    def grow(self, x):
        return helper(x) * self.factor

class Child(Base):
    pass

def helper(x):
    # a comment
    return sqrt(x) + 1

def unused():
    return os.getcwd()

def train(x: "Child"):
    return [Child().grow(value) for value in x]

if __name__ == "__main__":
    print(unused())
'''


def test_a_function_ships_with_what_it_reaches_and_nothing_else(project: Any) -> None:
    """Helpers, constants, classes and bases ship; other definitions and imports do not."""
    project.write({"app/steps.py": SOURCE})
    piece = project.check("app.steps:train", [4, 9])
    assert list(piece.files) == ["app/__init__.py", "app/steps.py"]
    assert piece.files["app/__init__.py"] == b""
    assert piece.files["app/steps.py"].decode() == (
        "from math import sqrt\n"
        "LIMIT = 3\n"
        "class Base:\n"
        "    factor = LIMIT\n"
        "    def grow(self, x):\n"
        "        return helper(x) * self.factor\n"
        "class Child(Base):\n"
        "    pass\n"
        "def helper(x):\n"
        "    return sqrt(x) + 1\n"
        'def train(x: "Child"):\n'
        "    return [Child().grow(value) for value in x]\n"
    )
    assert piece.warnings == ()
    assert piece.third_party == frozenset()


def test_definitions_are_listed_by_name_in_the_order_of_the_file(project: Any) -> None:
    """A review sees each shipped definition with its canonical lines."""
    project.write({"app/steps.py": SOURCE})
    piece = project.slice("app.steps:train")
    names = ["LIMIT", "Base", "Child", "helper", "train"]
    assert list(piece.definitions) == [f"app.steps.{name}" for name in names]
    assert piece.definitions["app.steps.helper"] == ("def helper(x):", "    return sqrt(x) + 1")


def _reached(project: Any, source: str, *args: Any) -> set[str]:
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train", *args)
    return {name.rpartition(".")[2] for name in piece.definitions}


def test_annotations_count_also_when_they_are_strings(project: Any) -> None:
    """A name in a plain, a quoted or a nested quoted annotation ships."""
    source = """
    from __future__ import annotations
    import typing
    class A: pass
    class B: pass
    class C: pass
    class D: pass
    word = 1
    def train(a: A, *b: "B") -> dict[str, "C"]:
        x: D = None
        kind: typing.Literal["word"] = "word"
        return sorted(typing.get_type_hints(train))
    """
    project.write({"app/steps.py": source})
    assert _reached(project, source, None) == {"A", "B", "C", "D", "train"}


def test_defaults_decorators_and_metaclasses_are_reached(project: Any) -> None:
    """Whatever runs at definition time ships too."""
    source = """
    import functools
    DEFAULT = 4
    class Meta(type):
        size = 3
    class Model(metaclass=Meta):
        pass
    def twice(function):
        @functools.wraps(function)
        def wrapper(*args):
            return 2 * function(*args)
        return wrapper
    def marked(kind):
        kind.mark = 5
        return kind
    @marked
    class Marked: pass
    @twice
    def train(x=DEFAULT):
        return x + type(Model()).size + Marked.mark
    """
    reached = {"DEFAULT", "Meta", "Model", "twice", "marked", "Marked", "train"}
    assert _reached(project, source) == reached


def test_a_class_body_reads_the_module_for_a_name_it_binds_itself(project: Any) -> None:
    """``x = x`` in a class body needs the module's ``x``."""
    source = """
    x = 5
    class Model:
        x = x
    def train():
        return Model.x
    """
    assert _reached(project, source) == {"x", "Model", "train"}


def test_all_definitions_of_a_name_ship(project: Any) -> None:
    """Conditional definitions, redefinitions and augmented assignments keep their order."""
    source = """
    import sys
    if sys.version_info >= (3, 9):
        def pick(x): return x
    else:
        def pick(x): return -x
    total = 1
    total += 4
    total = total * 2
    def train():
        return pick(total)
    """
    assert _reached(project, source) == {"pick", "total", "train"}


def test_a_global_statement_reaches_the_definition_and_its_setter(project: Any) -> None:
    """A name that only a function binds ships with that function."""
    source = """
    CACHE = None
    def remember(value):
        global CACHE
        CACHE = value
    def start():
        global STARTED
        STARTED = True
    def train():
        remember(3)
        try:
            STARTED
        except NameError:
            return [CACHE, False]
    """
    assert _reached(project, source) == {"CACHE", "remember", "start", "train"}


def test_statements_that_change_a_shipped_object_ship(project: Any) -> None:
    """Registries are filled as in the original."""
    source = """
    import functools
    REG = {}
    OTHER = {}
    def a(): return 1
    def b(): return 2
    REG["a"] = a
    REG.update(b=b)
    OTHER["b"] = b
    for key in ["c", "d"]:
        REG[key] = lambda: 3
    @functools.singledispatch
    def size(x): return 0
    @size.register
    def _(x: int): return x
    def train():
        return [REG["a"](), REG["b"](), REG["d"](), size(4), train.note]
    train.note = "n"
    """
    assert _reached(project, source) == {"REG", "a", "b", "key", "size", "_", "train"} | {"REG"}


def test_try_and_star_targets_and_walrus_bind(project: Any) -> None:
    """Names bound in any way are found."""
    source = """
    try:
        import missing_package_of_nobody as fast
    except ImportError:
        fast = None
    first, *rest = [1, 2, 3]
    (seen := 4)
    with open(__file__) as handle:
        opened = True
    for last in rest: pass
    def train():
        return [fast, first, rest, seen, opened, last]
    """
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train")
    assert "UNUSED" not in piece.files["app/steps.py"].decode()
    assert piece.third_party == {"missing_package_of_nobody"}


def test_type_checking_blocks_stay_home_but_their_else_ships(project: Any) -> None:
    """What never runs is not shipped, so it may import the CDK."""
    source = """
    from __future__ import annotations
    from typing import TYPE_CHECKING
    if TYPE_CHECKING:
        from aws_cdk import Stack
        from constructs_lib import S3Input
    else:
        NUMBER = 3
    def train(stack: Stack, raw: S3Input):
        return NUMBER
    """
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train", None, None)
    expected = "from __future__ import annotations\nNUMBER = 3\n"
    assert piece.files["app/steps.py"].decode().startswith(expected)


def test_the_docstring_ships_when_it_is_read(project: Any) -> None:
    """``__doc__`` is the module's docstring."""
    source = '''
    """What it does."""
    from __future__ import annotations
    def train():
        return __doc__
    '''
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train")
    assert piece.files["app/steps.py"].decode().splitlines()[:2] == [
        '"What it does."',
        "from __future__ import annotations",
    ]


def test_statements_on_one_line_are_told_apart(project: Any) -> None:
    """A semicolon separates units."""
    project.write({"app/steps.py": "a = 1; b = 2; c = 3\ndef train(): return b\n"})
    piece = project.check("app.steps:train")
    assert piece.files["app/steps.py"] == b"b = 2\ndef train():\n    return b\n"


def test_any_encoding_and_line_end_can_be_read(project: Any) -> None:
    """A declared encoding and CRLF change nothing in the slice."""
    source = 'NAME = "é"\ndef train():\n    return NAME\n'
    project.write({"app/a.py": source})
    latin = "# -*- coding: latin-1 -*-\r\n" + source.replace("\n", "\r\n")
    project.write({"app/b.py": latin.encode("latin-1")})
    one, other = project.check("app.a:train"), project.check("app.b:train")
    assert one.files["app/a.py"] == other.files["app/b.py"]


def test_a_method_ships_with_its_class(project: Any) -> None:
    """A dotted qualified name selects its first part."""
    source = """
    class Tools:
        @staticmethod
        def train(x):
            return x + 1
    """
    project.write({"app/steps.py": source})
    assert list(project.check("app.steps:Tools.train", 1).definitions) == ["app.steps.Tools"]


def test_several_roots_make_one_slice(project: Any) -> None:
    """A step's function and the classes of its arguments ship together."""
    project.write({"app/steps.py": "def a(): return 1\ndef b(): return 2\nclass C: pass\n"})
    piece = project.slice("app.steps:b", "app.steps:C")
    assert list(piece.definitions) == ["app.steps.b", "app.steps.C"]
