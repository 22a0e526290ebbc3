"""Physical names and job prefixes."""

from __future__ import annotations

import re

import pytest

from constructs_lib.cdk.names import job_prefix, physical_name, pipeline_job_prefix

JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Training/Tumour", "training-tumour"),
        ("Stage-Training/Sub/My_Pipeline", "stage-training-sub-my-pipeline"),
        ("A--B/c", "a-b-c"),
    ],
)
def test_pipeline_name_comes_from_the_path(path: str, name: str) -> None:
    """Lower case, words joined by single dashes."""
    assert physical_name(path) == name


def test_long_names_keep_a_hash() -> None:
    """A cut name still tells its pipeline from another with the same beginning."""
    first, second = physical_name("a" * 100 + "1"), physical_name("a" * 100 + "2")
    assert len(first) == len(second) == 80
    assert first != second


@pytest.mark.parametrize(
    ("pipeline", "step"),
    [
        ("training-tumour", "train"),
        ("a-very-long-pipeline-name-indeed", "a_very_long_step_name_that_goes_on_and_on"),
        ("p", "x" * 64),
        ("p", "___"),
        ("MixedCase", "Train_Deep"),
    ],
)
def test_job_prefix_fits_and_is_the_pipelines(pipeline: str, step: str) -> None:
    """At most 38 legal characters, beginning with what the pipeline's role may run."""
    prefix = job_prefix(pipeline, step)
    assert len(prefix) <= 38
    assert JOB_NAME.fullmatch(prefix)
    assert prefix.startswith(f"{pipeline_job_prefix(pipeline)}-")
    assert prefix == prefix.lower()


def test_long_steps_of_one_pipeline_differ() -> None:
    """Two long names with the same beginning have different prefixes."""
    assert job_prefix("p", "x" * 60 + "1") != job_prefix("p", "x" * 60 + "2")
