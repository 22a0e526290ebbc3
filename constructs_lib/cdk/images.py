"""Images where they are deployed: the default ones, URIs, and who may pull them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, CfnMapping, Stack, Stage, Token
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from constructs_lib.exceptions import Fault
from constructs_lib.model.image_rules import given_image
from constructs_lib.model.images import (
    FolderSource,
    Image,
    RepositorySource,
    UriSource,
    version_text,
)
from constructs_lib.model.settings import StepDefaults
from constructs_lib.model.variables import PipelineVariable
from constructs_lib.service.images import AwsImage, find_image

# Source runs on any Python from 3.9 on; what is pickled by value needs its own version.
_DEFAULT_PYTHON = (3, 12)
_DEFAULTS = {
    (3, 9): ("scikit_learn", "1.2-1"),
    (3, 10): ("scikit_learn", "1.4-2"),
    (3, 11): ("pytorch", "2.5.1"),
    _DEFAULT_PYTHON: ("scikit_learn", "1.4-2-py312"),
    (3, 13): ("pytorch", "2.10.0"),
}


@dataclass(frozen=True)
class DeployedImage:
    """An image in the Region of a stack.

    Attributes:
        uri: Its URI, which may hold tokens.
        repository: Where it is pulled from; None if only the URI is known.
    """

    uri: str | PipelineVariable
    repository: ecr.IRepository | None = None


def default_image(exact_python: tuple[int, int] | None) -> Image | None:
    """Return the image for a bundle, or None if no AWS-built one has its Python.

    Args:
        exact_python: The version that the bundle needs; None if any from 3.9 on.
    """
    family, version = _DEFAULTS.get(exact_python or _DEFAULT_PYTHON, (None, None))
    found = find_image(family, version) if family and version else None
    return None if found is None else Image(found, found.python)


def effective_image(
    settings: StepDefaults, exact_python: tuple[int, int] | None = None
) -> Image | None:
    """Return the image that a function step runs in: the one it names, else the default one.

    Args:
        settings: The step's.
        exact_python: The version that its bundle needs; None if any from 3.9 on.

    Returns:
        None if no default image has that version.
    """
    return given_image(settings) or default_image(exact_python)


def deploy_image(scope: Construct, image: Image) -> DeployedImage:
    """Return where a stack finds an image; one that is a folder becomes an asset.

    Args:
        scope: The step.
        image: Its image.
    """
    source = image.source
    if isinstance(source, UriSource):
        return DeployedImage(source.uri)
    if isinstance(source, AwsImage):
        return DeployedImage(_uri(source, Stack.of(scope)))
    if isinstance(source, FolderSource):
        asset = ecr_assets.DockerImageAsset(
            scope,
            "Image",
            directory=source.directory,
            file=source.file,
            build_args=dict(source.build_args) or None,
            exclude=_assembly_in(source.directory, scope),
            platform=(
                ecr_assets.Platform.LINUX_ARM64
                if image.architecture == "arm64"
                else ecr_assets.Platform.LINUX_AMD64
            ),
        )
        return DeployedImage(asset.image_uri, asset.repository)
    repository = _repository(scope, source)
    return DeployedImage(repository.repository_uri_for_tag_or_digest(source.tag), repository)


def no_image_fault(step: str, exact_python: tuple[int, int], location: str | None) -> Fault:
    """Return why there is no default image for a step's bundle."""
    return Fault(
        what=f"step {step!r} has no default image",
        found=f"a bundle for Python {version_text(exact_python)} only, because the function or an "
        "argument is pickled by value",
        allowed="Python " + ", ".join(map(version_text, _DEFAULTS)),
        mend="Pass image_uri=, or define the function at the top level of a module.",
        location=location,
    )


def region_faults(
    image: Image, stack: Stack, *, step: str, location: str | None
) -> Iterator[Fault]:
    """Yield why a step's image is not where its stack is."""
    if not isinstance(image.source, AwsImage) or _is_open(stack):
        return
    accounts = image.source.accounts
    if stack.region not in accounts:
        yield Fault(
            what=f"step {step!r} has an image that AWS does not offer in this Region",
            found=f"{image.source.repository}:{image.source.tag} in {stack.region}",
            allowed=", ".join(accounts),
            mend="Pass image_uri= with an image of the Region.",
            location=location,
        )


def _uri(image: AwsImage, stack: Stack) -> str:
    host = f"{_account(image, stack)}.dkr.ecr.{stack.region}.{stack.url_suffix}"
    return f"{host}/{image.repository}:{image.tag}"


def _account(image: AwsImage, stack: Stack) -> str:
    """Return the account that owns an image in the stack's Region; a token if need be."""
    if not _is_open(stack):
        return image.accounts[stack.region]
    # Images of one repository share a mapping, unless some Regions have not all of them.
    name = f"{image.repository} {image.tag if image.lacks else ''}"
    # Letters and digits only, as logical IDs want.
    identifier = f"Accounts{''.join(filter(str.isalnum, name.title()))}"
    mapping = stack.node.try_find_child(identifier) or CfnMapping(
        stack,
        identifier,
        mapping={region: {"account": account} for region, account in image.accounts.items()},
        lazy=True,  # written only if it is looked up
    )
    assert isinstance(mapping, CfnMapping)
    return mapping.find_in_map(Aws.REGION, "account")


def _assembly_in(directory: str, scope: Construct) -> list[str]:
    """Return what of the folder is the cloud assembly, which would be copied into itself."""
    stage = Stage.of(scope)
    assert stage is not None, "a step is always inside a stage"
    assembly = Path(stage.asset_outdir).resolve()
    return [str(assembly.relative_to(directory))] if assembly.is_relative_to(directory) else []


def _repository(scope: Construct, source: RepositorySource) -> ecr.IRepository:
    if isinstance(source.repository, str):
        return ecr.Repository.from_repository_name(scope, "ImageRepository", source.repository)
    repository: ecr.IRepository = source.repository
    return repository


def _is_open(stack: Stack) -> bool:
    return bool(Token.is_unresolved(stack.region))
