"""What a step's job needs: instance, image, limits, environment, dependencies, caching."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.location import caller_location

if TYPE_CHECKING:
    from constructs_lib.model.variables import PipelineVariable

DEFAULT_INSTANCE_TYPE = "ml.m5.large"

# ISO 8601 durations; the service's own examples add forms without the leading P.
# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching-enabling.html
_DURATION = re.compile(r"P(?=\w)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?")


@dataclass(frozen=True)
class CacheConfig:
    """Reuse of an earlier successful run of a step.

    Attributes:
        expire_after: ISO 8601 duration, such as ``P30D`` or ``PT12H``: how old the earlier run
            may be.
        enable_caching: Whether earlier runs are reused at all.

    Raises:
        StepError: The duration is not ISO 8601.
    """

    expire_after: str
    enable_caching: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.expire_after, str) or not _DURATION.fullmatch(self.expire_after):
            raise StepError(
                Fault(
                    what="CacheConfig has an invalid expire_after",
                    found=repr(self.expire_after),
                    allowed="an ISO 8601 duration",
                    mend="Write 'P30D' for 30 days or 'PT12H' for 12 hours.",
                    location=caller_location(),
                )
            )


@dataclass(frozen=True)
class StepSettings:
    """Settings of a ``@step`` function; the SageMaker SDK's names and meanings.

    Attributes:
        name: The step's name; the function's name if None.
        display_name: Shown in the console; at most 256 characters.
        description: Shown in the console; at most 3,072 characters.
        dependencies: Path of a requirements file, relative to the file that declares the step or
            to the working directory, or a list of requirements; installed when the job starts,
            unless the image satisfies them already.
        environment_variables: Set in the job's container.
        image_uri: The container image; an AWS-built one that fits the bundle's Python if None.
        instance_type: Such as ``ml.m5.large``, which is the default.
        max_runtime_in_seconds: The job is stopped after this long; a day by default.
        volume_size: Storage of the instance in GiB; 30 by default.
        cache_config: When to reuse an earlier run; never if None.
        include: Dotted names of project modules to ship whole, for code that is found only when
            it runs.
    """

    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    dependencies: str | Sequence[str] | None = None
    environment_variables: Mapping[str, str | PipelineVariable] = field(default_factory=dict)
    image_uri: str | PipelineVariable | None = None
    instance_type: str | PipelineVariable = DEFAULT_INSTANCE_TYPE
    max_runtime_in_seconds: int | PipelineVariable = 86400
    volume_size: int | PipelineVariable = 30
    cache_config: CacheConfig | None = None
    include: Sequence[str] = ()

    def __post_init__(self) -> None:
        # Copies: what the caller does to their dict or list later must not reach the pipeline.
        object.__setattr__(self, "environment_variables", dict(self.environment_variables))
        object.__setattr__(self, "include", tuple(self.include))
        if isinstance(self.dependencies, Sequence) and not isinstance(self.dependencies, str):
            object.__setattr__(self, "dependencies", tuple(self.dependencies))

    def updated(self, changes: Mapping[str, Any]) -> StepSettings:
        """Return a copy with some settings changed.

        Raises:
            StepError: A setting of that name does not exist.
        """
        known = [item.name for item in fields(self)]
        for name in changes:
            if name not in known:
                raise StepError(
                    Fault(
                        what="step() got an unknown setting",
                        found=repr(name),
                        allowed=", ".join(known),
                        mend="Correct the name or leave the setting out.",
                        location=caller_location(),
                    )
                )
        return replace(self, **changes)
