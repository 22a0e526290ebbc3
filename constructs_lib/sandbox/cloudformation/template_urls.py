"""Templates in the bootstrap bucket of this endpoint."""

from __future__ import annotations

from urllib.parse import urlparse

from moto.cloudformation import models, responses, utils
from moto.s3.models import s3_backends


def read_template(url: str, account_id: str, partition: str) -> str:
    """Return the template at a URL, whatever endpoint it names.

    moto tells bucket from host by ``localhost`` and ``amazonaws.com`` alone; the CDK sends the
    sandbox's own address, path-style.
    """
    address = urlparse(url)
    host = address.hostname or ""
    path = address.path.lstrip("/")
    if host == "localhost" or host.startswith(("127.", "s3")):
        bucket, _, key = path.partition("/")
    else:
        bucket, key = host.partition(".")[0], path
    content: bytes = s3_backends[account_id][partition].get_object(bucket, key).value
    return content.decode()


def apply() -> None:
    """Change every place that moto imported the function to."""
    for module in (utils, models, responses):
        module.get_stack_from_s3_url = read_template
