"""The Python that wheels are for: its version, and the machine that it runs on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# Ubuntu 20.04, Debian 11, Amazon Linux 2023 and newer have it: all images that AWS maintains.
GLIBC = (2, 28)
_MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
# Older names of the platform's tags, which wheels of older packages have.
# https://peps.python.org/pep-0600/#legacy-manylinux-tags
_LEGACY = ("manylinux2014", "manylinux2010", "manylinux1")


@dataclass(frozen=True)
class Target:
    """A CPython on Linux.

    Attributes:
        python: Major and minor version.
        architecture: Of the processor, as Docker calls it: ``x86_64`` or ``arm64``.
    """

    python: tuple[int, int]
    architecture: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"Python {self.version} on Linux {self.architecture}"

    @property
    def version(self) -> str:
        """The version, such as ``3.12``."""
        return ".".join(map(str, self.python))

    @property
    def tag(self) -> str:
        """What files for it are called, such as ``cp312-x86_64``."""
        return f"cp{self.python[0]}{self.python[1]}-{self.architecture}"

    @property
    def machine(self) -> str:
        """What Linux calls the processor."""
        return _MACHINES[self.architecture]

    @property
    def uv_platform(self) -> str:
        """What uv calls the platform."""
        return f"{self.machine}-manylinux_{GLIBC[0]}_{GLIBC[1]}"

    @property
    def platforms(self) -> list[str]:
        """Platform tags of the wheels that run on it, best first."""
        newest = [f"manylinux_{GLIBC[0]}_{minor}" for minor in range(GLIBC[1], 4, -1)]
        return [f"{name}_{self.machine}" for name in (*newest, *_LEGACY, "linux")]

    @property
    def environment(self) -> Mapping[str, str]:
        """Values of the environment markers of PEP 508."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.version}.0",
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.version}.0",
            "python_version": self.version,
            "sys_platform": "linux",
            "extra": "",
        }

    def rank(self, wheel: str) -> int | None:
        """Return how well a wheel fits, 0 for best; None if it cannot be installed.

        Args:
            wheel: File name.
        """
        from packaging.utils import InvalidWheelFilename, parse_wheel_filename

        try:
            tags = parse_wheel_filename(wheel)[3]
        except InvalidWheelFilename:
            return None
        ranks = _ranks(self)
        return min((ranks[tag] for tag in map(str, tags) if tag in ranks), default=None)


@cache
def _ranks(target: Target) -> Mapping[str, int]:
    from packaging.tags import compatible_tags, cpython_tags

    tags = [
        *cpython_tags(target.python, platforms=target.platforms),
        *compatible_tags(target.python, "cp{}{}".format(*target.python), target.platforms),
    ]
    return {str(tag): number for number, tag in enumerate(tags)}
