"""What the names of instance types say about the instances.

https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
"""

from __future__ import annotations

import re
from typing import Literal

# A "g" behind the generation is Graviton, as in ml.c7g and ml.r6gd; "gb" is Grace, as in
# ml.p6e-gb200.
_ARM = re.compile(r"ml\.(?:[a-z]+\d+g[a-z]*\.|[a-z0-9]+-gb\d)")
# A "d" behind the generation, as in ml.g4dn and ml.m6id; these families have disks without it.
_DISK = re.compile(r"ml\.(?:[a-z]+\d+[a-z]*d[a-z]*|(?:g5|g6|gr6|p5|p6|trn1|trn2|i\d)[a-z]*)[.-]")
_GPU = re.compile(r"ml\.(?:p|g|gr)\d")


def architecture_of(instance_type: str) -> Literal["x86_64", "arm64"]:
    """Return the architecture of an instance type's processors."""
    return "arm64" if _ARM.match(instance_type) else "x86_64"


def has_gpu(instance_type: str) -> bool:
    """Tell whether instances of a type have GPUs."""
    return _GPU.match(instance_type) is not None


def has_local_storage(instance_type: str) -> bool:
    """Tell whether instances of a type have disks of their own.

    The hardware encrypts them, and the service refuses a key for them.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html
    """
    return _DISK.match(instance_type) is not None
