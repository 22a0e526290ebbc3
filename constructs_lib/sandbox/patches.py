"""Everything that is changed in moto, in one list.

Each entry is a gap of the moto release below, closed by one module. The sandbox starts with that
release only: an upgrade begins with looking whether each gap is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import moto

from constructs_lib.exceptions import SandboxError
from constructs_lib.sandbox.cloudformation import (
    change_sets,
    deployments,
    events,
    failure_trail,
    image_assets,
    resources,
    roles,
    stack_resources,
    template_urls,
)
from constructs_lib.sandbox.cloudformation.resources import bucket_policy

# The release whose gaps these are; `pyproject.toml` asks for it.
MOTO_VERSION = "5.2.5"


@dataclass(frozen=True)
class Patch:
    """A gap and what closes it.

    Attributes:
        name: Short, for tests.
        gap: What moto does.
        apply: Closes it.
    """

    name: str
    gap: str
    apply: Callable[[], None]


PATCHES = (
    Patch("template-urls", "reads templates from localhost and AWS only", template_urls.apply),
    Patch(
        "change-sets", "finds change sets without their stack, and no details", change_sets.apply
    ),
    Patch("events", "reports no resources; drops those it cannot change", events.apply),
    Patch("deployments", "answers 500 to a failing deployment, no roll-back", deployments.apply),
    Patch("resources", "knows no pipelines, schedules, policies of buckets", resources.apply),
    Patch("bucket-policies", "takes no notice of conditions", bucket_policy.apply),
    Patch(
        "roles", "keeps a role's first inline policies, as no JSON; no managed ones", roles.apply
    ),
    Patch("failure-trail", "answers 500 to CloudTrail's LookupEvents", failure_trail.apply),
    Patch("stack-resources", "finds no stack by one of its resources", stack_resources.apply),
    Patch("image-assets", "has no images, so that the CDK starts Docker", image_assets.apply),
)


def apply_patches() -> None:
    """Close every gap; the SageMaker API is replaced besides.

    By :mod:`executions.api` for pipelines, by :mod:`executions.job_api` for training jobs.

    Raises:
        SandboxError: Another moto is installed.
    """
    if moto.__version__ != MOTO_VERSION:
        raise SandboxError(
            f"the sandbox is made for moto {MOTO_VERSION}, installed is {moto.__version__}: "
            f"pip install 'constructs-lib[sandbox]'"
        )
    for patch in PATCHES:
        patch.apply()
