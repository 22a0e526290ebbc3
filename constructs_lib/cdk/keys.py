"""Permissions to use keys of KMS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aws_cdk import aws_iam as iam

from constructs_lib.cdk import policies
from constructs_lib.model.steps import FunctionStep
from constructs_lib.model.variables import PipelineVariable


def grant_key(principal: iam.IGrantable, key: Any, *, writes: bool, attaches: bool = False) -> None:
    """Allow the use of a key.

    Args:
        principal: Who uses it.
        key: ``IKey`` or ARN. Nothing is granted for None, and for a pipeline variable: which key
            that will be is known only when the pipeline runs.
        writes: Whether data is encrypted with it, not only decrypted.
        attaches: Whether it encrypts storage that is attached to instances.
    """
    if key is None or isinstance(key, PipelineVariable):
        return
    if isinstance(key, str):
        for statement in policies.use_key(key, writes=writes, attaches=attaches):
            principal.grant_principal.add_to_principal_policy(statement)
        return
    key.grant(principal, *policies.DECRYPT, *(policies.ENCRYPT if writes else ()))
    if attaches:
        statement = policies.attach_storage(key.key_arn)
        principal.grant_principal.add_to_principal_policy(statement)


def output_keys(steps: Iterable[object]) -> Iterator[Any]:
    """Yield the keys that the results of function steps are encrypted with, each once."""
    keys = [step.settings.output_kms_key for step in steps if isinstance(step, FunctionStep)]
    yield from {id(key): key for key in keys if key is not None}.values()
