"""The sample app's template is the recorded one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from aws_cdk import App

GOLDEN = Path(__file__).parent / "golden" / "sample_app.template.json"


def test_template_is_the_recorded_one() -> None:
    """Every resource and every line of the definition, with the hashes of the code blanked.

    Record it again with UPDATE_SNAPSHOTS=1, and review the difference like code.
    """
    from sample_app.stack import TrainingStack

    app = App(analytics_reporting=False)
    TrainingStack(app, "Training")
    template = app.synth().get_stack_by_name("Training").template
    text = re.sub(r"[0-9a-f]{64}", "<sha256>", json.dumps(template, indent=1, ensure_ascii=False))
    if os.environ.get("UPDATE_SNAPSHOTS"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == GOLDEN.read_text(encoding="utf-8")
