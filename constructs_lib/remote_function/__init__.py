"""Decorated functions as single training jobs, now and without a pipeline's execution."""

from constructs_lib.remote_function.client import RemoteFunction, remote

__all__ = ["RemoteFunction", "remote"]
