"""``constructs-lib import``: starts a CDK app from a deployed pipeline."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from constructs_lib.cli.options import UsageError, account, add_deployed_pipeline, deployed_pipeline

_APP = '''"""The pipeline {name!r}, as it was deployed; replace its steps one by one."""

from pathlib import Path

from aws_cdk import App, Stack
from constructs_lib import Pipeline

DEFINITION = Path(__file__).with_name("definition.json").read_text(encoding="utf-8")

app = App()
stack = Stack(app, "{stack}")
Pipeline.from_definition(stack, "Pipeline", DEFINITION, pipeline_name={physical!r})
app.synth()
'''


def add_parser(commands: Any) -> None:
    """Add the command's arguments."""
    parser = add_deployed_pipeline(
        commands, import_pipeline, "start a CDK app from a deployed pipeline", name="import"
    )
    parser.add_argument(
        "--output", type=Path, help="folder to make; default: one called like the pipeline"
    )
    parser.add_argument(
        "--pipeline-name",
        help="of the new pipeline; default: <pipeline>-cdk, since the name is taken",
    )


def import_pipeline(arguments: argparse.Namespace) -> int:
    """Write ``app.py``, ``cdk.json`` and ``definition.json``.

    Raises:
        ConstructsLibError: There is no such pipeline, or the folder is there already.
    """
    pipeline = deployed_pipeline(arguments, account(arguments))
    folder: Path = arguments.output or Path(pipeline.name)
    if folder.exists():
        raise UsageError(f"{folder} is there already: name another folder with --output")
    folder.mkdir(parents=True)
    files = {
        "definition.json": json.dumps(pipeline.definition, indent=1, ensure_ascii=False) + "\n",
        "cdk.json": json.dumps({"app": "python app.py"}, indent=1) + "\n",
        "app.py": _APP.format(
            name=pipeline.name,
            physical=arguments.pipeline_name or f"{pipeline.name}-cdk",
            stack="".join(word.title() for word in re.findall(r"[A-Za-z0-9]+", pipeline.name)),
        ),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{folder}: cdk synth\n")
    return 0
