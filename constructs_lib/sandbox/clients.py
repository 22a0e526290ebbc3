"""boto3 clients of the sandbox itself, whatever the user's configuration says."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config

from constructs_lib.sandbox.environment import environment

_CONFIG = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})


class Clients:
    """Makes each client once, for a Region.

    Args:
        port: Of the sandbox.
        region: Of the clients.
    """

    def __init__(self, port: int, region: str) -> None:
        self.environment = {
            **environment(port),
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
        }
        self._region = region
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def get(self, service: str) -> Any:
        """Return the client of a service; clients may be used by several threads."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        variables = self.environment
        session: Any = boto3.Session(
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
            region_name=self._region,
        )
        return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"], config=_CONFIG)
