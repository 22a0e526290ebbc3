# ruff: noqa: D300, D403, D415, ICN001, N806, PTH118, RUF012, RUF023, T201, UP006, UP033, UP045
"""Things to pickle, as users make them. Tests copy this file; it runs on its own as well.

CASES has for each a maker and a text that uses the value ``v``: what it gives must be the same
after the value was pickled and loaded elsewhere.
"""

import abc
import collections
import concurrent.futures
import contextlib
import dataclasses
import datetime
import decimal
import enum
import functools
import json
import logging
import os
import pathlib
import re
import sys
import types
import typing

LIMIT = 7
TABLE = {"b": 2, "a": 1}
WORDS = {"one", "two", "three"}
KINDS = {int, str, type(None), dict}
LOG = logging.getLogger("corpus")
PATTERN = re.compile(r"\d+")
T = typing.TypeVar("T")


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


@dataclasses.dataclass
class Config:
    depth: int = 3
    names: typing.List[str] = dataclasses.field(default_factory=list)


class Slotted:
    __slots__ = ("a", "__dict__")

    def __init__(self):
        self.a, self.b = {"x", "y", "z"}, 2

    def total(self, x):
        return len(self.a) + self.b + x


def helper(x):
    """A helper."""
    return x + LIMIT


@functools.lru_cache(maxsize=None)
def cached(x):
    return x * 2


def closure():
    count, words = 3, {"b", "a", "zz"}

    def inner(x):
        return x in {"q", "w", "e"}, sorted(words), count

    return inner


def two_levels():
    def outer(x):
        y = x + 1

        def inner(z):
            return [a + y for a in range(z)]

        return inner

    return outer(2)


def recursive():
    def fact(n):
        return 1 if n < 2 else n * fact(n - 1)

    return fact


def decorated():
    def twice(f):
        @functools.wraps(f)
        def wrapper(*args):
            return f(*args), f(*args)

        return wrapper

    @twice
    def base(x):
        "documented"
        return x

    return base


def cached_recursion():
    @functools.lru_cache(maxsize=10)
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    return fib


def unset():
    def use(x):
        return later if x is None else x

    if False:
        later = 1
    return use


def inheriting():
    class Base:
        level = 1

        def m(self):
            return "base"

    class Child(Base):
        __slots__ = ("a",)

        def m(self):
            return super().m() + "child"

        @property
        def p(self):
            return helper(1)

        @classmethod
        def c(cls):
            return cls.__name__

        @staticmethod
        def s():
            return WORDS and 1

    return Child


def metaclass():
    class Meta(type):
        def __len__(cls):
            return 5

    class Made(metaclass=Meta):
        marks = {"x", "y"}

    return Made


def abstract():
    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...

        @abc.abstractmethod
        def name(self): ...

    class One:
        pass

    class Two:
        pass

    Shape.register(One)
    Shape.register(Two)
    isinstance(1, Shape)
    return Shape


def enumeration():
    class Level(enum.IntEnum):
        LOW = 1
        HIGH = 2

        def next(self):
            return self + 1

    return Level


def flag():
    class Access(enum.Flag):
        R = 1
        W = 2

    Access.R | Access.W
    return Access


def local_data():
    @dataclasses.dataclass(frozen=True, order=True)
    class Point:
        x: int
        y: typing.Tuple[int, ...] = (1, 2)

    return Point


def generic():
    class Box(typing.Generic[T]):
        def __init__(self, item: T):
            self.item = item

    return Box[int]


def instance():
    class Local:
        def __init__(self):
            self.z, self.a = {"3", "1", "2"}, ("x", "x")

        def add(self, x):
            return x, sorted(self.z)

    return Local()


def cycle():
    class Node:
        def __init__(self):
            self.peers = {self}

    return Node()


def class_of_itself():
    class Plugin:
        known = set()

    class Other(Plugin):
        pass

    Plugin.known |= {Plugin, Other, int}
    return Plugin


def executed():
    namespace = {"base": 5}
    exec("def f(x):\n    return x + base", namespace)
    return namespace["f"]


def with_attributes():
    def f(x):
        return f.scale * x

    f.scale = 3
    return f


def shared_class():
    Local = type(instance())
    return [Local(), Local, Local()]


