"""A step that deletes what other steps have stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression
from constructs_lib.model.location import caller_location
from constructs_lib.model.requests import RequestStep
from constructs_lib.model.steps import Step, StepLike
from constructs_lib.model.variables import PipelineVariable, StepOutput, as_expression


@dataclass(frozen=True, eq=False)
class S3CleanupSource:
    """A step whose objects in S3 a :class:`CleanupStep` deletes.

    Attributes:
        step: The step, the result of a ``@step`` call, or a step's name.
        s3_uris: For Processing and Transform steps: the exact objects, ``s3://bucket/key`` each,
            below an output of the step; texts or pipeline variables. For function steps, Training
            and Athena steps: None, because the service finds what a job of them has stored.

    Raises:
        StepError: An attribute has the wrong type.
    """

    step: Any
    s3_uris: Sequence[str | PipelineVariable] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.step, StepOutput):
            object.__setattr__(self, "step", self.step.step)
        if not isinstance(self.step, (Step, str)):
            self._fail(
                "step", self.step, "a step, the result of calling a @step function, or a name"
            )
        if self.s3_uris is None:
            return
        if not isinstance(self.s3_uris, (list, tuple)):
            self._fail("s3_uris", self.s3_uris, "a list of texts and pipeline variables")
        for uri in self.s3_uris:
            if not isinstance(uri, (str, PipelineVariable)):
                self._fail("s3_uris", uri, "texts and pipeline variables")
        object.__setattr__(self, "s3_uris", tuple(self.s3_uris))

    def _fail(self, name: str, found: object, allowed: str) -> NoReturn:
        raise StepError(
            Fault(
                what=f"S3CleanupSource has an unusable {name}",
                found=f"{found!r} ({type(found).__name__})",
                allowed=allowed,
                mend="Correct the argument.",
                location=caller_location(),
            )
        )


class CleanupStep(RequestStep):
    """Deletes what earlier steps of the same execution have stored in S3.

    The pipeline's role is granted to delete it. The sources run before, as do the steps in
    ``depends_on``: among those has to be every step that reads what is deleted.

    What was deleted, what could not be and what was skipped stands in the ``Metadata`` of the
    execution's step.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CleanupStepMetadata.html

    Args:
        name: Unique in the pipeline.
        s3_sources: The steps whose objects are deleted; at least one.
        display_name: Shown in the console.
        description: Shown in the console.
        depends_on: Steps that run before, besides the sources. A source in a
            :class:`~constructs_lib.model.dependencies.StepDependency` is cleaned up after that
            outcome instead of success.

    Raises:
        StepError: An entry of ``s3_sources`` is no :class:`S3CleanupSource`.
    """

    step_type = "Cleanup"

    def __init__(
        self,
        name: str,
        s3_sources: Sequence[S3CleanupSource],
        display_name: str | None = None,
        description: str | None = None,
        depends_on: Sequence[StepLike] | None = None,
    ) -> None:
        super().__init__(
            name,
            {},
            display_name=display_name,
            description=description,
            depends_on=depends_on or (),
        )
        for source in s3_sources:
            if not isinstance(source, S3CleanupSource):
                raise StepError(
                    Fault(
                        what=f"s3_sources of {self!r} has an unusable entry",
                        found=repr(source),
                        allowed="S3CleanupSource(step, s3_uris)",
                        mend="Give S3CleanupSource(step), not the step alone.",
                        location=caller_location(),
                    )
                )
        self.s3_sources = tuple(s3_sources)
        self.add_depends_on([source.step for source in s3_sources])

    @property
    def properties(self) -> NoReturn:
        """Raise: nothing can be read of the step.

        Raises:
            StepError: Always.
        """
        raise StepError(
            Fault(
                what=f"{self!r} has no properties",
                found="properties of a CleanupStep",
                allowed="properties of other steps",
                mend="Find what was deleted in the step's Metadata, with "
                "ListPipelineExecutionSteps.",
                location=caller_location(),
            )
        )

    def resolve(self, names: Mapping[str, Step]) -> list[str]:
        """Replace sources that were given by name; see :meth:`Step.resolve`."""
        self.s3_sources = tuple(
            replace(source, step=names.get(source.step, source.step))
            if isinstance(source.step, str)
            else source
            for source in self.s3_sources
        )
        return super().resolve(names)

    def expressions(self) -> Iterable[Expression]:
        """Yield the URIs."""
        for source in self.s3_sources:
            for uri in source.s3_uris or ():
                yield as_expression(uri, f"s3_uris of {self!r}")

    def members(self) -> dict[str, Any]:
        """Return the sources; a step stands for its name."""
        sources = [
            {
                "StepName": source.step,
                **({} if source.s3_uris is None else {"S3Uris": list(source.s3_uris)}),
            }
            for source in self.s3_sources
        ]
        return {"Arguments": {"Resources": {"S3": sources}}}
