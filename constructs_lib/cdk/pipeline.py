"""The ``Pipeline`` construct, where the stages of synthesis are joined.

======================  ===========================  ============================  ==============
stage                   takes                        gives                         never
======================  ===========================  ============================  ==============
``authoring``           decorated functions, calls   steps with sorted arguments   runs a function
``model.graph``         the last steps               all steps, ordered, named,    looks at code
                                                     each in its branch
``model.placement``     a step's arguments           hyperparameter, channel or    pickles
                                                     bundle for each
``packaging.bundle``    function and literals        a zip named by its content    reads the clock
``definition``          graph, places, deployments   the definition's JSON         knows the CDK
this package            bundles and definition       assets, roles, the resource   uploads
======================  ===========================  ============================  ==============

After that only files cross: the cloud assembly is what the CDK deploys and what the local engine
runs; the bundle is what the container runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import jsii
from aws_cdk import Annotations, Duration, Resource, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk.interfaces.aws_sagemaker import PipelineReference
from constructs import Construct

from constructs_lib.cdk.arguments import check_arguments
from constructs_lib.cdk.definition_property import set_definition
from constructs_lib.cdk.function_step import PipelineFunctionStep
from constructs_lib.cdk.lint import lint_app
from constructs_lib.cdk.names import physical_name
from constructs_lib.cdk.notebooks import publish_notebooks
from constructs_lib.cdk.pipeline_resource import make_pipeline_resource
from constructs_lib.cdk.pipeline_role import make_pipeline_role
from constructs_lib.cdk.preparation import prepare
from constructs_lib.cdk.request_step import (
    make_request_steps,
    request_deployments,
)
from constructs_lib.cdk.roles import RoleOptions
from constructs_lib.cdk.schedule import check_start_values, schedule_role, start_parameters
from constructs_lib.cdk.step import PipelineStep, no_such_step
from constructs_lib.cdk.surroundings import (
    key_settings,
    make_bucket,
    network_settings,
    with_surroundings,
)
from constructs_lib.definition.renderer import render_pipeline
from constructs_lib.definition.steps import Context
from constructs_lib.definition.training import Deployment
from constructs_lib.exceptions import PipelineError
from constructs_lib.model.experiments import PipelineExperimentConfig
from constructs_lib.model.expressions import Primitive
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.raw_steps import RawStepLike, is_raw, raw_step, read_definition
from constructs_lib.model.settings import StepDefaults
from constructs_lib.model.steps import Step, StepLike, as_step
from constructs_lib.service.limits import MOST_STEPS


@jsii.implements(sagemaker.IPipeline, ec2.IConnectable)
class Pipeline(Resource):
    """A SageMaker pipeline made of decorated functions.

    Creates the pipeline, a role for it, a role for each step, one asset for each distinct code
    bundle, and a bucket for results unless one is given.

    Attributes:
        pipeline_name: Physical name.
        pipeline_arn: ARN; the service writes the name in lower case.
        artifacts_bucket: Holds the steps' results below ``<pipeline name>/<step name>/``.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        steps: Sequence[StepLike | RawStepLike],
        parameters: Sequence[Parameter] = (),
        pipeline_name: str | None = None,
        pipeline_display_name: str | None = None,
        pipeline_description: str | None = None,
        artifacts_bucket: s3.IBucket | None = None,
        max_parallel_execution_steps: int | None = None,
        step_defaults: StepDefaults | None = None,
        pipeline_experiment_config: PipelineExperimentConfig | None = None,
        role: iam.IRole | str | None = None,
        permissions_boundary: iam.IManagedPolicy | None = None,
        role_path: str | None = None,
        role_name_prefix: str | None = None,
        encryption_key: kms.IKey | None = None,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        results: str | None = None,
        source_in_template: bool = True,
    ) -> None:
        """Build the pipeline.

        Args:
            scope: Usually a stack.
            id: Construct ID.
            steps: The last steps: what they depend on is found. Steps of the SageMaker SDK and
                entries of a definition's JSON may stand among them.
            parameters: Every parameter that a step uses.
            pipeline_name: 1 to 256 letters, digits, dashes between them. Default: made from the
                stack's name and the construct's path, in lower case.
            pipeline_display_name: Shown in the console.
            pipeline_description: At most 3,072 characters.
            artifacts_bucket: Holds the results. Default: a bucket is made, encrypted, private,
                TLS only, and kept when the stack is deleted.
            max_parallel_execution_steps: At least 1. Default: every step that is ready runs.
            step_defaults: Settings that hold for every function step that does not set them.
            pipeline_experiment_config: The experiment that executions are recorded in. Default:
                none.
            role: Assumed by the service to run the steps, or its ARN. One that is not made by
                this app is left as it is. Default: a role is made, with the least permissions.
            permissions_boundary: Of every role that is made. Default: none.
            role_path: Of every role that is made, such as ``/teams/ml/``. Default: ``/``.
            role_name_prefix: What the names of the roles begin with; the pipeline's and the step's
                follow. Default: CloudFormation names them.
            encryption_key: Encrypts the bucket that is made, the steps' results and the storage of
                their instances, where the service takes a key. Default: keys of AWS.
            vpc: Where the jobs of function steps run. Default: outside of any.
            vpc_subnets: Which of its subnets. Default: the private ones.
            security_groups: Of the jobs; their members have to reach S3. Default: one is made.
            results: ``"data-only"`` for results that are data: no step stores a pickle as its
                result or reads one, whatever is in the bucket. Default: what has no format of
                its own is pickled.
            source_in_template: Whether the template shows the steps' source, requirements and
                long arguments, so that a diff shows changed lines. It has no effect on what runs.

        Raises:
            PipelineError: The pipeline has faults; all of them are listed.
        """
        stack = Stack.of(scope)
        name = pipeline_name or physical_name(f"{stack.stack_name}/{id}")
        faults = check_arguments(
            name,
            {
                "pipeline_name": name,
                "steps": steps,
                "parameters": parameters,
                "pipeline_display_name": pipeline_display_name,
                "pipeline_description": pipeline_description,
                "artifacts_bucket": artifacts_bucket,
                "max_parallel_execution_steps": max_parallel_execution_steps,
                "step_defaults": step_defaults,
                "pipeline_experiment_config": pipeline_experiment_config,
                "role": role,
                "permissions_boundary": permissions_boundary,
                "role_path": role_path,
                "role_name_prefix": role_name_prefix,
                "encryption_key": encryption_key,
                "vpc": vpc,
                "vpc_subnets": vpc_subnets,
                "security_groups": security_groups,
                "results": results,
                "source_in_template": source_in_template,
            },
        )
        super().__init__(scope, id, physical_name=name)
        self._name = name
        self._parameters = tuple(parameters)
        network = network_settings(self, vpc, vpc_subnets, security_groups)
        self._connections = ec2.Connections(security_groups=network.get("security_group_ids", []))
        options = RoleOptions(permissions_boundary, role_path, role_name_prefix)
        prepared = prepare(
            [
                raw_step(entry) if is_raw(entry) else as_step(entry, f"steps of pipeline {name!r}")
                for entry in steps
            ],
            self._parameters,
            pipeline_name=name,
            owner=self.node.path,
            stack=stack,
            defaults=with_surroundings(step_defaults, {**network, **key_settings(encryption_key)}),
            results=results,
            faults=faults,
        )
        graph, bundles = prepared.graph, prepared.bundles
        if len(graph.steps) > MOST_STEPS:
            Annotations.of(self).add_warning_v2(
                "constructs-lib:steps",
                f"pipeline {name!r} has {len(graph.steps)} steps; the service's quota is "
                f"{MOST_STEPS}, and cannot be raised",
            )
        self.artifacts_bucket = artifacts_bucket or make_bucket(self, encryption_key)

        holder = Construct(self, "Steps")
        self._steps = {
            name: PipelineFunctionStep(
                holder,
                name,
                pipeline_name=self._name,
                bundle=bundles[step],
                dependencies=prepared.dependencies[step],
                placement=prepared.placements[step],
                producers=prepared.producers(step),
                result_keys=prepared.result_keys(step),
                settings=step.settings,
                artifacts_bucket=self.artifacts_bucket,
                role_options=options,
            )
            for name, step in graph.function_steps()
        }
        notebooks = publish_notebooks(
            stack, self._name, graph, prepared.notebooks, self.artifacts_bucket
        )
        self._request_steps = make_request_steps(
            holder, graph, self._name, self.artifacts_bucket, notebooks, options
        )
        lint_app(self)
        self._use = make_pipeline_role(
            self,
            self._name,
            graph,
            {**self._steps, **self._request_steps},
            self.artifacts_bucket,
            role,
            records_experiments=pipeline_experiment_config is not None,
            role_options=options,
        )
        self._role_options = options

        deployments: dict[Step, Deployment] = {
            step: self._steps[name].deployment for name, step in graph.function_steps()
        }
        requests = request_deployments(
            graph, self._name, self._request_steps, notebooks, stack.region
        )
        definition = render_pipeline(
            Context(graph, deployments, pipeline_experiment_config, requests)
        )
        self.resource = make_pipeline_resource(
            self,
            name=self._name,
            role_arn=self.role.role_arn,
            display_name=pipeline_display_name,
            description=pipeline_description,
            max_parallel_execution_steps=max_parallel_execution_steps,
        )
        set_definition(
            self,
            self.resource,
            definition,
            hashes=[bundle.sha256 for bundle in bundles.values()],
            source=prepared.shown if source_in_template else {},
            bucket=self.artifacts_bucket,
            folder=self._name,
            reader=self._use.principal,
            role_options=options,
        )

    @classmethod
    def from_definition(
        cls, scope: Construct, id: str, definition: str | Mapping[str, Any], **settings: Any
    ) -> Pipeline:
        """Make a pipeline from a definition that another tool has written.

        Steps and parameters stay as they are. Requests that name no role get one of their own.

        Args:
            scope: Usually a stack.
            id: Construct ID.
            definition: The JSON, as text or data.
            **settings: Further arguments of the constructor.

        Raises:
            StepError: It is no definition.
            PipelineError: The pipeline has faults; all of them are listed.
        """
        content = read_definition(definition)
        return cls(
            scope,
            id,
            steps=content.steps,
            parameters=content.parameters,
            **{"pipeline_experiment_config": content.experiment, **settings},
        )

    @property
    def pipeline_name(self) -> str:
        """The physical name."""
        return self.resource.ref

    @property
    def pipeline_arn(self) -> str:
        """The ARN, with the name in lower case as the service writes it."""
        return self._arn

    @property
    def role(self) -> iam.IRole:
        """Assumed by the service to run the steps."""
        return self._use.role

    @property
    def policy_document(self) -> iam.PolicyDocument:
        """What the role has to be allowed."""
        return self._use.document

    @property
    def connections(self) -> ec2.Connections:
        """The security groups that the jobs of the pipeline's VPC share."""
        return self._connections

    @property
    def pipeline_ref(self) -> PipelineReference:
        """A reference to the pipeline."""
        return self.resource.pipeline_ref

    @property
    def _arn(self) -> str:
        stack = self.stack
        start = f"arn:{stack.partition}:sagemaker:{stack.region}:{stack.account}"
        return f"{start}:pipeline/{self._name.lower()}"

    def grant_start_pipeline_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow a principal to start executions of this pipeline."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:StartPipelineExecution"],
            resource_arns=[self.pipeline_arn],
        )

    def step(self, name: str) -> PipelineStep:
        """Return a step as a construct, to grant it permissions.

        Args:
            name: The step's name: the function's, unless another was chosen.

        Raises:
            StepError: No step with a role of its own has that name.
        """
        steps: dict[str, PipelineStep] = {**self._steps, **self._request_steps}
        if name in steps:
            return steps[name]
        raise no_such_step(self._name, name, steps)

    def add_schedule(
        self,
        id: str,
        schedule: scheduler.ScheduleExpression,
        *,
        parameters: Mapping[str, Primitive] | None = None,
        enabled: bool = True,
        description: str | None = None,
        time_window: scheduler.TimeWindow | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        retry_attempts: int = 3,
        max_event_age: Duration | None = None,
        dead_letter_queue: sqs.IQueue | None = None,
    ) -> scheduler.Schedule:
        """Start the pipeline on a schedule.

        Args:
            id: Construct ID.
            schedule: ``ScheduleExpression.cron``, ``.rate`` or ``.at``, with its time zone.
            parameters: Values for this schedule's executions; the others keep their defaults.
                ``<aws.scheduler.scheduled-time>`` stands for the time of the run.
            enabled: Whether it fires.
            description: Shown in the console.
            time_window: How much later it may fire. Default: not at all.
            start: It does not fire before; UTC.
            end: It does not fire after; UTC.
            retry_attempts: How often a failed start is tried again, 0 to 185.
            max_event_age: How late a start may be, 1 minute to 24 hours. Default: an hour, so
                that no stale run starts.
            dead_letter_queue: Gets the starts that failed for good. Default: they are dropped.

        Raises:
            PipelineError: The parameters do not fit the pipeline's.
        """
        values = dict(parameters or {})
        faults = check_start_values(id, values, self._parameters)
        if faults:
            raise PipelineError(self._name, faults)
        # Always a list: without one the target lacks the member that the service wants.
        target = targets.SageMakerStartPipelineExecution(
            self,
            pipeline_parameter_list=start_parameters(values),
            retry_attempts=retry_attempts,
            max_event_age=max_event_age or Duration.hours(1),
            dead_letter_queue=dead_letter_queue,
            role=schedule_role(self, self._name, self._role_options),
        )
        return scheduler.Schedule(
            self,
            id,
            schedule=schedule,
            target=target,
            enabled=enabled,
            description=description,
            time_window=time_window,
            start=start,
            end=end,
        )
