"""A function step as a construct: its role, its code asset, and what its job is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Annotations, FileAssetLocation, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.cdk import policies
from constructs_lib.cdk.bundle_asset import add_bundle_asset
from constructs_lib.cdk.dependencies import StepDependencies
from constructs_lib.cdk.images import DeployedImage, deploy_image, effective_image
from constructs_lib.cdk.keys import grant_key
from constructs_lib.cdk.names import job_prefix
from constructs_lib.cdk.resources import grant_use
from constructs_lib.cdk.roles import RoleOptions, use_role
from constructs_lib.cdk.step import PipelineStep
from constructs_lib.cdk.wheels_asset import add_wheels_asset
from constructs_lib.definition.training import Deployment
from constructs_lib.model.expressions import producers_of
from constructs_lib.model.file_systems import FileSystemInput, FileSystemLike
from constructs_lib.model.image_rules import image_warning
from constructs_lib.model.inputs import S3Input, fixed_location
from constructs_lib.model.locations import Location, data_locations
from constructs_lib.model.placement import Placement
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.settings import StepSettings
from constructs_lib.model.variables import PipelineVariable, as_expression
from constructs_lib.packaging.bundle import Bundle


class PipelineFunctionStep(PipelineStep):
    """A step that runs a function.

    Attributes:
        deployment: What the definition says about the step's surroundings.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline_name: str,
        bundle: Bundle,
        dependencies: StepDependencies,
        placement: Placement,
        producers: dict[str, str],
        result_keys: Sequence[Any],
        settings: StepSettings,
        artifacts_bucket: s3.IBucket,
        role_options: RoleOptions,
    ) -> None:
        """Make the role and the asset.

        Args:
            scope: Below the pipeline.
            id: The step's name.
            pipeline_name: Physical name of the pipeline.
            bundle: The step's code.
            dependencies: What is installed for it.
            placement: Where its arguments travel.
            producers: Channel name to the name of the step whose result it holds.
            result_keys: What the results that it reads are encrypted with.
            settings: What its jobs need.
            artifacts_bucket: Where results are stored.
            role_options: For a role that is made.
        """
        super().__init__(scope, id)
        self._stack = Stack.of(self)
        self._artifacts = artifacts_bucket
        self.job_name_prefix = job_prefix(pipeline_name, id, settings.job_name_prefix)
        location = add_bundle_asset(self._stack, bundle, f"{pipeline_name}/{id} code")
        wheels = dependencies.wheels
        packages = (
            None
            if wheels is None
            else add_wheels_asset(self._stack, wheels, f"{pipeline_name}/{id} wheels")
        )
        image = effective_image(settings, bundle.exact_python)
        assert image is not None, "the pipeline is without faults"
        deployed = deploy_image(self, image)
        artifacts = artifacts_bucket.bucket_name

        statements = [
            *self._read_code(location),
            *self._read_inputs(placement),
            *self._mount(placement),
            *[
                statement
                for producer in dict.fromkeys(producers.values())
                for statement in self._read(artifacts, f"{pipeline_name}/{producer}/")
            ],
            *policies.write_objects(self._stack, artifacts, f"{pipeline_name}/{id}/"),
            *policies.write_logs(self._stack, f"{self.job_name_prefix}-*"),
            *self._pull(deployed),
            *self._keep_checkpoints(settings),
            *(policies.join_network() if settings.subnets else []),
        ]
        self._use = use_role(
            self,
            settings.role,
            statements,
            options=role_options,
            name=f"{pipeline_name}-{id}",
            assumed_by=policies.sagemaker_principal(
                self._stack, f"training-job/{self.job_name_prefix}-*"
            ),
            policy_name="Step",
        )
        groups = [one for one in settings.security_group_ids or () if not isinstance(one, str)]
        self._connections = ec2.Connections(
            security_groups=[one for one in groups if not isinstance(one, PipelineVariable)]
        )
        if deployed.repository is not None:
            deployed.repository.grant_pull(self)
        for resource in placement.resources:
            grant_use(resource, self)
        self._use_keys(placement)
        for key in result_keys:
            grant_key(self, key, writes=False)
        grant_key(self, settings.output_kms_key, writes=True)
        grant_key(self, settings.volume_kms_key, writes=True, attaches=True)
        for number, warning in enumerate(bundle.warnings, 1):
            Annotations.of(self).add_warning_v2(f"constructs-lib:{number}", warning)
        if dependencies.warning is not None:
            Annotations.of(self).add_warning_v2("constructs-lib:unlocked", dependencies.warning)
        odd = image_warning(image, settings)
        if odd is not None:
            Annotations.of(self).add_warning_v2("constructs-lib:image", odd)
        self.deployment = Deployment(
            placement=placement,
            code_uri=f"s3://{location.bucket_name}/{location.object_key}",
            code_sha256=bundle.sha256,
            image_uri=deployed.uri,
            interpreter=image.interpreter,
            role_arn=self.role.role_arn,
            job_name=self.job_name_prefix,
            output_path=f"s3://{artifacts}/{pipeline_name}/{id}",
            wheels_uri=None
            if packages is None
            else f"s3://{packages.bucket_name}/{packages.object_key}",
            wheels_sha256=None if wheels is None else wheels.sha256,
        )

    def _pull(self, image: DeployedImage) -> list[iam.PolicyStatement]:
        if image.repository is not None:
            return []  # which grants it
        uri = as_expression(image.uri, "image_uri")
        return policies.pull_image(self._stack, uri if isinstance(uri, str) else "")

    def _keep_checkpoints(self, settings: StepSettings) -> list[iam.PolicyStatement]:
        if settings.checkpoint_s3_uri is None:
            return []
        uri = settings.checkpoint_s3_uri
        place = Location(*fixed_location(uri), isinstance(uri, str))
        return [
            *policies.read_objects(self._stack, place.bucket, place.prefix),
            *policies.write_objects(self._stack, place.bucket, place.folder),
        ]

    def _read_code(self, location: FileAssetLocation) -> list[iam.PolicyStatement]:
        # Every bundle, not this one: executions that are under way when a change is deployed
        # start their later steps with the code they began with.
        folder = location.object_key.rpartition("/")[0]
        pattern = f"{folder}/*.zip" if folder else "*.zip"
        return policies.read_objects(self._stack, location.bucket_name, pattern)

    def _read_inputs(self, placement: Placement) -> list[iam.PolicyStatement]:
        return [
            statement
            for source in placement.channels.values()
            if isinstance(source, S3Input)
            for bucket, prefix in _locations(source)
            for statement in self._read(bucket, prefix)
        ]

    def _mount(self, placement: Placement) -> list[iam.PolicyStatement]:
        return [
            policies.mount_efs(self._arn_of(source.file_system_id), writes=source.may_write)
            for source in placement.channels.values()
            if isinstance(source, FileSystemInput) and source.may_be_efs
        ]

    def _arn_of(self, file_system: object) -> str:
        arn = getattr(file_system, "file_system_arn", None)
        if isinstance(arn, str):
            return arn
        if isinstance(file_system, FileSystemLike):
            return policies.efs_arn(self._stack, file_system.file_system_id)
        known = as_expression(file_system, "file_system_id")
        # Which one it will be is known only when the pipeline runs.
        return policies.efs_arn(self._stack, known if isinstance(known, str) else "*")

    def _read(self, bucket: object, prefix: str) -> list[iam.PolicyStatement]:
        name = bucket if isinstance(bucket, str) else bucket.bucket_name  # type: ignore[attr-defined]
        return policies.read_objects(self._stack, name, prefix)

    def _use_keys(self, placement: Placement) -> None:
        """Grant the keys of the encrypted buckets that the step reads and writes."""
        grant_key(self, self._artifacts.encryption_key, writes=True)
        for source in placement.channels.values():
            if isinstance(source, S3Input):
                grant_key(self, getattr(source.bucket, "encryption_key", None), writes=False)


def _locations(source: S3Input) -> list[tuple[object, str]]:
    """Return bucket and prefix of what an input may read."""
    producers = [step for step in producers_of(source.uri) if isinstance(step, RequestStep)]
    if not producers:
        return list(source.readable)
    written = [place for step in producers for place in data_locations(step).writes]
    return [(place.bucket, place.prefix) for place in written]
