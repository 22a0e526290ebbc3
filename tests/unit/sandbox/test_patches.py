"""The list of what is changed in moto."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import moto

from constructs_lib.sandbox.patches import MOTO_VERSION, PATCHES

ROOT = Path(__file__).resolve().parents[3]

# Plain moto, asked in a process of its own for what the patches give.
GAPS = """
import json
from moto.cloudformation import models, parsing, utils
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.sagemaker.responses import SageMakerResponse

account = "000000000000"
store = s3_backends[account]["aws"]
store.create_bucket("bucket", "us-east-1")
store.put_object("bucket", "key", b"{}")
try:
    utils.get_stack_from_s3_url("http://127.0.0.1:5566/bucket/key", account, "aws")
except MissingBucket:
    pass
else:
    raise SystemExit("templates are read from any endpoint")
assert not hasattr(models.Change("Modify", "A", "B"), "details")
known = set(parsing.get_model_map())
for kind in ("SageMaker::Pipeline", "Scheduler::Schedule", "S3::BucketPolicy", "CDK::Metadata"):
    assert f"AWS::{kind}" not in known, kind
insecure = {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
policy = IAMPolicy(json.dumps({"Statement": [insecure]}))
assert policy.is_action_permitted("s3:GetObject", "arn:aws:s3:::b/k") == PermissionResult.DENIED
assert not hasattr(SageMakerResponse, "list_pipeline_execution_steps")
assert not hasattr(SageMakerResponse, "retry_pipeline_execution")
"""


def test_patches_are_made_for_the_installed_release() -> None:
    """An upgrade of moto is a decision: somebody looks at every entry of the list."""
    assert moto.__version__ == MOTO_VERSION
    assert f"moto[server]=={MOTO_VERSION}" in (ROOT / "pyproject.toml").read_text()
    assert len({patch.name for patch in PATCHES}) == len(PATCHES)


def test_plain_moto_has_the_gaps() -> None:
    """When moto closes one of these by itself, its patch has to go."""
    result = subprocess.run(
        [sys.executable, "-c", GAPS], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
