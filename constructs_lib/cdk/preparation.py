"""A pipeline's steps, checked and packed, before any construct is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack

from constructs_lib.cdk.dependencies import StepDependencies, shown_wheels, step_dependencies
from constructs_lib.cdk.images import effective_image, no_image_fault, region_faults
from constructs_lib.cdk.keys import output_keys
from constructs_lib.cdk.names import job_prefix, request_job_prefix
from constructs_lib.cdk.secrets import secret_faults
from constructs_lib.definition.checks import definition_faults
from constructs_lib.definition.notebooks import NotebookDeployment
from constructs_lib.definition.renderer import render_pipeline
from constructs_lib.definition.requests import RequestDeployment
from constructs_lib.definition.steps import Context
from constructs_lib.definition.training import Deployment
from constructs_lib.exceptions import BundleError, Fault, PipelineError
from constructs_lib.model.data_only import DATA_ONLY, data_only_faults
from constructs_lib.model.graph import PipelineGraph, build_graph
from constructs_lib.model.image_rules import given_image, image_faults
from constructs_lib.model.notebook_job_step import NotebookJobStep
from constructs_lib.model.parameters import Parameter
from constructs_lib.model.placement import CollectedEdge, Edge, Placement, place
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.settings import StepDefaults
from constructs_lib.model.steps import FunctionStep, Step
from constructs_lib.model.validation import (
    channels_fault,
    claim,
    validate,
)
from constructs_lib.model.values import TOKEN_MARKER
from constructs_lib.model.variables import PipelineVariable
from constructs_lib.packaging.bundle import Bundle, build_bundle
from constructs_lib.packaging.notebook_files import NotebookFiles, collect_files
from constructs_lib.service.limits import MOST_CHANNELS


@dataclass(frozen=True)
class PreparedPipeline:
    """A pipeline without faults.

    Attributes:
        graph: All steps, ordered and named.
        placements: Function step to where its arguments travel.
        bundles: Function step to its code.
        notebooks: Notebook job to its files.
        dependencies: Function step to what is installed for it.
    """

    graph: PipelineGraph
    placements: dict[Step, Placement]
    bundles: dict[Step, Bundle]
    notebooks: dict[Step, NotebookFiles]
    dependencies: dict[Step, StepDependencies]

    @property
    def shown(self) -> dict[str, Sequence[str]]:
        """What reviewers are shown of the bundles and wheels: name to lines."""
        names = self.graph.names
        bundles = {names[step]: bundle for step, bundle in self.bundles.items()}
        found = {names[step]: one for step, one in self.dependencies.items()}
        texts = {name: lines for one in bundles.values() for name, lines in one.shown.items()}
        return {**texts, **shown_wheels(bundles, found)}

    def producers(self, step: Step) -> dict[str, str]:
        """Return channel name to the name of the step whose result it holds."""
        return {
            channel: self.graph.names[source.step]
            for channel, source in self.placements[step].channels.items()
            if isinstance(source, (Edge, CollectedEdge))
        }

    def result_keys(self, step: Step) -> list[Any]:
        """Return what the results are encrypted with that a step reads."""
        read = [
            source.step
            for source in self.placements[step].channels.values()
            if isinstance(source, (Edge, CollectedEdge))
        ]
        return list(output_keys(read))


def prepare(
    leaves: Sequence[Step],
    parameters: Sequence[Parameter],
    *,
    pipeline_name: str,
    owner: str,
    stack: Stack,
    defaults: StepDefaults | None = None,
    results: str | None = None,
    faults: Sequence[Fault] = (),
) -> PreparedPipeline:
    """Find, check and pack the steps of a pipeline.

    Args:
        leaves: The steps given to the pipeline.
        parameters: The parameters given to the pipeline.
        pipeline_name: Physical name.
        owner: What identifies the pipeline in the app: its steps become its own.
        stack: Gives the Region of default images.
        defaults: Settings that hold for every function step.
        results: The pipeline's setting.
        faults: What is wrong with the pipeline's own arguments.

    Raises:
        PipelineError: There are faults; all of them are listed.
    """
    graph, found = build_graph(leaves, parameters, defaults)
    faults = [*faults, *found]
    data_only = results == DATA_ONLY
    faults += data_only_faults(graph) if data_only else []
    placements: dict[Step, Placement] = {}
    bundles: dict[Step, Bundle] = {}
    dependencies: dict[Step, StepDependencies] = {}
    for name, step in graph.function_steps():
        placements[step] = place(step)
        try:
            bundles[step] = build_bundle(step, name, placements[step], data_only=data_only)
        except BundleError as error:
            faults.append(error.fault)
        else:
            faults += _image_faults(step, name, bundles[step], stack)
            image = effective_image(step.settings, bundles[step].exact_python)
            if image is not None:
                dependencies[step] = step_dependencies(step, name, bundles[step], image, stack)
                faults += dependencies[step].faults
                inputs = len(placements[step].channels)
                if dependencies[step].wheels is not None and inputs + 2 == MOST_CHANNELS + 1:
                    faults.append(channels_fault(name, inputs, "its code and its wheels", step))
    notebooks: dict[Step, NotebookFiles] = {}
    for name, request in graph.request_steps():
        if isinstance(request, NotebookJobStep):
            try:
                notebooks[request] = collect_files(request, name)
            except BundleError as error:
                faults.append(error.fault)
    faults += validate(graph, placements)
    faults += _definition_faults(graph, placements, pipeline_name, stack)
    faults += claim(graph, owner) if not faults else []
    if faults:
        raise PipelineError(pipeline_name, faults)
    return PreparedPipeline(graph, placements, bundles, notebooks, dependencies)


def _definition_faults(
    graph: PipelineGraph, placements: dict[Step, Placement], pipeline_name: str, stack: Stack
) -> list[Fault]:
    """Return what must not be deployed, whatever buckets, roles and images there will be."""
    deployments: dict[Step, Deployment] = {
        step: Deployment(
            placement=placements[step],
            code_uri=f"s3://{_ANY}/{'0' * 64}.zip",
            code_sha256="0" * 64,
            image_uri=_any_image(step),
            role_arn=_ANY,
            job_name=job_prefix(pipeline_name, name, step.settings.job_name_prefix),
            output_path=f"s3://{_ANY}/{pipeline_name}/{name}",
        )
        for name, step in graph.function_steps()
    }
    requests: dict[Step, RequestDeployment] = {
        step: _any_deployment(step, request_job_prefix(pipeline_name, name, step))
        for name, step in graph.request_steps()
    }
    definition = render_pipeline(Context(graph, deployments, requests=requests))
    locations = {name: step.location for step, name in graph.names.items()}
    faults = definition_faults(definition, locations)
    return [*faults, *secret_faults(definition, locations, stack, {_ANY})]


def _any_deployment(step: RequestStep, job_name: str) -> RequestDeployment:
    if not isinstance(step, NotebookJobStep):
        return RequestDeployment(_ANY, job_name)
    return NotebookDeployment(
        _ANY, job_name, input_uri=f"s3://{_ANY}", output_path=f"s3://{_ANY}", region=_ANY
    )


# Long enough for an ARN or a bucket's name, so that the definition's size is about right.
_ANY = f"{TOKEN_MARKER}any-of-the-names-that-cloudformation-will-put-here]}}"


def _any_image(step: FunctionStep) -> str | PipelineVariable:
    """Return the URI of a step's image, as far as it is known."""
    image = given_image(step.settings)
    return _ANY if image is None or image.given_uri is None else image.given_uri


def _image_faults(step: FunctionStep, name: str, bundle: Bundle, stack: Stack) -> Iterator[Fault]:
    exact = bundle.exact_python
    image = effective_image(step.settings, exact)
    if image is not None:
        yield from region_faults(image, stack, step=name, location=step.location)
        yield from image_faults(
            image, step.settings, step=name, exact_python=exact, location=step.location
        )
    elif exact is not None:
        yield no_image_fault(name, exact, step.location)
