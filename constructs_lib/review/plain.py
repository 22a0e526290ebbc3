"""A change for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from constructs_lib.review.changes import PipelineChange
from constructs_lib.review.wording import entries, headline, nothing, text_lines, text_title

_STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold red", "@": "magenta"}


def write_plain(changes: Sequence[PipelineChange], stream: TextIO) -> None:
    """Write changes, with colours on a terminal."""
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for change in changes:
        console.print(Text(headline(change), style="bold"))
        for title, found in entries(change):
            console.print(Text(f"\n{title}", style="underline"))
            for sign, text in found:
                console.print(
                    Text(f"  {sign} {text}".rstrip(), style=_STYLES.get(sign.strip(), ""))
                )
        if change.texts:
            console.print(Text("\nSource", style="underline"))
        for text_change in change.texts:
            console.print(Text(f"  {text_title(text_change)}", style="bold"))
            for line in text_lines(text_change):
                console.print(_line(line))
        console.print()
    if not changes:
        console.print(nothing(changes))


def _line(line: str) -> Text:
    """Return a line of a diff: changed ones in one colour, the others as Python."""
    sign = line[:1]
    if sign in _STYLES:
        return Text(f"    {line}", style=_STYLES[sign])
    code = Syntax("", "python", theme="ansi_dark", background_color="default").highlight(line[1:])
    code.rstrip()
    return Text("     ") + code
