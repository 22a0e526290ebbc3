"""A small CDK project of several modules, for tests that edit it and synthesize it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FILES = {
    "app.py": '''
import aws_cdk as cdk
from constructs_lib import Pipeline, step
from shop import steps

BUCKET_SUFFIX = "unused"


@step
def here(value):
    """Defined in the same file as the stack."""
    return value + 1


app = cdk.App()
stack = cdk.Stack(app, "Shop")
rows = steps.load(3)
Pipeline(stack, "Sales", steps=[steps.report(steps.fit(rows, depth=6)), here(rows)])
app.synth()
''',
    "shop/__init__.py": "",
    "shop/steps.py": """
from constructs_lib import step
from .helpers import scale, unused


@step
def load(count):
    return list(range(count))


@step(instance_type="ml.m5.xlarge")
def fit(rows, depth):
    return scale(rows, depth)


@step
def report(model):
    text = "model"
    return {text: model}
""",
    "shop/helpers.py": """
from . import deep


def scale(rows, factor):
    return [deep.times(row, factor) for row in rows]


def unused():
    return 0
""",
    "shop/deep.py": """
def times(left, right):
    return left * right


def other():
    return None
""",
}


def write_project(folder: Path, **edits: tuple[str, str]) -> Path:
    """Write the project; an edit is ``path=(old, new)`` with ``__`` for ``/`` and no suffix."""
    for name, text in FILES.items():
        key = name.removesuffix(".py").replace("/", "__")
        content = text.lstrip("\\n")
        if key in edits:
            old, new = edits[key]
            assert old in content, f"{old!r} is not in {name}"
            content = content.replace(old, new)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def synthesize(folder: Path, **environment: str) -> Path:
    """Run the project's app as the CDK CLI does, and return the assembly."""
    output = folder / "cdk.out"
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "CDK_OUTDIR": str(output),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        **environment,
    }
    result = subprocess.run(
        [sys.executable, "app.py"], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return output


def code_of_steps(assembly: Path) -> dict[str, str]:
    """Return step name to the hash of its bundle."""
    template = json.loads((assembly / "Shop.template.json").read_text(encoding="utf-8"))
    (pipeline,) = [
        resource
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::SageMaker::Pipeline"
    ]
    body = pipeline["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]["Fn::Join"][1]
    code = {}
    name = ""
    for line in map(json.dumps, body):
        if '\\"Name\\": \\"' in line:
            name = line.split('\\"')[3]
        if "ContainerArguments" in line:
            code[name] = line.split("ContainerArguments", 1)[1].split('\\"')[2]
    return code
