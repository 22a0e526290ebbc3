"""Whether code, image and instances fit together, by the image's URI."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.checks.compatibility import compatibility_findings
from constructs_lib.review.bundles import Bundle
from tests.functional.local.assemblies import job
from tests.unit.checks.subjects import subject_of

AWS = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-py312-cpu-py3"
OWN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/trainer"
TORCH = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training"


def step(image: str, instance: str) -> dict[str, Any]:
    resources = {"InstanceType": instance, "InstanceCount": 1}
    return job("fit", AlgorithmSpecification={"TrainingImage": image}, ResourceConfig=resources)


@pytest.mark.parametrize(
    ("image", "instance", "expected"),
    [
        (AWS, "ml.m5.large", []),
        (AWS, "ml.c7g.large", [("error", "architecture")]),
        (AWS, "ml.g5.xlarge", [("warning", "gpu")]),
        (f"{TORCH}:2.8.0-gpu-py312", "ml.m5.large", [("warning", "gpu")]),
        (f"{TORCH}-arm64:2.7.0-gpu-py312", "ml.m5.large", [("error", "architecture")]),
        (f"{TORCH}-arm64:2.7.0-gpu-py312", "ml.g5g.xlarge", []),
        (f"{OWN}:3", "ml.c7g.large", []),
        (f"{OWN}:3", "ml.g5.xlarge", []),
        ("registry.example.com/trainer:gpu", "ml.m5.large", []),
    ],
)
def test_image_and_instances(
    tmp_path: Path, image: str, instance: str, expected: list[tuple[str, str]]
) -> None:
    """Of an image whose name says nothing, nothing is said."""
    found = compatibility_findings(subject_of(tmp_path, [step(image, instance)]))
    assert [(one.level, one.rule) for one in found] == expected


@pytest.mark.parametrize(("exact", "expected"), [(None, []), ([3, 12], []), ([3, 11], ["python"])])
def test_python_of_code_and_image(tmp_path: Path, exact: Any, expected: list[str]) -> None:
    """Code that is pickled by value runs on one version."""
    python = {"minimum": [3, 9]} if exact is None else {"exact": exact}
    subject = subject_of(tmp_path, [step(AWS, "ml.m5.large")])
    subject = replace(subject, bundles={"fit": Bundle("", {"python": python}, {})})
    assert [one.rule for one in compatibility_findings(subject)] == expected
