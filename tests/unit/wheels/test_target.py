"""Which wheels run on a Python."""

from __future__ import annotations

import pytest

from constructs_lib.wheels.target import Target
from constructs_lib.wheels.wheel_set import choose_wheel

INTEL = Target((3, 12), "x86_64")
ARM = Target((3, 9), "arm64")


@pytest.mark.parametrize(
    ("wheel", "target", "fits"),
    [
        ("a-1-py3-none-any.whl", INTEL, True),
        ("a-1-py2.py3-none-any.whl", ARM, True),
        ("a-1-cp312-cp312-manylinux_2_28_x86_64.whl", INTEL, True),
        ("a-1-cp312-cp312-manylinux2014_x86_64.whl", INTEL, True),
        ("a-1-cp39-abi3-manylinux_2_17_x86_64.whl", INTEL, True),
        ("a-1-cp39-cp39-manylinux_2_17_aarch64.whl", ARM, True),
        ("a-1-cp313-cp313-manylinux_2_28_x86_64.whl", INTEL, False),
        ("a-1-cp312-cp312-manylinux_2_34_x86_64.whl", INTEL, False),
        ("a-1-cp312-cp312-manylinux_2_28_aarch64.whl", INTEL, False),
        ("a-1-cp312-cp312-musllinux_1_2_x86_64.whl", INTEL, False),
        ("a-1-cp312-cp312-macosx_11_0_arm64.whl", INTEL, False),
        ("a-1-cp312-cp312t-manylinux_2_28_x86_64.whl", INTEL, False),
        ("a-1.tar.gz", INTEL, False),
    ],
)
def test_wheel_fits_version_processor_and_c_library(wheel: str, target: Target, fits: bool) -> None:
    assert (target.rank(wheel) is not None) == fits


def test_the_most_specific_wheel_is_chosen() -> None:
    files = {
        "a-1-py3-none-any.whl": "0",
        "a-1-cp312-cp312-manylinux_2_17_x86_64.whl": "1",
        "a-1-cp312-cp312-manylinux_2_28_x86_64.whl": "2",
        "a-1.tar.gz": "3",
    }
    assert choose_wheel(files, INTEL) == ("a-1-cp312-cp312-manylinux_2_28_x86_64.whl", "2")
    assert choose_wheel(files, ARM) == ("a-1-py3-none-any.whl", "0")
    assert choose_wheel({"a-1.tar.gz": "3"}, ARM) is None


def test_target_says_what_it_is() -> None:
    assert str(ARM) == "Python 3.9 on Linux arm64"
    assert (ARM.tag, ARM.uv_platform) == ("cp39-arm64", "aarch64-manylinux_2_28")
