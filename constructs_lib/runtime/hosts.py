"""The hosts of a job with several instances."""

from __future__ import annotations

import json
import os
import re
from typing import Any, NamedTuple

from .failure import StepFailure

_LARGEST_FILE = 1 << 24
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Hosts(NamedTuple):
    """What a host knows of all.

    Attributes:
        number: Of this host, from 0 on.
        names: Of all hosts, in the same order on each.
        interface: The network interface between them.
    """

    number: int
    names: list[str]
    interface: str


def read_hosts(base: str) -> Hosts:
    """Return the hosts of this job.

    Args:
        base: The folder that stands for ``/opt/ml``.

    Raises:
        StepFailure: What the platform says of them cannot be used.
    """
    path = os.path.join(base, "input", "config", "resourceconfig.json")
    if not os.path.exists(path):
        return Hosts(0, ["localhost"], "lo")
    try:
        with open(path, encoding="utf-8") as file:
            config: dict[str, Any] = json.loads(file.read(_LARGEST_FILE))
        names = sorted(config["hosts"])
        interface = config.get("network_interface_name", "eth0")
        hosts = Hosts(names.index(config["current_host"]), names, interface)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise StepFailure(f"resourceconfig.json cannot be read: {error!r}") from None
    for name in (*names, interface):
        # They become arguments of launchers, where a dash or a comma has a meaning.
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise StepFailure(f"resourceconfig.json names a host or interface {name!r}")
    return hosts
