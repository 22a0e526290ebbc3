"""The table of the images that AWS builds, against what others say of them."""

from __future__ import annotations

import re

import botocore.session
import pytest
from aws_cdk.region_info import Fact, FactName

from constructs_lib.service.images import find_image, known_versions

FAMILIES = (
    *("scikit_learn", "xgboost", "pytorch", "tensorflow"),
    *("sagemaker_distribution", "base_python"),
)


@pytest.mark.parametrize("family", FAMILIES)
def test_regions_are_those_of_the_service(family: str) -> None:
    """Each is a Region of one of botocore's partitions, each account a number of 12 digits."""
    session = botocore.session.get_session()
    for version in known_versions(family):
        accounts = find_image(family, version).accounts
        for region, account in accounts.items():
            assert session.get_partition_for_region(region)
            assert re.fullmatch(r"\d{12}", account)
        assert "us-east-1" in accounts


def test_accounts_are_those_that_the_cdk_knows() -> None:
    """Its region info has the accounts of the deep learning containers."""
    accounts = find_image("pytorch", "2.10.0").accounts
    known = {region: Fact.find(region, FactName.DLC_REPOSITORY_ACCOUNT) for region in accounts}
    compared = {region: account for region, account in known.items() if account}
    assert len(compared) > 20
    assert compared == {region: accounts[region] for region in compared}


@pytest.mark.parametrize(
    ("family", "version", "gpu", "name", "python"),
    [
        ("scikit_learn", "1.4-2", False, "sagemaker-scikit-learn:1.4-2-cpu-py3", (3, 10)),
        ("xgboost", "3.0-5", False, "sagemaker-xgboost:3.0-5", (3, 10)),
        ("pytorch", "2.5.1", False, "pytorch-training:2.5.1-cpu-py311", (3, 11)),
        ("pytorch", "2.10.0", True, "pytorch-training:2.10.0-gpu-py313", (3, 13)),
        ("tensorflow", "2.19.0", False, "tensorflow-training:2.19.0-cpu-py312", (3, 12)),
        ("sagemaker_distribution", "2.0", True, "sagemaker-distribution-prod:2.0-gpu", (3, 11)),
        ("base_python", "3.10", False, "sagemaker-base-python-310:1.0", (3, 10)),
    ],
)
def test_version_has_a_tag_and_a_python(
    family: str, version: str, gpu: bool, name: str, python: tuple[int, int]
) -> None:
    """As AWS tags it."""
    image = find_image(family, version, gpu=gpu)
    assert (f"{image.repository}:{image.tag}", image.python) == (name, python)


def test_version_without_its_last_part_is_the_newest_of_them() -> None:
    """2.0 of PyTorch is 2.0.1, not 2.0.0; a major version alone says too little."""
    assert find_image("pytorch", "2.0") == find_image("pytorch", "2.0.1")
    assert find_image("sagemaker_distribution", "2.1").tag == "2.1-cpu"
    assert find_image("pytorch", "2") is None
    assert find_image("pytorch", "2.99") is None


def test_every_python_is_one_that_steps_run_on() -> None:
    """Older images are not in the table."""
    pythons = {text for family in FAMILIES for text in known_versions(family).values()}
    assert pythons == {"3.9", "3.10", "3.11", "3.12", "3.13"}


def test_image_may_lack_regions_that_its_repository_has() -> None:
    """A later version is in more Regions."""
    assert "eusc-de-east-1" not in find_image("pytorch", "2.5.1").accounts
    assert "eusc-de-east-1" in find_image("pytorch", "2.10.0").accounts
