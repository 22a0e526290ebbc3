"""Embedded AWS on loopback whose pipelines really run: no account, no Docker.

``Sandbox`` runs it as a process of its own; as a context manager it is there for a ``with`` block:

    with Sandbox() as sandbox:
        sandbox.client("sagemaker").list_pipelines()

``pytest_plugins = ["constructs_lib.sandbox.fixtures"]`` gives tests the fixture ``sandbox``.
"""

from constructs_lib.sandbox.control import Sandbox

__all__ = ["Sandbox"]
