"""One sandbox for the tests of a process."""

from constructs_lib.sandbox.fixtures import sandbox

__all__ = ["sandbox"]
