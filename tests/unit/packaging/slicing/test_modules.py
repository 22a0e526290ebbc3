"""How definitions are followed through the project's modules."""

from __future__ import annotations

from typing import Any

import pytest

HELPERS = """
import math
OFFSET = 1
def scale(x): return x * 2 + OFFSET
def unused(): return math.pi
"""

FORMS = {
    "from": ("from app.helpers import scale", "scale(x)"),
    "from as": ("from app.helpers import scale as grow", "grow(x)"),
    "relative": ("from .helpers import scale", "scale(x)"),
    "relative module": ("from . import helpers", "helpers.scale(x)"),
    "module": ("import app.helpers", "app.helpers.scale(x)"),
    "module as": ("import app.helpers as h", "h.scale(x)"),
    "from package": ("from app import helpers as h", "h.scale(x)"),
    "star": ("from app.helpers import *", "scale(x)"),
    "guarded": (
        "try:\n    from app.helpers import scale\nexcept ImportError:\n    scale = None",
        "scale(x)",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_import_selects_one_definition(project: Any, form: str) -> None:
    """However a definition is imported, it ships alone with what it reaches."""
    statement, call = FORMS[form]
    project.write(
        {
            "app/helpers.py": HELPERS,
            "app/steps.py": f"{statement}\ndef train(x): return {call}\n",
        }
    )
    piece = project.check("app.steps:train", 5)
    expected = "OFFSET = 1\ndef scale(x):\n    return x * 2 + OFFSET\n"
    assert piece.files["app/helpers.py"].decode() == expected
    assert piece.warnings == ()


@pytest.mark.parametrize("form", [form for form in FORMS if form not in {"star", "guarded"}])
def test_imports_inside_functions_count(project: Any, form: str) -> None:
    """An import in a body is followed like one at the top."""
    statement, call = FORMS[form]
    project.write(
        {
            "app/helpers.py": HELPERS,
            "app/steps.py": f"def train(x):\n    {statement}\n    return {call}\n",
        }
    )
    piece = project.check("app.steps:train", 5)
    assert "unused" not in piece.files["app/helpers.py"].decode()


def test_import_statements_are_cut_to_what_is_used(project: Any) -> None:
    """Each alias ships only if something reads it."""
    source = """
    import json, os, math as m
    import xml.dom, xml.etree.ElementTree
    from math import pi, e as euler, tau
    def train():
        return [m.floor(pi), xml.etree.ElementTree.fromstring("<a/>").tag, euler]
    """
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train")
    assert (
        piece.files["app/steps.py"]
        .decode()
        .startswith(
            "import math as m\n"
            "import xml.etree.ElementTree\n"
            "from math import e as euler, pi\n"
            "def train"
        )
    )


def test_a_package_exports_what_its_modules_define(project: Any) -> None:
    """Re-exports ship; those of other names do not."""
    project.write(
        {
            "app/lib/__init__.py": "from .one import a\nfrom .two import b\n__all__ = ['a', 'b']\n",
            "app/lib/one.py": "def a(): return 1\n",
            "app/lib/two.py": "def b(): return 2\n",
            "app/steps.py": "from app.lib import a\ndef train(): return a()\n",
        }
    )
    piece = project.check("app.steps:train")
    assert piece.files["app/lib/__init__.py"] == b"from app.lib.one import a\n"
    assert "app/lib/two.py" not in piece.files


def test_a_definition_wins_over_the_submodule_of_its_name(project: Any) -> None:
    """``lib.scale`` is what ``lib/__init__.py`` binds, here a function of the module ``scale``."""
    project.write(
        {
            "app/lib/__init__.py": "from .scale import scale\n",
            "app/lib/scale.py": "def scale(x): return x\ndef other(): pass\n",
            "app/steps.py": "import app.lib\ndef train(x): return app.lib.scale(x)\n",
            "app/more.py": "from app.lib import scale\ndef train(x): return scale(x)\n",
        }
    )
    for module in ("app.steps", "app.more"):
        piece = project.check(f"{module}:train", 3)
        assert piece.files["app/lib/scale.py"] == b"def scale(x):\n    return x\n"


def test_a_package_may_import_its_own_submodule(project: Any) -> None:
    """``from . import tools`` in ``__init__.py`` binds the sub-module."""
    project.write(
        {
            "app/__init__.py": "from . import tools\n",
            "app/tools.py": "def a(): return 1\ndef b(): return 2\n",
            "app/one.py": "from app import tools\ndef train(): return tools.a()\n",
            "app/two.py": "import app\ndef train(): return app.tools.b()\n",
        }
    )
    one = project.check("app.one:train")
    assert one.files["app/tools.py"] == b"def a():\n    return 1\n"
    two = project.check("app.two:train")
    assert two.files["app/tools.py"] == b"def b():\n    return 2\n"


def test_a_submodule_reached_as_an_attribute_is_imported(project: Any) -> None:
    """A sub-module that something else imported is there in the container too."""
    project.write(
        {
            "app/lib/__init__.py": "",
            "app/lib/deep.py": "def a(): return 1\n",
            "app/other.py": "import app.lib.deep\n",
            "app/steps.py": "import app.other\nimport app.lib\n"
            "def train(): return app.lib.deep.a()\n",
        }
    )
    piece = project.check("app.steps:train")
    assert piece.files["app/lib/__init__.py"] == b"from app.lib import deep\n"
    assert "app/other.py" not in piece.files


def test_a_module_used_as_a_value_ships_whole(project: Any) -> None:
    """Granularity is lost, with a warning, when a module is passed around."""
    project.write(
        {
            "app/helpers.py": HELPERS + "\nif __name__ == '__main__':\n    unused()\n",
            "app/steps.py": "from app import helpers\n"
            "def train(name, x):\n    return getattr(helpers, name)(x)\n",
        }
    )
    piece = project.check("app.steps:train", "scale", 2)
    assert "def unused" in piece.files["app/helpers.py"].decode()
    assert "__main__" not in piece.files["app/helpers.py"].decode()
    assert piece.warnings == (
        "app/steps.py:2: module app.helpers is shipped whole, since it is used as a value",
    )


def test_a_module_with_getattr_ships_whole(project: Any) -> None:
    """What a module's ``__getattr__`` supplies cannot be told from its source."""
    project.write(
        {
            "app/lazy.py": """
            _TABLE = {"answer": 42}
            def __getattr__(name):
                if name not in _TABLE:
                    raise AttributeError(name)
                return _TABLE[name]
            """,
            "app/steps.py": "from app import lazy\ndef train(): return lazy.answer\n",
            "app/more.py": "from app.lazy import answer\ndef train(): return answer\n",
        }
    )
    for module in ("steps", "more"):
        piece = project.check(f"app.{module}:train")
        assert "since its __getattr__ supplies 'answer'" in piece.warnings[0]


def test_star_imports_are_cut_and_followed(project: Any) -> None:
    """A star import through two modules becomes an import of the names used."""
    project.write(
        {
            "app/one.py": "def a(): return 1\ndef b(): return 2\n_c = 3\n",
            "app/two.py": "from app.one import *\nd = 4\n",
            "app/steps.py": "from math import *\nfrom app.two import *\n"
            "def train(): return a() + d + floor(2.5)\n",
        }
    )
    piece = project.check("app.steps:train")
    assert (
        piece.files["app/steps.py"]
        .decode()
        .startswith("from math import *\nfrom app.two import a, d\n")
    )
    assert piece.files["app/two.py"] == b"from app.one import a\nd = 4\n"


def test_a_star_import_binds_private_names_only_if_all_says_so(project: Any) -> None:
    """``__all__`` decides about names with an underscore."""
    project.write(
        {
            "app/one.py": "_x = 1\n",
            "app/two.py": "__all__ = ['_x']\n_x = 2\n",
            "app/steps.py": "from app.two import *\nfrom app.one import *\n"
            "def train(): return _x\n",
        }
    )
    assert "app/one.py" not in project.check("app.steps:train").files


def test_star_imports_in_a_circle_end(project: Any) -> None:
    """Two modules that star-import each other can be sliced."""
    project.write(
        {
            "app/one.py": "a = 1\nfrom app.two import *\n",
            "app/two.py": "b = 2\nfrom app.one import *\n",
            "app/steps.py": "from app.one import *\ndef train(): return a + b if a else nowhere\n",
        }
    )
    project.check("app.steps:train")


def test_circular_imports_keep_working(project: Any) -> None:
    """An import below the definitions that break a circle stays below them."""
    project.write(
        {
            "app/one.py": "X = 1\ndef a(n): return b(n - 1) if n else X\nfrom app.two import b\n",
            "app/two.py": "from app.one import X, a\ndef b(n): return a(n) + X\n",
            "app/steps.py": "from app.one import a\ndef train(): return a(3)\n",
        }
    )
    piece = project.check("app.steps:train")
    assert piece.files["app/one.py"].decode().splitlines()[-1] == "from app.two import b"


def test_the_order_of_imports_into_a_circle_stays(project: Any) -> None:
    """When it matters which module of a circle comes first, imports are not sorted."""
    project.write(
        {
            "app/zebra.py": "Z = 1\nfrom app.apple import a\ndef z(): return a()\n",
            "app/apple.py": "from app.zebra import Z\ndef a(): return Z\n",
            "app/plain.py": "P = 1\n",
            "app/steps.py": """
            from app.zebra import z
            import zlib
            from app.apple import a
            from app.plain import P
            import json
            def train(): return [z(), a(), P, zlib.crc32(b""), json.dumps(1)]
            """,
        }
    )
    piece = project.check("app.steps:train")
    assert piece.files["app/steps.py"].decode().splitlines()[:5] == [
        "import json",
        "import zlib",
        "from app.plain import P",
        "from app.zebra import z",
        "from app.apple import a",
    ]


def test_a_folder_without_init_is_a_package(project: Any) -> None:
    """A namespace package gets an empty ``__init__.py``, so that nothing installed precedes it."""
    project.write(
        {
            "app/inner/steps.py": "from app.inner.tools import a\ndef train(): return a()\n",
            "app/inner/tools.py": "def a(): return 1\n",
        }
    )
    piece = project.check("app.inner.steps:train")
    assert piece.files["app/inner/__init__.py"] == b""


def test_names_of_a_parent_package_ship_when_they_are_read(project: Any) -> None:
    """A package's ``__init__.py`` holds what its modules take from it."""
    project.write(
        {
            "app/__init__.py": "SIZE = 3\nfrom app.steps import train\nOTHER = 1\n",
            "app/steps.py": "from . import SIZE\ndef train(): return SIZE\n",
        }
    )
    piece = project.check("app.steps:train")
    assert piece.files["app/__init__.py"] == b"SIZE = 3\n"


def test_a_conditional_import_is_followed_on_both_sides(project: Any) -> None:
    """Either module may be taken in the container."""
    project.write(
        {
            "app/fast.py": "def run(): return 1\ndef x(): pass\n",
            "app/slow.py": "def run(): return 2\ndef x(): pass\n",
            "app/steps.py": "import sys\n"
            "if sys.platform == 'nowhere':\n    from app import fast as impl\n"
            "else:\n    from app import slow as impl\n"
            "def train(): return impl.run()\n",
        }
    )
    piece = project.check("app.steps:train")
    for name in ("fast", "slow"):
        assert b"def x" not in piece.files[f"app/{name}.py"]
        assert b"def run" in piece.files[f"app/{name}.py"]


def test_a_module_imported_by_a_literal_name_ships_whole(project: Any) -> None:
    """``import_module("app.plugin")`` is visible in the source."""
    project.write(
        {
            "app/plugin.py": "VALUE = 3\n",
            "app/steps.py": "from importlib import import_module\n"
            "def train(): return import_module('app.plugin').VALUE\n",
        }
    )
    assert "since it is imported by import_module" in project.check("app.steps:train").warnings[0]


def test_a_module_that_a_function_imports_for_its_effects_ships_whole(project: Any) -> None:
    """An import whose name nothing uses is there for what it does."""
    project.write(
        {
            "app/registry.py": "REG = {}\n",
            "app/plugin.py": "from app.registry import REG\nREG['a'] = 1\n",
            "app/steps.py": "from app.registry import REG\n"
            "def train():\n    import app.plugin\n    return REG\n",
        }
    )
    project.check("app.steps:train")


def test_third_party_imports_are_reported_by_their_top_name(project: Any) -> None:
    """Neither the standard library nor the project is among them."""
    source = """
    import json
    from concurrent import futures
    import pandas as pd
    def train(frame: pd.DataFrame):
        import jmespath.parser
        return json.dumps(1)
    """
    project.write({"app/steps.py": source})
    assert project.slice("app.steps:train").third_party == {"pandas", "jmespath"}
