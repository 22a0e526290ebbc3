"""Whether a role may do what a job needs, by the policies that it carries."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from constructs_lib.local.conditions import StepFailedError
from constructs_lib.sandbox.executions.faults import step_failure
from constructs_lib.sandbox.policies import AccessRequest, PolicyError, explain_denial, may_assume

_log = logging.getLogger(__name__)
_SECURE = {"aws:SecureTransport": "true"}


@dataclass(frozen=True)
class _Carried:
    """What a role carries: documents of its policies, its boundary, and who may assume it."""

    policies: list[Any]
    boundary: Any
    trust: Any


class Access:
    """Policies of roles and buckets, read once; what is used of them stands in the sandbox's log.

    Args:
        iam: Client of IAM.
        s3: Client of S3.
        account: Account ID of the requests.
    """

    def __init__(self, iam: Any, s3: Any, account: str) -> None:
        self._iam = iam
        self._s3 = s3
        self._context = {**_SECURE, "aws:SourceAccount": account, "aws:PrincipalAccount": account}
        self._roles: dict[str, _Carried] = {}
        self._buckets: dict[str, list[Any]] = {}
        self._keys: dict[str, str | None] = {}
        self._used: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def require(
        self, role: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Return if a role may do something.

        Raises:
            StepFailedError: It may not; in the service's words, with action, resource and role.
        """
        with self._lock:
            carried = self._of_role(role)
            resource_policies = self._of_resource(resource)
        request = AccessRequest(role, action, resource, {**self._context, **(context or {})})
        try:
            denial = explain_denial(request, carried.policies, resource_policies, carried.boundary)
        except PolicyError as error:
            raise StepFailedError(f"a policy of {role} cannot be evaluated: {error}") from error
        if denial is not None:
            raise StepFailedError(f"AccessDenied: {denial}")
        with self._lock:
            is_new = (role, action, resource) not in self._used
            self._used.add((role, action, resource))
        if is_new:
            use = {"role": role, "action": action, "resource": resource, "context": context or {}}
            _log.info("used %s", json.dumps(use))

    def require_trust(
        self, role: str, source_arn: str, *, service: str = "sagemaker.amazonaws.com"
    ) -> None:
        """Return if a service may assume a role for something.

        Raises:
            StepFailedError: It may not; in the service's words, with the condition keys.
        """
        with self._lock:
            carried = self._of_role(role)
        account = self._context["aws:SourceAccount"]
        context = {"aws:SourceArn": source_arn, "aws:SourceAccount": account}
        try:
            trusted = may_assume(service, role, carried.trust, context)
        except PolicyError as error:
            raise StepFailedError(
                f"the trust policy of {role} cannot be evaluated: {error}"
            ) from error
        if not trusted:
            raise StepFailedError(
                f"Could not assume role {role}. Please ensure that the role exists and allows "
                f"principal '{service}' to assume the role, here with aws:SourceArn "
                f"{source_arn} and aws:SourceAccount {account}."
            )

    def key_of(self, bucket: str) -> str | None:
        """Return the ARN of the customer's key that a bucket is encrypted with, or None."""
        with self._lock:
            if bucket not in self._keys:
                self._keys[bucket] = self._read_key(bucket)
            return self._keys[bucket]

    def _read_key(self, bucket: str) -> str | None:
        try:
            found = self._s3.get_bucket_encryption(Bucket=bucket)
        except ClientError:
            return None  # no bucket, or a key of S3
        (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
        given: str | None = rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
        return given

    def _of_role(self, arn: str) -> _Carried:
        if arn not in self._roles:
            self._roles[arn] = self._read_role(arn)
        return self._roles[arn]

    def _read_role(self, arn: str) -> _Carried:
        name = arn.rpartition("/")[2]
        try:
            role = self._iam.get_role(RoleName=name)["Role"]
            inline = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
            documents = [
                self._iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                for policy in inline
            ]
            attached = self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
            documents += [self._managed(policy["PolicyArn"]) for policy in attached]
            limit = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
            boundary = self._managed(limit) if limit else None
        except ClientError as error:
            reason = f"role {arn} cannot be used: {error.response['Error']['Message']}"
            raise step_failure(error, reason) from error
        return _Carried(documents, boundary, role["AssumeRolePolicyDocument"])

    def _managed(self, arn: str) -> Any:
        version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)
        return found["PolicyVersion"]["Document"]

    def _of_resource(self, resource: str) -> list[Any]:
        if not resource.startswith("arn:aws:s3:::"):
            return []
        bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
        if bucket not in self._buckets:
            try:
                text = self._s3.get_bucket_policy(Bucket=bucket)["Policy"]
                self._buckets[bucket] = [json.loads(text)]
            except ClientError:
                self._buckets[bucket] = []  # no bucket, or no policy: nothing is granted by it
        return self._buckets[bucket]
