"""What the source alone does not settle is told, with its place."""

from __future__ import annotations

from typing import Any

import pytest

AGAIN = {
    "import os\nX = os.environ.get('B')": "X reads the environment",
    "from os import getenv as g\nX = g('B')": "X reads the environment",
    "import datetime as dt\nX = dt.datetime.now(dt.timezone.utc)": "X reads the clock",
    "from datetime import date\nX = date.today()": "X reads the clock",
    "import uuid\nX = uuid.uuid4().hex": "X reads random numbers",
    "import random\nX = random.random()": "X reads random numbers",
    "X = open('f').read()": "X reads a file",
    "from pathlib import Path\nX = Path('f').read_text()": "X reads a file",
    "import socket\nclass X:\n    host = socket.gethostname()": "X reads this machine",
    "import time\ndef X(now=time.time()): return now": "X reads the clock",
}


@pytest.mark.parametrize("source", AGAIN)
def test_what_is_evaluated_again_is_told(project: Any, source: str) -> None:
    """A global that depends on where it runs has another value in the container."""
    project.write({"f": "text", "app/steps.py": f"{source}\ndef train(): return X\n"})
    (warning,) = project.slice("app.steps:train").warnings
    line = 1 + source.count("\n") if "class" not in source else 3
    assert warning.startswith(f"app/steps.py:{line}: {AGAIN[source]} and is evaluated again")


SILENT = [
    "import random\nX = random.Random(3)",
    "import uuid\nX = uuid.UUID(int=3)",
    "import datetime\nX = datetime.timedelta(1)",
    "import os\ndef X(): return os.environ['HOME']",
    "import threading\nX = threading.Lock()",
    "import time\nX = lambda: time.time()",
    "from __future__ import annotations\nimport random\nX: random.Random = None",
]


@pytest.mark.parametrize("source", SILENT)
def test_what_is_the_same_everywhere_is_not_told(project: Any, source: str) -> None:
    """Seeded, constant and deferred uses are no reason to warn."""
    project.write({"app/steps.py": f"{source}\ndef train(): return X\n"})
    assert project.slice("app.steps:train").warnings == ()


DYNAMIC = {
    "__import__('app.' + n)": "__import__()",
    "importlib.import_module(n)": "import_module()",
    "globals()[n]": "globals()",
    "eval(n)": "eval()",
    "exec(n)": "exec()",
}


@pytest.mark.parametrize("expression", DYNAMIC)
def test_dynamic_uses_are_told(project: Any, expression: str) -> None:
    """What they reach cannot be seen, so the user has to name it."""
    project.write({"app/steps.py": f"import importlib\ndef train(n):\n    return {expression}\n"})
    (warning,) = project.slice("app.steps:train").warnings
    assert warning.startswith(f"app/steps.py:3: what {DYNAMIC[expression]} reaches is not visible")
    assert "include=[...]" in warning


def test_the_modules_own_file_is_told(project: Any) -> None:
    """In the container it lies in the bundle."""
    project.write({"app/steps.py": "def train():\n    return __file__\n"})
    (warning,) = project.slice("app.steps:train").warnings
    assert warning.startswith("app/steps.py:2: __file__ is used")


def test_calls_at_the_top_level_that_stay_behind_are_told_once(project: Any) -> None:
    """Calls for effect and changes of installed modules; those of the app are expected to."""
    source = """
    import logging, json
    from aws_cdk import App
    def setup_logging(): pass
    setup_logging()
    logging.basicConfig(level="INFO")
    json.encoder.FLOAT_REPR = str
    app = App()
    app.synth
    app.node.add_metadata("a", "b")
    def train():
        return 1
    """
    project.write({"app/steps.py": source})
    piece = project.check("app.steps:train")
    assert piece.warnings == (
        "app/steps.py:5: setup_logging() runs when app.steps is imported and is not shipped, "
        "nor are 2 more like it; if the step needs it, do it in the step",
    )


def test_warnings_are_sorted_by_module_and_line(project: Any) -> None:
    """Their order depends on the source alone."""
    project.write(
        {
            "app/b.py": "import os\nY = os.getcwd()\nX = os.environ\ndef f(): return X, Y\n",
            "app/a.py": "import app.b\ndef train(): return eval('1'), app.b.f()\n",
        }
    )
    places = [w.partition(": ")[0] for w in project.slice("app.a:train").warnings]
    assert places == ["app/a.py:2", "app/b.py:2", "app/b.py:3"]
