"""Directories of EFS and FSx for Lustre file systems that a step finds mounted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression
from constructs_lib.model.location import caller_location
from constructs_lib.model.variables import PipelineVariable, as_expression

EFS, FSX_LUSTRE = "EFS", "FSxLustre"
FILE_SYSTEM_TYPES = (EFS, FSX_LUSTRE)
ACCESS_MODES = ("ro", "rw")

# How text begins whose value is a variable of the pipeline or of CloudFormation.
_VARIABLE = "${"


@runtime_checkable
class FileSystemLike(Protocol):
    """Anything with a file system ID: ``aws_efs.IFileSystem``, ``aws_fsx.LustreFileSystem``."""

    @property
    def file_system_id(self) -> str:
        """The ID, or a CDK token of it."""


Text: TypeAlias = str | PipelineVariable


@dataclass(frozen=True, eq=False)
class FileSystemInput:
    """A directory of a file system; the step gets it as a :class:`pathlib.Path`.

    The step needs ``subnets`` and ``security_group_ids`` from which the file system can be
    reached; security groups are left as they are: allow the access with
    ``file_system.connections``. For EFS the step's role is granted to mount it. FSx for Lustre
    knows no permissions for that.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_FileSystemDataSource.html
    https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html

    Attributes:
        file_system_id: The file system, or its ID.
        file_system_type: ``EFS`` or ``FSxLustre``.
        directory_path: The directory, from ``/`` on; for FSx for Lustre its first part is the
            file system's mount name.
        file_system_access_mode: ``ro`` to read, ``rw`` to write as well.
        content_type: MIME type of the data. Default: none is told.

    Raises:
        StepError: An argument has the wrong type or value.
    """

    file_system_id: FileSystemLike | Text
    file_system_type: Text
    directory_path: Text
    file_system_access_mode: Text = "ro"
    content_type: Text | None = None

    def __post_init__(self) -> None:
        system = self.file_system_id
        if not isinstance(system, (str, PipelineVariable, FileSystemLike)):
            self._fail("file_system_id", system, "an efs.IFileSystem, an fsx.IFileSystem or an ID")
        self._check("file_system_type", self.file_system_type, FILE_SYSTEM_TYPES)
        self._check("file_system_access_mode", self.file_system_access_mode, ACCESS_MODES)
        path = self.directory_path
        if not isinstance(path, PipelineVariable) and not (
            isinstance(path, str) and path.startswith(("/", _VARIABLE))
        ):
            self._fail("directory_path", path, "a path that begins with '/'")
        if not isinstance(self.content_type, (str, PipelineVariable, type(None))):
            self._fail("content_type", self.content_type, "a MIME type")

    @property
    def members(self) -> dict[str, Expression]:
        """The members of the service's ``FileSystemDataSource``."""
        system = self.file_system_id
        values = {
            "FileSystemId": system.file_system_id if isinstance(system, FileSystemLike) else system,
            "FileSystemAccessMode": self.file_system_access_mode,
            "FileSystemType": self.file_system_type,
            "DirectoryPath": self.directory_path,
        }
        return {name: as_expression(value, name) for name, value in values.items()}

    @property
    def media_type(self) -> Expression | None:
        """The content type, with its variables."""
        given = self.content_type
        return None if given is None else as_expression(given, "content_type of FileSystemInput")

    def expressions(self) -> Iterator[Expression]:
        """Yield what may hold variables."""
        yield from self.members.values()
        if self.media_type is not None:
            yield self.media_type

    @property
    def may_be_efs(self) -> bool:
        """Whether it is on EFS, as far as is known before the pipeline runs."""
        return _may_be(self.file_system_type, EFS)

    @property
    def may_write(self) -> bool:
        """Whether the step may write to it, as far as is known before the pipeline runs."""
        return _may_be(self.file_system_access_mode, "rw")

    def _check(self, name: str, value: object, allowed: Sequence[str]) -> None:
        if isinstance(value, PipelineVariable):
            return
        if not isinstance(value, str) or (value not in allowed and _VARIABLE not in value):
            self._fail(name, value, " or ".join(allowed))

    def _fail(self, name: str, found: object, allowed: str) -> None:
        raise StepError(
            Fault(
                what=f"FileSystemInput has an unusable {name}",
                found=repr(found),
                allowed=allowed,
                mend="Correct the argument.",
                location=caller_location(),
            )
        )


def _may_be(value: Text, wanted: str) -> bool:
    return isinstance(value, PipelineVariable) or value == wanted or _VARIABLE in value
