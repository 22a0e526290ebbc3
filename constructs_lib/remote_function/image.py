"""The URI of an image that needs no deployment to have one."""

from __future__ import annotations

from constructs_lib.exceptions import RemoteError
from constructs_lib.model.images import Image, UriSource
from constructs_lib.model.values import is_json
from constructs_lib.service.images import AwsImage


def is_known(image: Image) -> bool:
    """Tell whether an image has a URI before anything is deployed or runs."""
    source = image.source
    return isinstance(source, AwsImage) or (isinstance(source, UriSource) and is_json(source.uri))


def uri_in(image: Image, region: str) -> str:
    """Return the URI of such an image.

    Args:
        image: The image.
        region: Where the job runs.

    Raises:
        RemoteError: AWS does not offer it there.
    """
    source = image.source
    if isinstance(source, UriSource):
        return str(source.uri)
    assert isinstance(source, AwsImage), "other images are known when they are deployed"
    account = source.accounts.get(region)
    if account is None:
        raise RemoteError(
            f"AWS does not offer {source.repository}:{source.tag} in {region}, but in "
            f"{', '.join(source.accounts)}; give image_uri= with an image of the Region"
        )
    return f"{account}.dkr.ecr.{region}.{_suffix(region)}/{source.repository}:{source.tag}"


def _suffix(region: str) -> str:
    """Return the domain of the Region's partition."""
    import botocore.session

    session = botocore.session.get_session()
    name = session.get_partition_for_region(region)
    partitions = session.get_component("data_loader").load_data("partitions")["partitions"]
    (suffix,) = (entry["outputs"]["dnsSuffix"] for entry in partitions if entry["id"] == name)
    return str(suffix)
