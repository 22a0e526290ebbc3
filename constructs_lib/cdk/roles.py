"""Roles of a pipeline and its steps: made as the organisation demands, or the user's own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jsii
from aws_cdk import Annotations, Aspects, IAspect, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, DependencyGroup, IConstruct

from constructs_lib.cdk import policies
from constructs_lib.cdk.names import shortened
from constructs_lib.cdk.readable import readable
from constructs_lib.cdk.wildcards import note_wildcards

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_LONGEST_ROLE_NAME = 64


@dataclass(frozen=True)
class RoleOptions:
    """What all roles that a pipeline makes have in common.

    Attributes:
        permissions_boundary: Limits what they may do.
        path: Such as ``/teams/ml/``.
        name_prefix: What their names begin with; CloudFormation names them if None.
    """

    permissions_boundary: iam.IManagedPolicy | None = None
    path: str | None = None
    name_prefix: str | None = None

    def make(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        assumed_by: iam.IPrincipal,
        inline_policies: dict[str, iam.PolicyDocument] | None = None,
    ) -> iam.Role:
        """Make a role.

        Args:
            scope: Usually the step.
            id: Construct ID.
            name: Follows the prefix in the role's name.
            assumed_by: Who may assume it.
            inline_policies: What it may do, by name.
        """
        prefix = self.name_prefix
        return iam.Role(
            scope,
            id,
            assumed_by=assumed_by,
            inline_policies=inline_policies,
            permissions_boundary=self.permissions_boundary,
            path=self.path,
            role_name=None if prefix is None else shortened(f"{prefix}{name}", _LONGEST_ROLE_NAME),
        )


class RoleInUse:
    """A role together with what it has to be allowed.

    A role that the app makes gets its permissions. One that is only referred to is never changed:
    what it needs, grants of the CDK included, is noted here and said when the app is synthesized.

    Attributes:
        role: The role.
        principal: Who ``grant_*`` is for.
    """

    def __init__(self, scope: Construct, role: iam.IRole, statements: Iterable[Any]) -> None:
        self.role = role
        self.principal: iam.IPrincipal = role
        self._statements = list(statements)
        if not isinstance(role, iam.Role):
            self.principal = _NotedPrincipal(role, Stack.of(scope).account, self._statements)
            Aspects.of(scope).add(_WhatIsNeeded(scope, self))

    @property
    def document(self) -> iam.PolicyDocument:
        """What it has to be allowed; for a role of the app, without what ``grant_*`` adds."""
        return policies.document(statement.copy() for statement in self._statements)


def use_role(
    scope: Construct,
    given: Any,
    statements: Iterable[iam.PolicyStatement],
    *,
    options: RoleOptions,
    name: str,
    assumed_by: iam.IPrincipal,
    policy_name: str,
) -> RoleInUse:
    """Make a role, or take the user's.

    Args:
        scope: The step or the pipeline.
        given: ``IRole`` or ARN; None to make one.
        statements: What it has to be allowed.
        options: For a role that is made.
        name: Likewise, behind the prefix.
        assumed_by: Who may assume a role that is made.
        policy_name: Of its policy.
    """
    needed = list(statements)
    document = policies.document(needed) if needed else None
    if given is None:
        role: iam.IRole = options.make(
            scope,
            "Role",
            name=name,
            assumed_by=assumed_by,
            inline_policies=None if document is None else {policy_name: document},
        )
    elif isinstance(given, iam.Role):
        role = given
        if document is not None:
            role.attach_inline_policy(iam.Policy(scope, "Policy", document=document))
    else:
        arn = given if isinstance(given, str) else given.role_arn
        role = iam.Role.from_role_arn(scope, "Role", arn, mutable=False)
    if document is not None and isinstance(role, iam.Role):
        note_wildcards(scope, needed)
    return RoleInUse(scope, role, needed)


@jsii.implements(iam.IPrincipal)
class _NotedPrincipal:
    """A role that is not changed: notes what it is granted."""

    def __init__(
        self, role: iam.IRole, account: str, statements: list[iam.PolicyStatement]
    ) -> None:
        self._role = role
        self._account = account
        self._statements = statements

    @property
    def grant_principal(self) -> iam.IPrincipal:
        return self

    @property
    def assume_role_action(self) -> str:
        return self._role.assume_role_action

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        return self._role.policy_fragment

    @property
    def principal_account(self) -> str | None:
        # The pipeline's, whatever the ARN says: jobs take only roles of their own account, and for
        # those of another one resources would get policies of their own.
        return self._account

    @jsii.member(jsii_name="addToPrincipalPolicy")
    def add_to_principal_policy(
        self, statement: iam.PolicyStatement
    ) -> iam.AddToPrincipalPolicyResult:
        self._statements.append(statement)
        # As the CDK's own imported roles answer, so that no resource policy is changed instead.
        return iam.AddToPrincipalPolicyResult(
            statement_added=True, policy_dependable=DependencyGroup()
        )


@jsii.implements(IAspect)
class _WhatIsNeeded:
    """Says at synthesis, when all grants are known, what a role has to be allowed."""

    def __init__(self, scope: Construct, use: RoleInUse) -> None:
        self._path = scope.node.path
        self._use = use

    def visit(self, node: IConstruct) -> None:
        if node.node.path != self._path:
            return
        stack = Stack.of(node)
        arn, content = stack.resolve([self._use.role.role_arn, self._use.document])
        text = json.dumps(readable(content), indent=2)
        Annotations.of(node).add_info_v2(
            "constructs-lib:role",
            f"{readable(arn)} is left as it is. It has to trust sagemaker.amazonaws.com, and to "
            f"be allowed:\n{text}",
        )
