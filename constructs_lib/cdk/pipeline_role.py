"""What the pipeline's own role may do: make the jobs of its steps, and read what decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.cdk import policies
from constructs_lib.cdk.cleanup import cleanup_statements
from constructs_lib.cdk.keys import grant_key, output_keys
from constructs_lib.cdk.names import known_name, pipeline_job_prefix, request_job_prefix
from constructs_lib.cdk.roles import RoleInUse, RoleOptions, use_role
from constructs_lib.cdk.step import PipelineStep
from constructs_lib.model.expressions import Expression, FileGet, JoinOf, ObjectGet, ResultGet
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.inputs import fixed_location_of
from constructs_lib.model.locations import data_locations
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import Step
from constructs_lib.runtime.protocol import LISTS_FILE, RESULTS_FILE, UPLOADED_MODEL_PREFIX
from constructs_lib.service.step_types import step_type_of


def make_pipeline_role(
    scope: Construct,
    pipeline: str,
    graph: PipelineGraph,
    constructs: Mapping[str, PipelineStep],
    artifacts: s3.IBucket,
    given: iam.IRole | str | None,
    *,
    records_experiments: bool,
    role_options: RoleOptions,
) -> RoleInUse:
    """Make the pipeline's role, or take the user's.

    Args:
        scope: The pipeline.
        pipeline: Its physical name.
        graph: Its steps.
        constructs: Name to construct, of the steps that have one.
        artifacts: Where function steps store their results.
        given: The user's role or its ARN; None for one of the pipeline's own.
        records_experiments: Whether executions are recorded in an experiment.
        role_options: For a role that is made.
    """
    stack = Stack.of(scope)
    statements = [
        *_statements(stack, pipeline, graph, constructs, artifacts),
        *(policies.record_experiments(stack) if records_experiments else []),
    ]
    use = use_role(
        scope,
        given,
        statements,
        options=role_options,
        name=pipeline,
        assumed_by=policies.sagemaker_principal(stack, f"pipeline/{pipeline}/*"),
        policy_name="Pipeline",
    )
    results = _results_read(graph)
    for key in output_keys(results):
        grant_key(use.principal, key, writes=False)
    if results:
        grant_key(use.principal, artifacts.encryption_key, writes=False)
    return use


def _statements(
    stack: Stack,
    pipeline: str,
    graph: PipelineGraph,
    constructs: Mapping[str, PipelineStep],
    artifacts: s3.IBucket,
) -> Iterator[iam.PolicyStatement]:
    yield from _jobs(stack, pipeline, graph, constructs)
    roles = _passed(stack, graph, constructs)
    if roles:
        yield from policies.pass_roles(roles)
    for _, request in graph.request_steps():
        yield from policies.ask_services(stack, request)
        # Who makes an endpoint lets EC2 use the key for its storage.
        key = request.arguments.get("KmsKeyId")
        if request.step_type == "EndpointConfig" and isinstance(key, str):
            yield from policies.use_key(key, writes=True, attaches=True)
    for bucket, prefix in dict.fromkeys(_decisive_files(pipeline, graph, artifacts)):
        yield from policies.read_objects(stack, bucket, prefix)[:1]
    yield from cleanup_statements(stack, pipeline, graph, artifacts)


def _results_read(graph: PipelineGraph) -> list[Step]:
    """Return the function steps whose results the service itself reads."""
    parts = [part for step in graph.steps for part in _parts_of(step)]
    return [part.step for part in parts if isinstance(part, ResultGet)]


def _jobs(
    stack: Stack,
    pipeline: str,
    graph: PipelineGraph,
    constructs: Mapping[str, PipelineStep],
) -> Iterator[iam.PolicyStatement]:
    own = pipeline_job_prefix(pipeline)
    needed: dict[str, dict[str, None]] = {}
    for name, _ in graph.function_steps():
        resource = f"training-job/{_shared(constructs[name].job_name_prefix, own)}-*"
        needed.setdefault("Training", {})[resource] = None
    for name, step in graph.request_steps():
        prefix = _shared(request_job_prefix(pipeline, name, step), own)
        needed.setdefault(step.step_type, {}).update(dict.fromkeys(_made_by(step, prefix)))
    for step_type, resources in needed.items():
        yield from policies.run_jobs(stack, step_type, list(resources))


def _shared(prefix: str, own: str) -> str:
    """Return the pipeline's own prefix for jobs whose names begin with it."""
    return own if prefix.startswith(f"{own}-") else prefix


def _made_by(step: RequestStep, prefix: str) -> Iterator[str]:
    """Yield the ends of the ARNs that a step's request makes or names."""
    kind, request = step_type_of(step.step_type), step.arguments
    if kind.resource is None:
        return
    if kind.job_name is not None:
        yield f"{kind.resource}/{prefix}-*"
    elif step.step_type == "RegisterModel":
        group = known_name(request.get("ModelPackageGroupName"))
        yield f"model-package/{group}/*" if group != "*" else "model-package/*"
        yield f"model-package-group/{group}"
    else:
        yield f"{kind.resource}/{known_name(request.get(_NAMED[kind.resource]))}"
    if step.step_type == "Endpoint":
        yield f"endpoint-config/{known_name(request.get('EndpointConfigName'))}"


_NAMED = {
    "endpoint": "EndpointName",
    "endpoint-config": "EndpointConfigName",
    "inference-component": "InferenceComponentName",
    "model": "ModelName",
}


def _passed(
    stack: Stack,
    graph: PipelineGraph,
    constructs: Mapping[str, PipelineStep],
) -> list[str]:
    """Return the ARNs of the roles that the pipeline passes to its jobs."""
    roles = {construct.role.role_arn: None for construct in constructs.values()}
    for name, step in graph.request_steps():
        if name not in constructs and step_type_of(step.step_type).role:
            # A pipeline variable can name any role of the account.
            roles[f"arn:{stack.partition}:iam::{stack.account}:role/*"] = None
    return list(roles)


def _decisive_files(
    pipeline: str, graph: PipelineGraph, artifacts: s3.IBucket
) -> Iterator[tuple[str, str]]:
    """Yield bucket and prefix of the files whose values stand in the definition."""
    by_name = {name: step for step, name in graph.names.items()}
    for step in graph.steps:
        for expression in _parts_of(step):
            if isinstance(expression, ResultGet):
                folder = f"{pipeline}/{graph.names[expression.step]}"
                file = RESULTS_FILE if expression.as_list is None else LISTS_FILE
                path = f"{folder}/*/{UPLOADED_MODEL_PREFIX}/{file}"
                yield artifacts.bucket_name, path
            elif isinstance(expression, FileGet):
                producer = expression.step
                found = by_name[producer] if isinstance(producer, str) else producer
                if isinstance(found, RequestStep):
                    yield from ((w.bucket, w.prefix) for w in data_locations(found).writes)
            elif isinstance(expression, ObjectGet):
                yield fixed_location_of(expression.uri)


def _parts_of(step: Step) -> Iterator[Expression]:
    pending = list(step.expressions())
    while pending:
        expression = pending.pop(0)
        yield expression
        if isinstance(expression, JoinOf):
            pending += expression.values
