"""A comment on a pull request."""

from __future__ import annotations

from constructs_lib.review.changes import CHANGED, PipelineChange, Setting, StepChange, TextChange
from constructs_lib.review.markdown import as_markdown

STEP = StepChange("fit", CHANGED, "Training", settings=(Setting("instance_type", "a", "b"),))


def source(name: str, size: int) -> TextChange:
    return TextChange(name, (), tuple("x" * 99 for _ in range(size // 100)), ("fit",))


def test_sign_is_first_in_its_line() -> None:
    """Only there it has a colour."""
    lines = as_markdown([PipelineChange("p", CHANGED, steps=(STEP,))]).splitlines()
    assert lines[2:7] == ["**Steps**", "```diff", "~ fit", "~   instance_type: a → b", "```"]


def test_source_is_left_out_first_and_said() -> None:
    """What is short still fits; other pipelines keep their steps."""
    texts = (source("m.long", 80_000), source("m.short", 1_000))
    changes = [PipelineChange(name, CHANGED, steps=(STEP,), texts=texts) for name in ("p", "q")]
    found = as_markdown(changes)
    assert len(found) <= 60_000
    assert found.count("instance_type: a → b") == 2
    assert "`m.short (in fit)`" in found
    assert found.splitlines()[-1] == (
        "> Left out, as a comment has no room for it: `m.long`, `m.long`. "
        "`constructs-lib diff` shows all of it."
    )
    assert found.count("```") % 2 == 0


def test_list_of_what_is_left_out_is_bounded() -> None:
    """However much it is."""
    texts = tuple(source(f"module.function_{n}", 70_000) for n in range(500))
    found = as_markdown([PipelineChange("p", CHANGED, steps=(STEP,), texts=texts)])
    assert len(found) < 2_000
    assert "and more (500 in all)" in found


def test_source_cannot_end_its_block() -> None:
    """A docstring may have Markdown in it."""
    text = TextChange("m.f", (), ("```", "@somebody"))
    found = as_markdown([PipelineChange("p", CHANGED, texts=(text,))])
    assert found.count("\n```") == 2


def test_nothing_is_said() -> None:
    """A comment that was made before is corrected with it."""
    assert as_markdown([]) == "There were no differences\n"


def test_steps_of_the_last_pipeline_go_before_source_of_the_first() -> None:
    """Whatever the order in which they are written."""
    texts = (source("m.long", 57_000),)
    changes = [PipelineChange("p", CHANGED, steps=(STEP,), texts=texts)]
    changes.append(PipelineChange("q", CHANGED, steps=(STEP,) * 40))
    found = as_markdown(changes)
    assert found.count("instance_type: a → b") == 41
    assert "`m.long`" in found.splitlines()[-1]
