"""What the arguments of a pipeline have to be, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_ec2 as ec2

from constructs_lib.exceptions import Fault, PipelineError
from constructs_lib.model.data_only import DATA_ONLY
from constructs_lib.model.experiments import PipelineExperimentConfig
from constructs_lib.model.location import caller_location
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.settings import StepDefaults
from constructs_lib.model.validation import PIPELINE_NAME
from constructs_lib.model.values import TOKEN_MARKER
from constructs_lib.service.limits import LONGEST_DESCRIPTION

_NAME_ALLOWED = "1 to 256 letters, digits and dashes between them, no '_'"
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ROLE_PATH = re.compile(r"/([\x21-\x7e]{1,510}/)?")
_ROLE_PREFIX = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_LONGEST_SHOWN = 100
# What steps are found by, and what their settings come from.
_OF_STEPS = {
    "encryption_key",
    "parameters",
    "security_groups",
    "step_defaults",
    "steps",
    "vpc",
    "vpc_subnets",
}


@dataclass(frozen=True)
class _Rule:
    """What an argument has to be, unless it is left out.

    Attributes:
        holds: Tells whether a value is.
        allowed: In words.
        mend: How to make it so.
    """

    holds: Callable[[Any], bool]
    allowed: str
    mend: str


def check_arguments(pipeline_name: str, given: Mapping[str, Any]) -> list[Fault]:
    """Return what is wrong with the arguments of a pipeline, for a list with what its steps lack.

    Args:
        pipeline_name: Physical name.
        given: Argument to value; None for one that is left out.

    Raises:
        PipelineError: Without the right ones the steps cannot be looked at.
    """
    wrong = {
        name: _fault(name, value, _RULES[name].allowed, _RULES[name].mend)
        for name, value in given.items()
        if value is not None and not _RULES[name].holds(value)
    }
    for name in ("vpc_subnets", "security_groups"):
        if given["vpc"] is None and given[name] is not None:
            allowed = "it only together with vpc"
            wrong[name] = _fault(name, given[name], allowed, "Pass vpc=, or leave it out.")
    faults = list(wrong.values())
    if wrong.keys() & _OF_STEPS:
        raise PipelineError(pipeline_name, faults)
    return faults


def _fault(name: str, value: object, allowed: str, mend: str) -> Fault:
    shown = repr(value)
    if len(shown) > _LONGEST_SHOWN:
        shown = f"{shown[:_LONGEST_SHOWN]}… ({len(shown):,} characters)"
    return Fault(
        what=f"the pipeline has an unusable {name}",
        found=f"{shown} ({type(value).__name__})",
        allowed=allowed,
        mend=mend,
        location=caller_location(),
    )


def _has(member: str) -> Callable[[Any], bool]:
    # The interfaces of the CDK are protocols that isinstance does not take.
    return lambda value: not isinstance(value, type) and hasattr(value, member)


def _is_a(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


def _listed(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, (list, tuple)) and all(map(holds, value))


def _text(form: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, str) and (TOKEN_MARKER in value or form.fullmatch(value) is not None)
    )


def _is_role(value: Any) -> bool:
    if isinstance(value, str):
        return value.startswith(("arn:", TOKEN_MARKER))
    return _has("role_arn")(value)


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


_LEAVE_OUT = "Correct it, or leave it out."
_RULES: Mapping[str, _Rule] = {
    "pipeline_name": _Rule(
        _text(PIPELINE_NAME), _NAME_ALLOWED, "Rename the pipeline, or leave pipeline_name out."
    ),
    "steps": _Rule(
        lambda value: isinstance(value, (list, tuple)) and len(value) > 0,
        "a list of one or more steps",
        "Give the results of the last steps: steps=[train(frame)].",
    ),
    "parameters": _Rule(
        _listed(_is_a(Parameter)),
        "a list of ParameterString, ParameterInteger, ParameterFloat and ParameterBoolean",
        "Give parameters=[ParameterInteger(...)].",
    ),
    "pipeline_display_name": _Rule(
        _text(PIPELINE_NAME), _NAME_ALLOWED, "Correct it, or say more in pipeline_description."
    ),
    "pipeline_description": _Rule(
        lambda value: isinstance(value, str) and len(value) <= LONGEST_DESCRIPTION,
        f"a text of at most {LONGEST_DESCRIPTION:,} characters",
        "Shorten it.",
    ),
    "artifacts_bucket": _Rule(
        _has("bucket_name"),
        "an aws_s3.IBucket",
        'Give s3.Bucket.from_bucket_name(self, "Artifacts", "name") for one by its name.',
    ),
    "max_parallel_execution_steps": _Rule(_counts, "a whole number of at least 1", _LEAVE_OUT),
    "step_defaults": _Rule(
        _is_a(StepDefaults),
        "StepDefaults(...)",
        "Give StepDefaults(instance_type=...), not a dict.",
    ),
    "pipeline_experiment_config": _Rule(
        _is_a(PipelineExperimentConfig), "PipelineExperimentConfig(...)", _LEAVE_OUT
    ),
    "role": _Rule(
        _is_role,
        "an aws_iam.IRole or the ARN of a role",
        'Give iam.Role.from_role_name(self, "Role", "name"), or leave it out.',
    ),
    "permissions_boundary": _Rule(
        _has("managed_policy_arn"),
        "an aws_iam.IManagedPolicy",
        'Give iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", arn) for one by its ARN.',
    ),
    "role_path": _Rule(
        _text(_ROLE_PATH), "a path that begins and ends with '/'", "Give it like '/teams/ml/'."
    ),
    "role_name_prefix": _Rule(
        _text(_ROLE_PREFIX), "1 to 64 letters, digits and any of '+=,.@-_'", _LEAVE_OUT
    ),
    "encryption_key": _Rule(
        _has("key_arn"),
        "an aws_kms.IKey",
        'Give kms.Key.from_key_arn(self, "Key", arn) for one by its ARN.',
    ),
    "vpc": _Rule(
        _has("select_subnets"),
        "an aws_ec2.IVpc",
        'Give ec2.Vpc.from_lookup(self, "Vpc", vpc_id="vpc-...") for one by its ID.',
    ),
    "vpc_subnets": _Rule(
        _is_a(ec2.SubnetSelection),
        "an aws_ec2.SubnetSelection",
        "Give ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED), or subnets=[...].",
    ),
    "security_groups": _Rule(
        _listed(_has("security_group_id")),
        "a list of aws_ec2.ISecurityGroup",
        'Give [ec2.SecurityGroup.from_security_group_id(self, "Group", "sg-...")] for one by its '
        "ID.",
    ),
    "results": _Rule(
        lambda value: value == DATA_ONLY, f"{DATA_ONLY!r}, or None", "Correct it, or leave it out."
    ),
    "source_in_template": _Rule(_is_a(bool), "True or False", _LEAVE_OUT),
}
