"""What the adapters of both versions of the SageMaker SDK share.

The SDK uploads while it makes a definition, and asks AWS for identities. Here uploads end nowhere
and every request is refused, so that a definition that needed one is an error rather than a
difference.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import warnings
from collections.abc import Iterable
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest import mock

REGION = "us-east-1"
BUCKET = "bucket"
NAMES = {
    "conditions": [
        *("ConditionEquals", "ConditionGreaterThan", "ConditionGreaterThanOrEqualTo"),
        *("ConditionIn", "ConditionLessThan", "ConditionLessThanOrEqualTo", "ConditionNot"),
        "ConditionOr",
    ],
    "execution_variables": ["ExecutionVariables"],
    "functions": ["Join", "JsonGet"],
    "parameters": ["ParameterBoolean", "ParameterFloat", "ParameterInteger", "ParameterString"],
    "step_outputs": ["get_step"],
    "callback_step": ["CallbackOutput", "CallbackOutputTypeEnum", "CallbackStep"],
    "condition_step": ["ConditionStep"],
    "emr_step": ["EMRStep", "EMRStepConfig"],
    "fail_step": ["FailStep"],
    "function_step": ["step"],
    "lambda_step": ["LambdaOutput", "LambdaOutputTypeEnum", "LambdaStep"],
    "notebook_job_step": ["NotebookJobStep"],
    "retry": [
        *("SageMakerJobExceptionTypeEnum", "SageMakerJobStepRetryPolicy"),
        *("StepExceptionTypeEnum", "StepRetryPolicy"),
    ],
    "steps": ["CacheConfig"],
}


# Modules that only 3.x has: a pipeline that uses their names is refused by 2.x.
_NEWER = {
    "for_each_step": ["CurrentItem", "ForEachSelector", "ForEachStep", "IterationOutput"],
}


def prepare() -> None:
    """Set what the SDK reads when it is imported."""
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        SAGEMAKER_ADMIN_CONFIG_OVERRIDE=os.devnull,
        SAGEMAKER_USER_CONFIG_OVERRIDE=os.devnull,
    )
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "SAGEMAKER_INTERNAL_IMAGE_URI"):
        os.environ.pop(name, None)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)


def names(packages: Iterable[str], **more: Any) -> SimpleNamespace:
    """Return the common names.

    Args:
        packages: Where the SDK's modules are; the first that has one wins.
        **more: Factories for what this library makes differently.
    """
    found = dict(more)
    for module, members in NAMES.items():
        content = first(packages, module)
        found.update({member: getattr(content, member) for member in members})
    for module, members in _NEWER.items():
        with contextlib.suppress(ModuleNotFoundError):
            content = first(packages, module)
            found.update({member: getattr(content, member) for member in members})
    return SimpleNamespace(**found)


def print_definitions(
    sdk: SimpleNamespace, pipeline_class: Any, session: Any, uploader: Any
) -> None:
    """Print the definition of each pipeline, or what was raised instead.

    Args:
        sdk: The common names.
        pipeline_class: ``Pipeline``.
        session: A ``PipelineSession`` that is given to it.
        uploader: ``S3Uploader``.
    """
    from pipelines import PIPELINES

    made: dict[str, Any] = {}
    with _no_uploads(uploader), mock.patch("botocore.httpsession.URLLib3Session.send", _refuse):
        for name, pipeline in PIPELINES.items():
            try:
                steps, parameters = pipeline(sdk)
                built = pipeline_class(
                    name=name, parameters=parameters, steps=steps, sagemaker_session=session
                )
                made[name] = json.loads(built.definition())
            except Exception as error:  # noqa: BLE001 - whatever it raises is its answer
                made[name] = {"refused": f"{type(error).__name__}: {error}"}
    print(json.dumps(made))  # noqa: T201 - it is what the test reads


def first(packages: Iterable[str], module: str) -> Any:
    for package in packages:
        try:
            return import_module(f"{package}.{module}")
        except ModuleNotFoundError:
            continue
    raise ModuleNotFoundError(module)


def _no_uploads(uploader: Any) -> Any:
    return mock.patch.multiple(
        uploader,
        upload=staticmethod(_uploaded),
        upload_bytes=staticmethod(_uploaded),
        upload_string_as_file_body=staticmethod(_uploaded),
    )


def _uploaded(_content: Any, desired_s3_uri: str | None = None, *_: Any, **more: Any) -> Any:
    return desired_s3_uri or more.get("s3_uri")


def _refuse(*_: Any) -> Any:
    raise ConnectionError("no request may leave a test")
