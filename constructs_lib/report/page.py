"""The page, in one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files

from constructs_lib.drawing.colours import css
from constructs_lib.report.comparison import compare
from constructs_lib.report.details import details
from constructs_lib.report.differences import differences
from constructs_lib.report.graph import graph
from constructs_lib.report.limits import limits_for
from constructs_lib.report.markup import Html, element, join
from constructs_lib.report.path import critical_path
from constructs_lib.report.record import Run
from constructs_lib.report.steps import step_table
from constructs_lib.report.summary import costs, heading, parameters
from constructs_lib.report.timeline import timeline
from constructs_lib.service.prices import Prices


def page(run: Run, prices: Prices, earlier: Run | None = None) -> str:
    """Return a report as HTML.

    Args:
        run: The execution.
        prices: Instance type to USD per hour; may be empty.
        earlier: An execution to compare with.
    """
    script = _resource("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Whatever got into the page is not run, and nothing is loaded or sent.
    policy = (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{run.pipeline} {run.execution_id}: {run.status}"),
        element("style", Html(css() + _resource("page.css"))),
    )
    body = element(
        "body", element("main", *_sections(run, prices, earlier)), element("script", Html(script))
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _sections(run: Run, prices: Prices, earlier: Run | None) -> Iterator[Html]:
    yield heading(run, prices)
    yield _section("Graph", graph(run))
    yield _section("Timeline", timeline(run, critical_path(run)))
    yield _section("Cost" if prices else "Instance time", costs(run, prices))
    if earlier is not None:
        yield _section("Comparison", differences(run, compare(run, earlier)))
    yield _section("Parameters", parameters(run))
    yield _section("Steps", step_table(run, prices))
    shown = details(run, prices, limits_for(len(run.steps)))
    yield _section("Details", join([_buttons(), shown]))


def _section(title: str, content: Html) -> Html:
    return element("section", element("h2", title), content)


def _buttons() -> Html:
    return element(
        "p",
        element("button", "open all", type="button", data_open=1),
        element("button", "close all", type="button", data_open=0),
        id="folding",
        hidden=True,
    )


def _resource(name: str) -> str:
    return files("constructs_lib.report").joinpath(name).read_text(encoding="utf-8")
