"""What a step's ``dependencies`` says, whichever kind of file it is in."""

from constructs_lib.packaging.dependencies.declared import Dependencies, read_dependencies

__all__ = ["Dependencies", "read_dependencies"]
