"""Data in S3 that a step reads as files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, JoinOf, parse_text
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable, as_expression

INPUT_MODES = ("File", "FastFile")


@runtime_checkable
class BucketLike(Protocol):
    """Anything with a bucket name: every ``aws_s3.IBucket`` is one."""

    @property
    def bucket_name(self) -> str:
        """The physical name, or a CDK token of it."""


@dataclass(frozen=True, eq=False)
class S3Input:
    """An object or a folder of a bucket; the step gets it as a :class:`pathlib.Path`.

    The step's role is granted to read it.

    Attributes:
        bucket: The bucket, or its name.
        key: Key of one object, or a prefix that ends with ``/`` for all objects below it; the
            whole bucket if empty. May hold pipeline variables (f-string).
        input_mode: ``File`` copies the data before the step starts, ``FastFile`` streams each
            file when it is read.

    Raises:
        StepError: An argument has the wrong type or value.
    """

    bucket: BucketLike | str
    key: str = ""
    input_mode: str = "File"
    _uri: Expression | None = field(default=None, kw_only=True, repr=False)

    @classmethod
    def from_uri(cls, uri: str | PipelineVariable, input_mode: str = "File") -> S3Input:
        """Return the input of all objects whose URI begins with a text or a variable.

        The step gets a folder. Where the URI is a property of another step, the role is granted to
        read what that step writes.

        Args:
            uri: ``s3://bucket/prefix``, or a variable such as
                ``process.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri``.
            input_mode: As above.

        Raises:
            StepError: It is neither.
        """
        expression = as_expression(uri, "the URI of an S3Input")
        if isinstance(expression, (bool, int, float)) or (
            isinstance(expression, str) and not expression.startswith("s3://")
        ):
            raise StepError(
                Fault(
                    what="S3Input.from_uri has an unusable uri",
                    found=repr(uri),
                    allowed="s3://bucket/prefix, or a pipeline variable",
                    mend="Correct the argument.",
                    location=caller_location(),
                )
            )
        bucket, prefix = fixed_location_of(expression)
        return cls(bucket, prefix, input_mode, _uri=expression)

    def __post_init__(self) -> None:
        if not isinstance(self.bucket, (str, BucketLike)):
            self._fail("bucket", self.bucket, "an aws_s3.IBucket or a bucket name")
        if isinstance(self.bucket, str) and ("/" in self.bucket or not self.bucket):
            self._fail("bucket", self.bucket, "a bucket name; the key is the second argument")
        key = str(self.key)
        if key.startswith("/"):
            self._fail("key", key, "a key, which does not begin with '/'")
        object.__setattr__(self, "key", key)
        if self.input_mode not in INPUT_MODES:
            self._fail("input_mode", self.input_mode, " or ".join(INPUT_MODES))

    @property
    def uri(self) -> Expression:
        """The ``s3://`` URI, with its variables."""
        if self._uri is not None:
            return self._uri
        name = self.bucket if isinstance(self.bucket, str) else self.bucket.bucket_name
        return parse_text(f"s3://{name}/{self.key}")

    @property
    def fixed_prefix(self) -> str:
        """The key up to its first variable: what permissions can be limited to."""
        return _fixed(parse_text(self.key))

    @property
    def is_folder(self) -> bool:
        """Whether the step gets a folder."""
        return self._uri is not None or not self.key or self.key.endswith("/")

    def _fail(self, name: str, found: object, allowed: str) -> None:
        raise StepError(
            Fault(
                what=f"S3Input has an unusable {name}",
                found=repr(found),
                allowed=allowed,
                mend="Correct the argument.",
                location=caller_location(),
            )
        )


def fixed_location(uri: object) -> tuple[str, str]:
    """Return bucket and prefix of an S3 URI up to its first variable; ``*`` for what is not known.

    Args:
        uri: Text, or a pipeline variable.
    """
    return fixed_location_of(as_expression(uri, "an S3 URI"))


def fixed_location_of(uri: Expression) -> tuple[str, str]:
    """Return bucket and prefix of an expression, as :func:`fixed_location` does."""
    text = _fixed(uri).removeprefix("s3://")
    bucket, slash, prefix = text.partition("/")
    # Before the first slash a variable may go on with the name of the bucket.
    return (bucket, prefix) if slash or isinstance(uri, str) else ("*", "")


def _fixed(expression: Expression) -> str:
    """Return the text before the first variable."""
    if not isinstance(expression, JoinOf):
        return expression if isinstance(expression, str) else ""
    found: list[str] = []
    for value in expression.values:
        if not isinstance(value, (str, int, float)):
            return expression.on.join([*found, _fixed(value)])
        found.append(str(value))
    return expression.on.join(found)
