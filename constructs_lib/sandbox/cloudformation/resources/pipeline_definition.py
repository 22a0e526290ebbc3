"""Custom::SageMakerPipelineDefinition: a definition that is too long for a template.

In an account a function of the stack answers this; here it is answered without it.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from constructs_lib.sandbox.cloudformation.resources.base import Resource

_MARKER = re.compile(r"<<name (\d+)>>")


class PipelineDefinition(Resource):
    """An object with the names of a deployment in it."""

    type_name = "Custom::SageMakerPipelineDefinition"
    attributes = ("Name",)

    @classmethod
    def create(
        cls, name: str, properties: dict[str, Any], account: str, region: str
    ) -> dict[str, Any]:
        """Write it."""
        backend = s3_backends[account][get_partition(region)]
        source = backend.get_object(properties["SourceBucket"], properties["SourceKey"])
        names = [json.dumps(value, ensure_ascii=False)[1:-1] for value in properties["Values"]]
        text = _MARKER.sub(lambda found: names[int(found[1])], source.value.decode())
        file = f"{hashlib.sha256(text.encode()).hexdigest()}.json"
        backend.put_object(properties["Bucket"], f"{properties['Folder']}{file}", text.encode())
        return {"Name": file}

    @classmethod
    def change(cls, resource: Any, properties: dict[str, Any], account: str, region: str) -> None:
        """Write another one; the earlier one stays."""
        resource.values = cls.create(resource.name, properties, account, region)
