"""The graphs that ``constructs-lib graph`` draws: of one version of a pipeline, or of two."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from constructs_lib.cli.options import UsageError
from constructs_lib.cli.versions import read_version
from constructs_lib.drawing.change import changed
from constructs_lib.drawing.graph import Graph, graph_of
from constructs_lib.local.assembly import SynthesizedPipeline
from constructs_lib.local.definition import parse_definition
from constructs_lib.review.bundles import Bundle
from constructs_lib.review.changes import StepChange
from constructs_lib.review.comparison import compare_pipeline
from constructs_lib.review.renamed import renamed_steps
from constructs_lib.review.snapshot import Snapshot, read_snapshots


def graph_alone(pipeline: SynthesizedPipeline) -> Graph:
    """Return the graph of a pipeline, without sources."""
    return graph_of(parse_definition(pipeline.definition), pipeline.name)


def graph_with_sources(pipeline: SynthesizedPipeline, app: Path) -> Graph:
    """Return the graph of a pipeline of an assembly, with each step's source."""
    snapshot = _snapshot(pipeline, app)
    return _with_sources(graph_of(snapshot.definition, pipeline.name), snapshot.bundles)


def graph_of_change(pipeline: SynthesizedPipeline, app: Path, against: argparse.Namespace) -> Graph:
    """Return the graph of a pipeline with what differs from another version of it.

    Args:
        pipeline: As it is now.
        app: Its assembly.
        against: With ``against``, the other version, ``profile`` and ``region``.

    Raises:
        ConstructsLibError: There is no such version, or the pipeline is not in it.
    """
    now = _snapshot(pipeline, app)
    text = f"deployed:{pipeline.name}" if against.against == "deployed" else against.against
    others = argparse.Namespace(
        app=None, pipeline=None, profile=against.profile, region=against.region
    )
    before = _counterpart(now, read_version(text, others), text)
    renamed = renamed_steps(before, now)
    both = {name for name in now.bundles if renamed.get(name, name) in before.bundles}
    kept = {renamed.get(name, name) for name in both}
    return changed(
        _with_sources(graph_of(before.definition, ""), _only(before.bundles, kept)),
        _with_sources(graph_of(now.definition, pipeline.name), _only(now.bundles, both)),
        renamed=renamed,
        notes={step.name: _words(step) for step in compare_pipeline(before, now).steps},
    )


def _snapshot(pipeline: SynthesizedPipeline, app: Path) -> Snapshot:
    return next(one for one in read_snapshots(app) if one.path == pipeline.resource.path)


def _counterpart(now: Snapshot, found: Sequence[Snapshot], text: str) -> Snapshot:
    same = [one for one in found if one.path == now.path]
    same = same or [one for one in found if one.name == now.name]
    if len(same or found) != 1:
        names = ", ".join(one.path for one in found) or "none"
        raise UsageError(f"{text} has no pipeline {now.path}; it has: {names}")
    return (same or list(found))[0]


def _only(bundles: Mapping[str, Bundle], names: set[str]) -> dict[str, Bundle]:
    return {name: bundle for name, bundle in bundles.items() if name in names}


def _with_sources(graph: Graph, bundles: Mapping[str, Bundle]) -> Graph:
    nodes = [
        replace(node, details=(*_sources(bundles[node.name]), *node.details))
        if node.name in bundles
        else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


def _sources(bundle: Bundle) -> list[tuple[str, str]]:
    return [(path, "\n".join(lines)) for path, lines in sorted(bundle.texts.items()) if lines]


def _words(step: StepChange) -> str:
    words = [f"was {step.old_name}"] if step.old_name is not None else []
    words += ["code"] if step.code else []
    words += [setting.name for setting in step.settings]
    return ", ".join(dict.fromkeys(words))
