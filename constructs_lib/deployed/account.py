"""The AWS account that boto3's configuration leads to, and what can go wrong on the way there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from constructs_lib.exceptions import RemoteError

_SANDBOX = 'for the sandbox: eval "$(constructs-lib sandbox env)"'
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


class Account:
    """An account and a Region.

    Args:
        profile: Of the AWS configuration. Default: as boto3 finds it.
        region: Default: AWS_REGION, else as boto3 finds it.
        session: The ``boto3.Session`` to use, instead of the others.
    """

    def __init__(
        self, profile: str | None = None, region: str | None = None, session: Any = None
    ) -> None:
        self._profile = profile
        # boto3 alone does not read the variable that the CDK and the AWS CLI read.
        self._region = region or os.environ.get("AWS_REGION") or None
        self._session = session
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the client of a service; each is made once."""
        # Commands that need no account must not wait for boto3.
        import boto3
        from botocore.config import Config

        if self._session is None:
            self._session = boto3.Session(profile_name=self._profile, region_name=self._region)
        if service not in self._clients:
            config = Config(retries={"mode": "standard", "max_attempts": 5})
            self._clients[service] = self._session.client(service, config=config)
        return self._clients[service]


@contextmanager
def explained() -> Iterator[None]:
    """Turn what boto3 raises into a message that says what to do.

    Raises:
        RemoteError: boto3 has raised an error.
    """
    from botocore import exceptions as aws

    try:
        yield
    except aws.ClientError as error:
        raise RemoteError(_refusal(error)) from error
    except aws.NoRegionError as error:
        raise RemoteError(
            f"no AWS Region is set: give --region or AWS_REGION; {_SANDBOX}"
        ) from error
    except (aws.NoCredentialsError, aws.PartialCredentialsError) as error:
        raise RemoteError(
            f"no AWS credentials are found: sign in, or give --profile; {_SANDBOX}"
        ) from error
    except aws.ConnectionError as error:
        raise RemoteError(f"{error}; is the sandbox up? constructs-lib sandbox status") from error
    except aws.BotoCoreError as error:
        raise RemoteError(str(error)) from error


def error_code(error: Exception) -> str:
    """Return the code of an error that a service has answered, or an empty text."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _refusal(error: Any) -> str:
    code, message = error_code(error), error.response.get("Error", {}).get("Message", "")
    text = f"{error.operation_name} was refused: {message or code}"
    if code in _DENIED:
        return f"{text} (grant this action to whom you are signed in as)"
    if code.startswith("ExpiredToken"):
        return f"{text} (sign in again)"
    return text
