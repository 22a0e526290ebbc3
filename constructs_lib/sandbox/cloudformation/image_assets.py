"""The images that the CDK builds for a deployment: nothing here starts one, so none is built."""

from __future__ import annotations

import json
from typing import Any

from moto.ecr.exceptions import ImageNotFoundException
from moto.ecr.models import ECRBackend

# What the CDK calls the repository that `cdk bootstrap` makes for them.
_REPOSITORY = "-container-assets-"

_MEDIA_TYPE = "application/vnd.docker.distribution.manifest.v2+json"

_describe = ECRBackend.describe_images


def _describe_images(
    self: Any,
    repository_name: str,
    registry_id: str | None = None,
    image_ids: list[dict[str, str]] | None = None,
) -> Any:
    for wanted in image_ids or [] if _REPOSITORY in repository_name else []:
        try:
            _describe(self, repository_name, registry_id, [wanted])
        except ImageNotFoundException:
            manifest = json.dumps({"mediaType": _MEDIA_TYPE, "layers": [], **wanted})
            self.put_image(repository_name, manifest, wanted["imageTag"])
    return _describe(self, repository_name, registry_id, image_ids)


def apply() -> None:
    """Have each image that the CDK looks for: it builds and publishes those that are not there."""
    ECRBackend.describe_images = _describe_images
