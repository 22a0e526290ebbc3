"""Changes in words: a headline for each group, an entry for each change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from constructs_lib.review.changes import (
    ADDED,
    CHANGED,
    MANAGED_POLICY,
    PERMISSIONS_BOUNDARY,
    REMOVED,
    Forecast,
    PackageChange,
    Permission,
    PipelineChange,
    Setting,
    StepChange,
    TextChange,
)
from constructs_lib.review.words import readable_text

SIGNS = {ADDED: "+", REMOVED: "-", CHANGED: "~"}


def entries(change: PipelineChange) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield a title and its entries, each a sign and a text, for each group that is not empty."""
    groups = {
        "Steps": [entry for step in change.steps for entry in step_entries(step)],
        "Dependencies": [(SIGNS[one.kind], package_text(one)) for one in change.packages],
        "Parameters": [setting_entry(setting) for setting in change.parameters],
        "Pipeline": [setting_entry(setting) for setting in change.settings],
        "Schedules": [setting_entry(setting) for setting in change.schedules],
        "Permissions": [
            *(("+", text) for text in permission_texts(change.granted)),
            *(("-", text) for text in permission_texts(change.revoked)),
        ],
        "Next run": [(" ", forecast_text(one)) for one in change.forecasts],
        "Look twice": [("!", risk) for risk in change.risks],
    }
    yield from ((title, found) for title, found in groups.items() if found)


def step_entries(step: StepChange) -> Iterator[tuple[str, str]]:
    """Yield a step, and below it what differs in it."""
    notes = []
    if step.kind == ADDED and step.reads:
        notes.append(f"after {', '.join(step.reads)}")
    if step.old_name is not None:
        notes.append(f"was called {step.old_name}")
    if step.code:
        notes.append("code")
    kind = "" if step.type == "Training" else f" [{step.type}]"
    yield SIGNS[step.kind], f"{step.name}{kind}{': ' if notes else ''}{', '.join(notes)}"
    if step.is_rewired:
        yield from (("  +", f"waits for {name}") for name in step.reads)
        yield from (("  -", f"waits for {name}") for name in step.reads_no_more)
    for setting in step.settings:
        sign, text = setting_entry(setting)
        yield f"  {sign}", text


def setting_entry(setting: Setting) -> tuple[str, str]:
    """Return the sign of a setting, and its values."""
    texts = [_short(text) for text in (setting.old, setting.new) if text is not None]
    cost = "  (cost)" if setting.is_cost else ""
    return SIGNS[setting.kind], f"{setting.name}: {' → '.join(texts)}{cost}"


def package_text(change: PackageChange) -> str:
    """Return a package, its versions, and the steps that have it installed."""
    versions = [text or "any version" for text in (change.old, change.new) if text is not None]
    return f"{change.name} {' → '.join(versions)} (in {', '.join(change.steps)})"


def permission_texts(permissions: Sequence[Permission]) -> Iterator[str]:
    """Yield who may do what: actions on the same resources are one text."""
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for one in permissions:
        key = (one.who, one.effect, readable_text(one.condition), one.action)
        places.setdefault(key, []).append(readable_text(one.resource))
    actions: dict[tuple[str, str, str, str], list[str]] = {}
    for (who, effect, condition, action), resources in places.items():
        actions.setdefault((who, effect, condition, ", ".join(resources)), []).append(action)
    for (who, effect, condition, on), together in actions.items():
        verb = "may" if effect == "Allow" else "may not"
        limit = f" if {condition}" if condition else ""
        if together == [MANAGED_POLICY]:
            yield f"{who} has the managed policy {on}{limit}"
        elif together == [PERMISSIONS_BOUNDARY]:
            yield f"{who} is limited by the permissions boundary {on}{limit}"
        else:
            yield f"{who} {verb} {', '.join(together)} on {on}{limit}"


def forecast_text(forecast: Forecast) -> str:
    """Return what a step will do, and why."""
    if forecast.hits is False:
        return f"{forecast.step}: runs, because {forecast.because}"
    if forecast.hits is None:
        return f"{forecast.step}: may run, because {forecast.because}"
    when = f"within {forecast.within}" if forecast.within else "before"
    return f"{forecast.step}: cache hit if it succeeded {when}, because {forecast.because}"


def text_title(change: TextChange) -> str:
    """Return what has changed, and the steps that have it."""
    steps = f" (in {', '.join(change.steps)})" if change.steps else ""
    was = f", which was {change.old_name}" if change.old_name else ""
    return f"{change.name}{steps}{was}"


def text_lines(change: TextChange) -> list[str]:
    """Return the lines of a unified diff, without its head."""
    return list(unified_diff(change.old, change.new, lineterm="", n=3))[2:]


def headline(change: PipelineChange) -> str:
    """Return the pipeline and how much of it differs."""
    if change.kind != CHANGED:
        return f"pipeline {change.name} is {change.kind}"
    counts = [
        _count(sum(step.kind == kind for step in change.steps), "step", kind)
        for kind in (ADDED, REMOVED, CHANGED)
    ]
    counts += [
        _count(len(change.granted), "permission", "granted"),
        _count(len(change.revoked), "permission", "revoked"),
        _count(sum(f.hits is False for f in change.forecasts), "cached step", "to run again"),
    ]
    return f"pipeline {change.name}: {', '.join(text for text in counts if text) or 'changed'}"


def _count(number: int, what: str, how: str) -> str:
    return f"{number} {what}{'s' if number > 1 else ''} {how}" if number else ""


def _short(text: str, most: int = 300) -> str:
    line = text.replace("\n", "\\n")
    return line if len(line) <= most else f"{line[:most]}… ({len(line):,} characters)"


def nothing(changes: Sequence[PipelineChange]) -> str:
    """Return what is said if nothing differs, else an empty text."""
    return "" if changes else "There were no differences"
