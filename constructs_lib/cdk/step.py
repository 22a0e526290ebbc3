"""A step as a construct: somebody to grant permissions to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.cdk.roles import RoleInUse
from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location


@jsii.implements(iam.IGrantable, ec2.IConnectable)
class PipelineStep(Construct):
    """One step of a :class:`~constructs_lib.cdk.pipeline.Pipeline` that has a role.

    Every ``grant_*`` method of the CDK takes it::

        table.grant_read_data(pipeline.step("train"))

    Attributes:
        job_name_prefix: What the names of its jobs begin with.
    """

    job_name_prefix: str
    _use: RoleInUse
    _connections: ec2.Connections | None = None

    @property
    def role(self) -> iam.IRole:
        """Assumed by the step's jobs."""
        return self._use.role

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of ``grant_*``: the step's role."""
        return self._use.principal

    @property
    def policy_document(self) -> iam.PolicyDocument:
        """What the step's jobs have to be allowed.

        All of it for a role that was given by its ARN or imported, which is left as it is. For a
        role of this app, keys and what ``grant_*`` has added stand in the role's default policy.
        """
        return self._use.document

    @property
    def connections(self) -> ec2.Connections:
        """The security groups of the step's jobs; none outside of a VPC."""
        if self._connections is None:
            self._connections = ec2.Connections()
        return self._connections


def no_such_step(pipeline: str, name: str, known: Iterable[str]) -> StepError:
    """Return the error of a step that does not exist, or has no role.

    Args:
        pipeline: The pipeline's name.
        name: What was asked for.
        known: The steps that there are.
    """
    near = difflib.get_close_matches(name, known, 1)
    return StepError(
        Fault(
            what=f"pipeline {pipeline!r} has no such step with a role that is known at synthesis",
            found=repr(name),
            allowed=", ".join(known) or "none",
            mend=f"Did you mean {near[0]!r}?" if near else "Correct the name.",
            location=caller_location(),
        )
    )
