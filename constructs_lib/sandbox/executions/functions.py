"""Lambda functions of the sandbox, to be called without Docker."""

from __future__ import annotations

from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends

from constructs_lib.local.functions import LambdaFunction
from constructs_lib.sandbox.state import LOCK


def deployed_function(arn: str) -> LambdaFunction | None:
    """Return a function in Python by its ARN, or None if there is none with its code."""
    region, account = arn.split(":")[3:5]
    with LOCK:
        try:
            found: Any = lambda_backends[account][region].get_function(arn)
        except UnknownFunctionException:
            return None
    code = getattr(found, "code_bytes", b"")
    if not code or not str(found.run_time).startswith("python"):
        return None
    return LambdaFunction(
        name=found.function_name,
        arn=arn,
        handler=found.handler,
        code=code,
        environment=found.environment_vars,
        timeout=float(found.timeout),
        memory=int(found.memory_size),
    )
