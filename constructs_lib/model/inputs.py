"""Data in S3 that a step reads as files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, JoinOf, parse_text
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable, as_expression

INPUT_MODES = ("File", "FastFile", "Pipe")
DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")
S3_DATA_TYPES = ("S3Prefix", "ManifestFile", "AugmentedManifestFile")


_CHOICES: Mapping[str, tuple[str | None, ...]] = {
    "input_mode": INPUT_MODES,
    "distribution": DISTRIBUTIONS,
    "s3_data_type": S3_DATA_TYPES,
    "compression": (None, "Gzip"),
    "record_wrapping": (None, "RecordIO"),
}


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
            file when it is read, ``Pipe`` streams all of it: the step gets the path of a FIFO, for
            the first epoch; not on this machine.
        distribution: ``FullyReplicated`` gives all objects to each instance, ``ShardedByS3Key``
            some of them.
        s3_data_type: ``S3Prefix``; see :meth:`manifest` for the others.
        content_type: MIME type that the job finds in its ``inputdataconfig.json``.
        compression: ``Gzip`` if the service shall unpack the objects; for ``Pipe`` only.
        record_wrapping: ``RecordIO`` if it shall wrap each object; for ``Pipe`` only.
        shuffle_config: ``{"Seed": 1}`` shuffles the objects.
        instance_groups: Names of the instance groups that get the data. Default: all.
        attribute_names: What of an augmented manifest is streamed, in this order.
        prefixes: What a manifest may name; see :meth:`manifest`.

    Raises:
        StepError: An argument has the wrong type or value, or does not go with another.
    """

    bucket: BucketLike | str
    key: str = ""
    input_mode: str = "File"
    distribution: str = field(default="FullyReplicated", kw_only=True)
    s3_data_type: str = field(default="S3Prefix", kw_only=True)
    content_type: str | None = field(default=None, kw_only=True)
    compression: str | None = field(default=None, kw_only=True)
    record_wrapping: str | None = field(default=None, kw_only=True)
    shuffle_config: Mapping[str, int] | None = field(default=None, kw_only=True)
    instance_groups: Sequence[str] = field(default=(), kw_only=True)
    attribute_names: Sequence[str] = field(default=(), kw_only=True)
    prefixes: Sequence[str] = field(default=(), kw_only=True)
    _uri: Expression | None = field(default=None, kw_only=True, repr=False)

    @classmethod
    def from_uri(
        cls, uri: str | PipelineVariable, input_mode: str = "File", **options: Any
    ) -> S3Input:
        """Return the input of all objects whose URI begins with a text or a variable.

        The step gets a folder. Where the URI is a property of another step, the role is granted to
        read what that step writes.

        Args:
            uri: ``s3://bucket/prefix``, or a variable such as
                ``process.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri``.
            input_mode: As above.
            **options: The further attributes, as above.

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
        return cls(bucket, prefix, input_mode, **options, _uri=expression)

    @classmethod
    def manifest(
        cls,
        bucket: BucketLike | str,
        key: str,
        *,
        prefixes: Sequence[str],
        input_mode: str = "File",
        **options: Any,
    ) -> S3Input:
        """Return the input of the objects that a manifest names; the step gets a folder of them.

        A manifest is a JSON list: ``[{"prefix": "s3://bucket/images/"}, "a.png", "b/c.png"]``.
        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html

        Args:
            bucket: The bucket that the manifest is in, or its name.
            key: The manifest's.
            prefixes: Where the objects are that it names: the step's role may read only there.
                Keys in the bucket of the manifest, or ``s3://bucket/prefix``.
            input_mode: ``File``, or ``Pipe``.
            **options: The further attributes, as above; with ``attribute_names`` the manifest is
                an augmented one, which needs ``Pipe``.

        Raises:
            StepError: An argument has the wrong type or value.
        """
        kind = "AugmentedManifestFile" if options.get("attribute_names") else "ManifestFile"
        return cls(
            bucket, key, input_mode, **{"s3_data_type": kind, "prefixes": prefixes, **options}
        )

    def __post_init__(self) -> None:
        if not isinstance(self.bucket, (str, BucketLike)):
            self._fail("bucket", self.bucket, "an aws_s3.IBucket or a bucket name")
        if isinstance(self.bucket, str) and ("/" in self.bucket or not self.bucket):
            self._fail("bucket", self.bucket, "a bucket name; the key is the second argument")
        if not isinstance(self.key, (str, PipelineVariable)):
            self._fail("key", self.key, "a text, which may hold pipeline variables")
        key = str(self.key)
        if key.startswith("/"):
            self._fail("key", key, "a key, which does not begin with '/'")
        object.__setattr__(self, "key", key)
        for name in ("instance_groups", "attribute_names", "prefixes"):
            if isinstance(getattr(self, name), str):
                self._fail(name, getattr(self, name), "a list of texts")
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                self._fail(name, getattr(self, name), " or ".join(map(str, allowed)))
        if self.shuffle_config is not None:
            if set(self.shuffle_config) != {"Seed"}:
                self._fail("shuffle_config", self.shuffle_config, '{"Seed": an integer}')
            object.__setattr__(self, "shuffle_config", dict(self.shuffle_config))
        self._check_together()

    def _check_together(self) -> None:
        """Refuse what the service refuses, or does not do."""
        if self.input_mode != "Pipe":
            for name in ("compression", "record_wrapping", "attribute_names"):
                if getattr(self, name):
                    self._fail(name, getattr(self, name), 'it only with input_mode="Pipe"')
        if self.is_manifest:
            if not self.key or self.key.endswith("/"):
                self._fail("key", self.key, "the key of the manifest")
            if not self.prefixes:
                self._fail("prefixes", self.prefixes, "where the objects are that it names")
            if self.input_mode == "FastFile":
                self._fail("input_mode", self.input_mode, "File or Pipe for a manifest")
        elif self.prefixes:
            self._fail("prefixes", self.prefixes, "it only for a manifest")
        if (self.s3_data_type == "AugmentedManifestFile") != bool(self.attribute_names):
            self._fail("attribute_names", self.attribute_names, "names for an augmented manifest")

    @property
    def is_manifest(self) -> bool:
        """Whether the object names the objects that the step gets."""
        return self.s3_data_type != "S3Prefix"

    @property
    def readable(self) -> list[tuple[BucketLike | str, str]]:
        """Bucket and prefix of each place that the step's role has to read."""
        places: list[tuple[BucketLike | str, str]] = [(self.bucket, self.fixed_prefix)]
        for prefix in self.prefixes:
            is_uri = prefix.startswith("s3://")
            places.append(fixed_location(prefix) if is_uri else (self.bucket, prefix))
        return places

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
        is_prefix = self._uri is not None or not self.key or self.key.endswith("/")
        return is_prefix or self.is_manifest

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
