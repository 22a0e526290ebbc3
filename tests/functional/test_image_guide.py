"""The guide to images lists what is known."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from constructs_lib import Image
from constructs_lib.cdk.images import default_image
from constructs_lib.service.images import known_versions
from tests.unit.service.test_images import FAMILIES

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "choose-an-image.md"


def test_table_has_every_version_with_its_python() -> None:
    """And no other; a range is of neighbours in the order of the versions."""
    text = GUIDE.read_text(encoding="utf-8")
    listed: dict[str, dict[str, str]] = {family: {} for family in FAMILIES}
    for family, cell, python in re.findall(
        r"^\| `Image\.(\w+)` \| (.*) \| (3\.\d+) \|$", text, re.M
    ):
        names = re.findall(r"`([^`]+)`", cell)
        known = list(known_versions(family))
        if " to " in cell:
            names = known[known.index(names[0]) : known.index(names[1]) + 1]
        listed[family] |= dict.fromkeys(names, python)
    assert listed == {family: dict(known_versions(family)) for family in FAMILIES}


def test_default_images_are_the_ones_that_are_named() -> None:
    """For source, and for what is pickled by value."""
    text = " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert default_image(None) == Image.scikit_learn("1.4-2-py312")
    assert 'without `image_uri` is `scikit_learn("1.4-2-py312")`' in text
    named = re.findall(r'`(\w+)\("([^"]+)"\)` on 3\.(\d+)', text)
    assert len(named) == 4
    for family, version, minor in named:
        assert default_image((3, int(minor))) == getattr(Image, family)(version)


def test_example_synthesizes(tmp_path: Path) -> None:
    """As it is written, with a Dockerfile beside it; nothing is built."""
    (example,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM python:3.12-slim\n", encoding="utf-8")
    app = (
        f"{example}\n"
        "from aws_cdk import App, Stack\n"
        "from constructs_lib import Pipeline, S3Input\n"
        "app = App()\n"
        "frame = S3Input('data', 'table.csv')\n"
        "Pipeline(Stack(app, 'S'), 'P', steps=[evaluate(train(frame), frame)])\n"
        "app.synth()\n"
    )
    (tmp_path / "app.py").write_text(app, encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "app.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CDK_OUTDIR": "cdk.out"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assets = json.loads((tmp_path / "cdk.out" / "S.assets.json").read_text(encoding="utf-8"))
    assert len(assets["dockerImages"]) == 1
