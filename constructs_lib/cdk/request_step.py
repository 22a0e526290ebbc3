"""A step with a request as a construct: the role of its jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.cdk import policies
from constructs_lib.cdk.keys import grant_key, output_keys
from constructs_lib.cdk.model_uses import ModelUse, uses_of
from constructs_lib.cdk.names import request_job_prefix
from constructs_lib.cdk.notebooks import NotebookPlaces
from constructs_lib.cdk.roles import RoleOptions, use_role
from constructs_lib.cdk.step import PipelineStep
from constructs_lib.definition.notebooks import NotebookDeployment
from constructs_lib.definition.requests import RequestDeployment
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.locations import DataLocations, Location, data_locations
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import Step
from constructs_lib.service.step_types import step_type_of


class PipelineRequestStep(PipelineStep):
    """A step whose request takes a role."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline_name: str,
        step: RequestStep,
        data: DataLocations,
        produced: tuple[Location, ...],
        uses: Sequence[ModelUse],
        role_options: RoleOptions,
    ) -> None:
        """Make the role, unless the request names one.

        Args:
            scope: Below the pipeline.
            id: The step's name.
            pipeline_name: Physical name of the pipeline.
            step: The step.
            data: Where it reads and writes.
            produced: Where the steps have written whose outputs it reads.
            uses: Of a model: what else in the pipeline uses its role.
            role_options: For a role that is made.
        """
        super().__init__(scope, id)
        self._stack = Stack.of(self)
        self.job_name_prefix = request_job_prefix(pipeline_name, id, step)
        self._use = use_role(
            self,
            given_role(step),
            self._statements(step, data, produced, uses),
            options=role_options,
            name=f"{pipeline_name}-{id}",
            assumed_by=policies.sagemaker_principal(
                self._stack, *_acts_for(step.step_type, self.job_name_prefix)
            ),
            policy_name="Step",
        )

    def _statements(
        self,
        step: RequestStep,
        data: DataLocations,
        produced: tuple[Location, ...],
        uses: Sequence[ModelUse],
    ) -> Iterator[iam.PolicyStatement]:
        kind = step_type_of(step.step_type)
        for location in dict.fromkeys((*data.reads, *produced)):
            yield from policies.read_objects(self._stack, location.bucket, location.prefix)
        for location in data.writes:
            yield from policies.write_objects(self._stack, location.bucket, location.folder)
        for image in dict.fromkeys(_values(step.arguments, _IMAGES)):
            yield from policies.pull_image(self._stack, str(image))
        if kind.log_group is not None:
            streams = f"{self.job_name_prefix}-*"
            yield from policies.write_logs(self._stack, streams, group=kind.log_group)
        if any(True for _ in _values(step.arguments, ("VpcConfig",))):
            yield from policies.join_network()
        for use in uses:
            yield from use.statements(self._stack)
        requests = [step.arguments, *(use.request for use in uses)]
        for key in dict.fromkeys(_values(requests, _KEYS)):
            if isinstance(key, str):
                yield from policies.use_key(key, writes=True, attaches=True)


