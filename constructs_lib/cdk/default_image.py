"""The AWS-built image that a step gets without asking."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib.resources import files

from aws_cdk import Aws, CfnMapping, Stack, Token

from constructs_lib.exceptions import Fault


@dataclass(frozen=True)
class DefaultImage:
    """An AWS-built image of known Python version.

    Attributes:
        repository: Name of the ECR repository.
        tag: Tag in it.
    """

    repository: str
    tag: str

    def account(self, stack: Stack) -> str:
        """Return the account that owns the image in the stack's Region; a token if need be."""
        accounts = _accounts()[self.repository]
        if not Token.is_unresolved(stack.region):
            return accounts[stack.region]
        # Letters and digits only, as logical IDs want.
        identifier = f"Accounts{''.join(filter(str.isalnum, self.repository.title()))}"
        mapping = stack.node.try_find_child(identifier) or CfnMapping(
            stack,
            identifier,
            mapping={region: {"account": account} for region, account in accounts.items()},
            lazy=True,  # written only if it is looked up
        )
        assert isinstance(mapping, CfnMapping)
        return mapping.find_in_map(Aws.REGION, "account")

    def uri(self, stack: Stack) -> str:
        """Return the image's URI in the stack's Region."""
        host = f"{self.account(stack)}.dkr.ecr.{stack.region}.{stack.url_suffix}"
        return f"{host}/{self.repository}:{self.tag}"


# https://docs.aws.amazon.com/sagemaker/latest/dg/pre-built-docker-containers-scikit-learn-spark.html
# Source runs on any Python from 3.9 on; what is pickled by value needs its own version.
_SCIKIT_LEARN = "sagemaker-scikit-learn"
DEFAULT_PYTHON = (3, 12)
_IMAGES = {
    (3, 9): DefaultImage(_SCIKIT_LEARN, "1.2-1-cpu-py3"),
    (3, 10): DefaultImage(_SCIKIT_LEARN, "1.4-2-cpu-py3"),
    (3, 11): DefaultImage("pytorch-training", "2.5.1-cpu-py311-ubuntu22.04-sagemaker"),
    DEFAULT_PYTHON: DefaultImage(_SCIKIT_LEARN, "1.4-2-py312-cpu-py3"),
}


def default_image(exact_python: tuple[int, int] | None) -> DefaultImage | None:
    """Return the image for a bundle, or None if no AWS-built one has its Python.

    Args:
        exact_python: The version that the bundle needs; None if any from 3.9 on.
    """
    return _IMAGES.get(exact_python or DEFAULT_PYTHON)


def image_fault(
    image: DefaultImage | None,
    stack: Stack,
    *,
    step: str,
    exact_python: tuple[int, int] | None,
    location: str | None,
) -> Fault | None:
    """Return why a step cannot have a default image, or None if it can."""
    if image is None and exact_python is not None:
        return Fault(
            what=f"step {step!r} has no default image",
            found=f"a bundle for Python {exact_python[0]}.{exact_python[1]} only, because the "
            "function or an argument is pickled by value",
            allowed="Python " + ", ".join(f"{major}.{minor}" for major, minor in _IMAGES),
            mend="Pass image_uri=, or define the function at the top level of a module.",
            location=location,
        )
    if image is not None and not Token.is_unresolved(stack.region):
        regions = _accounts()[image.repository]
        if stack.region not in regions:
            return Fault(
                what=f"step {step!r} has no default image in this Region",
                found=stack.region,
                allowed=", ".join(regions),
                mend="Pass image_uri= with an image of the Region.",
                location=location,
            )
    return None


@functools.cache
def _accounts() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = json.loads(
        files("constructs_lib.cdk").joinpath("image_accounts.json").read_text(encoding="utf-8")
    )
    return table
