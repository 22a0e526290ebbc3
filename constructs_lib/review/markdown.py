"""A change as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.wording import entries, headline, nothing, text_lines, text_title

# GitHub takes 65,536 characters a comment.
_MOST = 60_000


def as_markdown(changes: Sequence[PipelineChange]) -> str:
    """Return changes as Markdown; what is beyond the size of a comment is left out, and said so."""
    text = "\n".join(line for change in changes for line in _lines(change)) or nothing(changes)
    if len(text) <= _MOST:
        return f"{text}\n"
    whole = text[:_MOST].rpartition("\n")[0]
    # An open block would swallow what follows.
    fence = "\n```" if whole.count("\n```") % 2 else ""
    return f"{whole}{fence}\n\n… cut: the whole text is in the job's log.\n"


def _lines(change: PipelineChange) -> Iterator[str]:
    yield f"### {_escaped(headline(change))}"
    for title, found in entries(change):
        yield ""
        if title == "Permissions":
            yield from ("<details><summary>Permissions</summary>", "")
        else:
            yield f"**{title}**"
        yield "```diff"
        yield from (f"{sign} {text}".rstrip() for sign, text in map(_flush, found))
        yield "```"
        if title == "Permissions":
            yield "</details>"
    if change.texts:
        yield from ("", "**Source**")
    for text_change in change.texts:
        yield from ("", f"`{text_title(text_change)}`", "```diff")
        yield from (line.replace("```", "`\u200b``") for line in text_lines(text_change))
        yield "```"
    yield ""


def _flush(entry: tuple[str, str]) -> tuple[str, str]:
    """Put the sign first in its line: only there it has a colour."""
    sign, text = entry
    return sign.strip() or " ", f"{' ' * (len(sign) - len(sign.lstrip()))}{text}"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("_", "\\_")