CASES = {
    "lambda": (lambda: lambda x: x + 1, "v(1)"),
    "closure": (closure, "v('q'), v.__globals__['__name__']"),
    "two levels": (two_levels, "v(3)"),
    "recursive": (recursive, "v(5)"),
    "decorated": (decorated, "v(2), v.__doc__, v.__name__"),
    "cached": (cached_recursion, "v(9), v.cache_info().maxsize, v.__name__"),
    "unset": (unset, "v(1)"),
    "inheriting": (inheriting, "v().m(), v().p, v.c(), v.s()"),
    "metaclass": (metaclass, "len(v), sorted(v.marks)"),
    "abstract": (abstract, "sorted(v.__abstractmethods__)"),
    "enumeration": (enumeration, "v.LOW.next(), list(v)"),
    "flag": (flag, "v(3) == v.R | v.W"),
    "local dataclass": (
        local_data,
        "v(1), v(1) < v(2), v.__dataclass_fields__['x'].default is __import__('dataclasses').MISSING",
    ),
    "dataclass instance": (lambda: local_data()(4), "v"),
    "generic": (generic, "v(3).item"),
    "named tuple": (lambda: collections.namedtuple("P", "a b")(1, b=2), "v, v.a"),
    "typed tuple": (lambda: typing.NamedTuple("Q", [("a", int)])(1), "v"),
    "typed dict": (lambda: typing.TypedDict("D", {"a": int}), "v(a=1)"),
    "instance": (instance, "v.add(1), v.a"),
    "bound": (lambda: instance().add, "v(2)"),
    "class method": (lambda: inheriting().c, "v()"),
    "partial": (lambda: functools.partial(closure(), "q"), "v()"),
    "partial of a helper": (lambda: functools.partial(helper, x=1), "v()"),
    "bound of the project": (lambda: Slotted().total, "v(1)"),
    "defaults": (lambda: lambda x=(1, 2), *, y={"k": frozenset("a")}: (x, y), "v()"),
    "constants": (lambda: lambda: (1, 1.0, True, "a", b"a", None, ..., ("s", ("s",)), 2j), "v()"),
    "globals": (lambda: lambda x: (LIMIT, TABLE, sorted(WORDS), len(KINDS), __name__), "v(1)"),
    "helpers": (lambda: lambda x: (helper(x), cached(x), Colour.RED, Config(x)), "v(1)"),
    "library": (lambda: lambda: json.dumps([1]) + str(pathlib.Path("a")), "v()"),
    "submodule": (
        lambda: lambda: concurrent.futures.Future.__name__ + os.path.join("a", "b"),
        "v()",
    ),
    "lookalike": (lambda: lambda: (json.dumps(1), types.SimpleNamespace(tool=1).tool), "v()"),
    "logger": (lambda: lambda: (LOG.name, PATTERN.findall("1a2")), "v()"),
    "executed": (executed, "v(1)"),
    "attributes": (with_attributes, "v(2)"),
    "async": (lambda: two_levels.__globals__["make_async"](), "v.__name__"),
    "generator function": (lambda: lambda n: (yield n), "list(v(1))"),
    "in try": (lambda: two_levels.__globals__["make_try"](), "v(0), v(1)"),
    "cycle": (cycle, "v in v.peers"),
    "class of itself": (class_of_itself, "v in v.known, len(v.known)"),
    "shared class": (shared_class, "type(v[0]) is v[1] is type(v[2])"),
    "typing": (lambda: [typing.List[int], typing.Optional[str], T, typing.Any], "v"),
    "sets": (
        lambda: [{"b", "a"}, frozenset([1, "1", (1,), None, 1.5]), set(), {frozenset("ab")}],
        "[len(x) for x in v]",
    ),
    "set of definitions": (lambda: {Colour.RED, Colour.BLUE, int, helper, len}, "len(v)"),
    "sets of paths": (lambda: {pathlib.PurePosixPath(c) for c in "abcdef"}, "sorted(v)"),
    "data": (
        lambda: {"z": 1, "a": [1, "1", b"x", 1.5, None, (1, 2)], 3: {"x": {"y"}}},
        "v['z'], v['a'], v[3]['x']",
    ),
    "project data": (lambda: [Config(4, ["a"]), Colour.BLUE, Slotted()], "v[0], v[1], v[2].b"),
    "dates": (lambda: [datetime.date(2020, 1, 2), datetime.timedelta(3)], "v"),
    "numbers": (lambda: [decimal.Decimal("1.10"), 10**40, complex(1, -0.0), float("inf")], "v"),
    "collections": (
        lambda: [collections.Counter("aab"), collections.OrderedDict(a=1), collections.deque([1])],
        "v",
    ),
    "mapping proxy": (lambda: types.MappingProxyType({"a": 1}), "dict(v)"),
    "dict views": (lambda: [{"a": 1}.keys(), {"a": 1}.items()], "[list(x) for x in v]"),
    "bytes": (lambda: [bytearray(b"ab"), b"ab", b"ab", "é\ud800"], "v"),
    "exceptions": (lambda: [ValueError("a", 1), KeyError("k")], "[repr(e) for e in v]"),
    "ranges": (lambda: [range(3), slice(1, 2), ..., NotImplemented, int, type(None)], "v"),
}

if sys.version_info < (3, 12):
    del CASES["typed dict"]  # it is refused


def make_async():
    async def f(x):
        async with x as y:
            return await y

    return f


def make_try():
    def f(x):
        with contextlib.suppress(KeyError):
            try:
                return 1 / x
            except ZeroDivisionError as error:
                return str(error)
            finally:
                len("x")

    return f


def main(folder, how):
    """Pickle every case; print the digests, and write pickles and uses into the folder."""
    import hashlib

    from constructs_lib.packaging.pickling import pickle_literal

    names = list(CASES)
    if how == "reversed":
        names.reverse()
    digests, uses = {}, {}
    for name in names:
        make, use = CASES[name]
        value = make()
        if how == "used":
            eval(use, {"v": value})
        for _ in range(2 if how == "twice" else 1):
            pickled = pickle_literal(value, name=name, step="s", location=None)
        if folder:
            (pathlib.Path(folder) / f"{name}.pkl").write_bytes(pickled.data)
            uses[name] = use, repr(eval(use, {"v": value})), bool(pickled.references)
        digests[name] = hashlib.sha256(pickled.data).hexdigest()
    if folder:
        (pathlib.Path(folder) / "uses.json").write_text(json.dumps(uses))
    print(json.dumps(dict(sorted(digests.items()))))


if __name__ == "__main__":
    main(*sys.argv[1:])
