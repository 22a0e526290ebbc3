"""A step as a construct: somebody to grant permissions to."""

from __future__ import annotations

import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct


@jsii.implements(iam.IGrantable)
class PipelineStep(Construct):
    """One step of a :class:`~constructs_lib.cdk.pipeline.Pipeline` that has a role.

    Every ``grant_*`` method of the CDK takes it::

        table.grant_read_data(pipeline.step("train"))

    Attributes:
        role: Assumed by the step's jobs.
        job_name_prefix: What the names of its jobs begin with.
    """

    role: iam.IRole
    job_name_prefix: str

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The principal of ``grant_*``: the step's role."""
        return self.role
