"""The hosts of a job with several instances."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple


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
    """
    path = os.path.join(base, "input", "config", "resourceconfig.json")
    if not os.path.exists(path):
        return Hosts(0, ["localhost"], "lo")
    with open(path, encoding="utf-8") as file:
        config: dict[str, Any] = json.load(file)
    names = sorted(config["hosts"])
    interface = config.get("network_interface_name", "eth0")
    return Hosts(names.index(config["current_host"]), names, interface)
