"""A change as Markdown, for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.wording import entries, headline, nothing, text_lines, text_title

# GitHub takes 65,536 characters a comment.
_MOST = 60_000
# Of these, what the sentence about the rest may have.
_NOTE = 2_000
_FOLDED = ("Permissions",)


def as_markdown(changes: Sequence[PipelineChange]) -> str:
    """Return changes as Markdown, at most 60,000 characters.

    What has no room is left out, source first, and named at the end.
    """
    parts = [(number, *part) for number, c in enumerate(changes) for part in _parts(c)]
    kept, left_out, room = set(), [], _MOST - _NOTE
    # In the order of importance; a part that is short still fits where a long one does not.
    for part in sorted(parts, key=lambda part: part[1]):
        _, _, title, text = part
        if len(text) <= room:
            kept.add(part)
            room -= len(text)
        else:
            left_out.append(title)
    text = "".join(part[3] for part in parts if part in kept)
    return f"{text}{_note(left_out)}" if parts else f"{nothing(changes)}\n"


def _note(left_out: Sequence[str]) -> str:
    if not left_out:
        return ""
    start = "Left out, as a comment has no room for it: "
    names = ", ".join(left_out)
    if len(names) > _NOTE // 2:
        names = f"{names[: _NOTE // 2].rpartition(', ')[0]} and more ({len(left_out)} in all)"
    return f"> {start}{names}. `constructs-lib diff` shows all of it.\n"


def _parts(change: PipelineChange) -> Iterator[tuple[int, str, str]]:
    """Yield the parts of a comment: how important it is (0 most), what it is, and its text."""
    yield 0, f"pipeline {change.name}", f"### {_escaped(headline(change))}\n\n"
    for title, found in entries(change):
        signed = (f"{sign} {text}".rstrip() for sign, text in map(_flush, found))
        head, foot = f"**{title}**\n", ""
        if title in _FOLDED:
            head, foot = f"<details><summary>{title}</summary>\n\n", "\n</details>\n"
        yield 1, f"{title} of {change.name}", f"{head}{_fenced(signed)}{foot}\n"
    if change.texts:
        yield 0, f"Source of {change.name}", "**Source**\n\n"
    for text in change.texts:
        title = text_title(text)
        yield 2, f"`{text.name}`", f"`{title}`\n{_fenced(text_lines(text))}\n"


def _fenced(lines: Iterator[str] | Sequence[str]) -> str:
    # Backticks in a line must not end the block.
    return "\n".join(("```diff", *(line.replace("```", "`\u200b``") for line in lines), "```", ""))


def _flush(entry: tuple[str, str]) -> tuple[str, str]:
    """Put the sign first in its line: only there it has a colour."""
    sign, text = entry
    return sign.strip() or " ", f"{' ' * (len(sign) - len(sign.lstrip()))}{text}"


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("_", "\\_")
