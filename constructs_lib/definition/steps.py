"""Steps as definition JSON, one renderer a step kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch

from constructs_lib.definition.expressions import (
    JSON,
    render_conditions,
    render_expression,
    render_text,
)
from constructs_lib.definition.requests import RequestDeployment, render_request
from constructs_lib.definition.training import Deployment, training_job
from constructs_lib.model.branches import Branch
from constructs_lib.model.caching import CacheConfig
from constructs_lib.model.experiments import PipelineExperimentConfig
from constructs_lib.model.for_each import ForEachSelectorPickType, ForEachStep
from constructs_lib.model.graph import PipelineGraph
from constructs_lib.model.raw_steps import RawStep
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.retries import RetryPolicy
from constructs_lib.model.steps import ConditionStep, FailStep, FunctionStep, Step
from constructs_lib.service.step_types import request_shape, step_type_of


@dataclass(frozen=True)
class Context:
    """What a renderer may look up: the whole graph, and each function step's deployment.

    Attributes:
        graph: The pipeline.
        deployments: Function step to its surroundings.
        experiment: What its executions are recorded in, if they are.
        requests: Steps with a request, to what it gets from its surroundings.
    """

    graph: PipelineGraph
    deployments: Mapping[Step, Deployment]
    experiment: PipelineExperimentConfig | None = None
    requests: Mapping[Step, RequestDeployment] = field(default_factory=dict)


def render_steps(branch: Branch | None, context: Context) -> list[JSON]:
    """Return the JSON of the steps that run directly in a branch, or always if it is None."""
    return [_complete(step, context) for step in context.graph.steps_in(branch)]


def _complete(step: Step, context: Context) -> JSON:
    names = context.graph.names
    rendered: JSON = {"Name": names[step], **render_step(step, context)}
    # What a body needs from outside is awaited by the ForEach step.
    body = None if step.for_each is None else step.for_each.body
    upstream = {other for other in step.upstream() if body is None or other in body}
    depends_on = [
        names[other]
        if other not in step.triggers
        else {"Step": names[other], "Trigger": step.triggers[other].value}
        for other in context.graph.steps
        if other in upstream
    ]
    if depends_on:
        rendered["DependsOn"] = depends_on
    if step.display_name is not None:
        rendered["DisplayName"] = step.display_name
    if step.description is not None:
        rendered["Description"] = step.description
    arguments = rendered.pop("Arguments")
    return {**rendered, "Arguments": arguments}  # the long part last


@singledispatch
def render_step(step: Step, context: Context) -> JSON:  # noqa: ARG001 - the others use it
    """Return ``Type``, ``Arguments`` and what else is special to a step's kind."""
    raise TypeError(f"unknown step kind {type(step).__name__}")


@render_step.register
def _(step: ConditionStep, context: Context) -> JSON:
    return {
        "Type": "Condition",
        "Arguments": {
            "Conditions": render_conditions(step.conditions, context.graph),
            "IfSteps": render_steps(Branch(step, "if_steps"), context),
            "ElseSteps": render_steps(Branch(step, "else_steps"), context),
        },
    }


@render_step.register
def _(step: ForEachStep, context: Context) -> JSON:
    items = step.items.expression
    arguments: JSON = {
        "IterableItems": [render_expression(item, context.graph) for item in items]
        if isinstance(items, tuple)
        else render_expression(items, context.graph),
        "MaxConcurrency": step.max_concurrency,
    }
    if step.selector is not None:
        field = render_expression(step.selector.compared, context.graph)
        pick = ForEachSelectorPickType(step.selector.pick).value
        arguments["Selector"] = {"Pick": pick, "Field": field}
    arguments["ForEachBody"] = render_steps(Branch(step, "for_each_body"), context)
    return {"Type": "ForEach", "Arguments": arguments}


@render_step.register
def _(step: FailStep, context: Context) -> JSON:
    message = render_text(step.error_message, context.graph)
    return {"Type": "Fail", "Arguments": {"ErrorMessage": message}}


@render_step.register(RequestStep)
def _request(step: RequestStep, context: Context) -> JSON:
    shape = request_shape(step.step_type)
    members = {
        key: render_request(value, shape if key == "Arguments" else None, context.graph)
        for key, value in step.members().items()
    }
    deployment = context.requests.get(step, RequestDeployment())
    members["Arguments"] = deployment.complete(members["Arguments"], step_type_of(step.step_type))
    rendered: JSON = {"Type": step.step_type, **members}
    if step.cache_config is not None:
        rendered["CacheConfig"] = render_cache_config(step.cache_config)
    if step.retry_policies:
        rendered["RetryPolicies"] = render_retry_policies(step.retry_policies)
    return rendered


@render_step.register
def _(step: RawStep, context: Context) -> JSON:
    rendered = _request(step, context)
    for argument in step.inner():
        rendered["Arguments"][argument] = render_steps(Branch(step, argument), context)
    return rendered


@render_step.register
def _(step: FunctionStep, context: Context) -> JSON:
    settings = step.settings
    rendered: JSON = {
        "Type": "Training",
        "Arguments": training_job(step, context.deployments[step], context.graph),
    }
    # Results of a body are collected from the outputs of one execution.
    if settings.cache_config is not None and step.for_each is None:
        rendered["CacheConfig"] = render_cache_config(settings.cache_config)
    if settings.retry_policies:
        rendered["RetryPolicies"] = render_retry_policies(settings.retry_policies)
    return rendered


def render_cache_config(config: CacheConfig) -> JSON:
    """Return the JSON of a ``CacheConfig``."""
    rendered: JSON = {"Enabled": config.enable_caching}
    if config.expire_after is not None:
        rendered["ExpireAfter"] = config.expire_after
    return rendered


def render_retry_policies(policies: Sequence[RetryPolicy]) -> list[JSON]:
    """Return the JSON of ``RetryPolicies``."""
    limits = (("MaxAttempts", "max_attempts"), ("ExpireAfterMin", "expire_after_mins"))
    return [
        {
            "ExceptionType": list(policy.exceptions),
            "IntervalSeconds": policy.interval_seconds,
            "BackoffRate": policy.backoff_rate,
            **{k: getattr(policy, n) for k, n in limits if getattr(policy, n) is not None},
        }
        for policy in policies
    ]
