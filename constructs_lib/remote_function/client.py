"""``remote``: calls of a function are jobs that run now.

From a call to its value: :mod:`call` binds and checks the arguments; :mod:`deployed_step` finds
the step of a pipeline whose settings hold, :mod:`bundle_settings` reads those that are in its
bundle; :mod:`settings` puts the function's own before them;
:mod:`surroundings` says with which role, and where code and result are stored; :mod:`request`
packs the bundle and writes the request, as synthesis does; :mod:`job` starts it, waits, and
reads the result.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar, overload

from constructs_lib.authoring.decorators import StepFunction, step
from constructs_lib.authoring.delayed import get_step
from constructs_lib.deployed.account import Account, explained
from constructs_lib.model.steps import FunctionStep, function_name
from constructs_lib.remote_function.bundle_settings import bundle_settings
from constructs_lib.remote_function.call import check_arguments
from constructs_lib.remote_function.deployed_step import find_step
from constructs_lib.remote_function.job import RemoteJob
from constructs_lib.remote_function.request import prepare
from constructs_lib.remote_function.settings import SettingsMerger
from constructs_lib.remote_function.surroundings import surroundings_of
from constructs_lib.remote_function.upload import upload_bundle

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class RemoteOptions:
    """How a function runs remotely; see :func:`remote`."""

    pipeline: str | None = None
    app: str = "cdk.out"
    s3_root_uri: str | None = None
    boto_session: Any = None
    include_log: bool = True


class RemoteFunction(Generic[P, R]):
    """A function whose calls are training jobs.

    Calling it runs the function with these arguments as a job, waits, and returns its value.

    Attributes:
        func: The function itself, to be called in unit tests.
    """

    __wrapped__: Callable[P, R]

    def __init__(self, step_function: StepFunction[P, R], options: RemoteOptions) -> None:
        functools.update_wrapper(self, step_function.func)
        self.func = step_function.func
        self._step_function = step_function
        self._options = options

    def __call__(self, /, *args: Any, **kwargs: Any) -> R:
        """Run the function as a job and return its value.

        Raises:
            StepError: The call does not fit the function, an argument cannot be sent, or a setting
                is wrong.
            RemoteFunctionError: The job failed or was stopped.
            RemoteError: There is not exactly one pipeline whose settings hold, a setting is not
                known before a pipeline runs, or AWS has refused a request.
        """
        made = get_step(self._step_function.with_options(depends_on=None)(*args, **kwargs))
        assert isinstance(made, FunctionStep), "a call of a step function makes one"
        settings = self._step_function.settings
        name = settings.name or function_name(self.func)
        check_arguments(made, name)
        options = self._options
        with explained():
            account = Account(session=options.boto_session)
            known = SettingsMerger(settings, name)
            is_alone = options.s3_root_uri is not None and "role" in known.literal
            deployed = (
                None
                if is_alone and options.pipeline is None
                else find_step(account, name, options.pipeline, Path(options.app))
            )
            defaults = known.defaults(deployed)
            place = surroundings_of(
                name,
                known.literal,
                defaults,
                deployed,
                options.s3_root_uri,
                account.client("sagemaker").meta.region_name,
            )
            wheels = None
            if deployed is not None:
                packed = bundle_settings(account, deployed)
                defaults |= known.bundle_defaults(packed)
                wheels = deployed.wheels(packed.get("dependencies", []))
            prepared = prepare(made, name, known.settings(defaults), place, wheels)
            upload_bundle(account, prepared.bundle.data, prepared.code_uri)
            job = RemoteJob(account, name, prepared.request)
            job.wait(include_log=options.include_log)
            value: R = job.result()
        return value

    def __repr__(self) -> str:
        return f"remote function {self.func!r}"


@overload
def remote(
    func: StepFunction[P, R],
    /,
    *,
    pipeline: str | None = ...,
    app: str = ...,
    s3_root_uri: str | None = ...,
    boto_session: Any = ...,
    include_log: bool = ...,
    **settings: Any,
) -> RemoteFunction[P, R]: ...
@overload
def remote(
    func: Callable[P, R],
    /,
    *,
    pipeline: str | None = ...,
    app: str = ...,
    s3_root_uri: str | None = ...,
    boto_session: Any = ...,
    include_log: bool = ...,
    **settings: Any,
) -> RemoteFunction[P, R]: ...
@overload
def remote(
    *,
    pipeline: str | None = ...,
    app: str = ...,
    s3_root_uri: str | None = ...,
    boto_session: Any = ...,
    include_log: bool = ...,
    **settings: Any,
) -> Callable[[Callable[P, R]], RemoteFunction[P, R]]: ...
def remote(
    func: Callable[..., Any] | None = None,
    /,
    *,
    pipeline: str | None = None,
    app: str = "cdk.out",
    s3_root_uri: str | None = None,
    boto_session: Any = None,
    include_log: bool = True,
    **settings: Any,
) -> Any:
    """Make a function into one whose calls run now, each as a SageMaker training job.

    Used bare (``@remote``), with arguments (``@remote(instance_type="ml.m5.xlarge")``), or on a
    step: ``remote(train, pipeline="Tumour")(frame, depth=3)``.

    What the function itself does not set is taken from the pipeline's step of the same name: role,
    image, instances, network, keys, environment, limits, tags, dependencies, and where code and
    results are stored. Expressions in it get the default values of the pipeline's parameters.
    Caching, retry policies and waiting for other steps do not apply.

    Args:
        func: A plain function, or a :func:`~constructs_lib.authoring.decorators.step` function.
        pipeline: Name of the pipeline, or the ID of its construct in ``app``. Default: the one
            deployed pipeline that has a step of the function's name; none if ``role`` and
            ``s3_root_uri`` are given.
        app: Cloud assembly: gives the names of constructs, and the settings of a pipeline that is
            not deployed.
        s3_root_uri: S3 URI of the folder for code and results. Default: where the pipeline's step
            has them.
        boto_session: The :class:`boto3.Session` to use. Default: as boto3 finds account and Region.
        include_log: Whether the job's log is shown while it runs.
        **settings: Fields of :class:`~constructs_lib.model.settings.StepSettings`, such as
            ``role``, ``image_uri`` and ``instance_type``.

    Returns:
        A :class:`RemoteFunction`, or a decorator that makes one.

    Raises:
        StepError: The function cannot be a step, or a setting does not exist.
    """
    options = RemoteOptions(pipeline, app, s3_root_uri, boto_session, include_log)

    def decorate(function: Any) -> RemoteFunction[..., Any]:
        if isinstance(function, RemoteFunction):
            function = function._step_function
        return RemoteFunction(step(function, **settings), options)

    return decorate if func is None else decorate(func)