def make_request_steps(
    scope: Construct,
    graph: PipelineGraph,
    pipeline_name: str,
    artifacts: s3.IBucket,
    notebooks: Mapping[Step, NotebookPlaces],
    role_options: RoleOptions,
) -> dict[str, PipelineRequestStep]:
    """Make a construct for each step whose request takes a role that is known at synthesis.

    Args:
        scope: Below the pipeline.
        graph: The pipeline's steps.
        pipeline_name: Its physical name.
        artifacts: Where function steps store their results.
        notebooks: Notebook steps to where they read and write.
        role_options: For the roles that are made.

    Returns:
        Name to construct.
    """
    locations = {
        step: notebooks[step].data if step in notebooks else data_locations(step)
        for _, step in graph.request_steps()
    }
    made = {}
    for name, step in graph.request_steps():
        if not has_role(step):
            continue
        uses = [] if step.step_type != "Model" else list(uses_of(graph, pipeline_name, step))
        data = _together([locations[one] for one in (step, *(use.step for use in uses))])
        produced: list[Location] = []
        results: list[Step] = []
        for producer in data.produced_by:
            if isinstance(producer, RequestStep):
                produced += locations[producer].writes
            else:
                prefix = f"{pipeline_name}/{graph.names[producer]}/"
                produced.append(Location(artifacts.bucket_name, prefix))
                results.append(producer)
        construct = PipelineRequestStep(
            scope,
            name,
            pipeline_name=pipeline_name,
            step=step,
            data=data,
            produced=tuple(produced),
            uses=uses,
            role_options=role_options,
        )
        if step in notebooks or results:
            grant_key(construct, artifacts.encryption_key, writes=step in notebooks)
        for key in output_keys(results):
            grant_key(construct, key, writes=False)
        made[name] = construct
    return made


def _together(data: Sequence[DataLocations]) -> DataLocations:
    """Return what several requests read and write."""
    return DataLocations(
        tuple(dict.fromkeys(place for one in data for place in one.reads)),
        tuple(dict.fromkeys(place for one in data for place in one.writes)),
        tuple(dict.fromkeys(step for one in data for step in one.produced_by)),
    )


def _acts_for(step_type: str, prefix: str) -> Iterator[str]:
    """Yield the ends of the ARNs of what SageMaker uses the role of a step for.

    https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    """
    if step_type in {"Model", "AutoML"}:
        yield "*"  # jobs and endpoints with any name, which the service does not let one limit
        return
    yield f"{step_type_of(step_type).resource}/{prefix}-*"
    if step_type == "Tuning":
        yield f"training-job/{prefix}-*"


# The ARN of a role, or a CDK token of it.
_ROLE_ARNS = ("arn:", "${Token")
_IMAGES = ("TrainingImage", "ImageUri", "Image")
_KEYS = ("KmsKeyId", "VolumeKmsKeyId")


def request_deployments(
    graph: PipelineGraph,
    pipeline_name: str,
    constructs: Mapping[str, PipelineRequestStep],
    notebooks: Mapping[Step, NotebookPlaces],
    region: str,
) -> dict[Step, RequestDeployment]:
    """Return what each request gets from its surroundings.

    Args:
        graph: The pipeline.
        pipeline_name: Its physical name.
        constructs: Name to construct, of the steps that have one.
        notebooks: Where notebook jobs read and write.
        region: Where the pipeline runs.
    """
    found: dict[Step, RequestDeployment] = {}
    for name, step in graph.request_steps():
        role = constructs[name].role.role_arn if name in constructs else None
        job = request_job_prefix(pipeline_name, name, step)
        place = notebooks.get(step)
        found[step] = (
            RequestDeployment(role, job)
            if place is None
            else NotebookDeployment(
                role,
                job,
                input_uri=place.input_uri,
                output_path=place.output_path,
                region=region,
            )
        )
    return found


def has_role(step: RequestStep) -> bool:
    """Tell whether a step's request takes a role, and which one is known at synthesis."""
    given = given_role(step)
    known = given is None or (isinstance(given, str) and given.startswith(_ROLE_ARNS))
    return known and bool(step_type_of(step.step_type).role)


def given_role(step: RequestStep) -> Any:
    """Return the role that a step's request names, or None."""
    found: Any = step.arguments
    for name in step_type_of(step.step_type).role:
        found = found.get(name) if isinstance(found, dict) else None
    return None if found is step.arguments else found


def _values(request: Any, names: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(request, dict):
        for key, value in request.items():
            if key in names and value is not None:
                yield value if not isinstance(value, dict) else str(sorted(value))
            yield from _values(value, names)
    elif isinstance(request, list):
        for entry in request:
            yield from _values(entry, names)
