"""The shim that runs one step inside the training container.

This package is copied into every code bundle under the name ``protocol.SHIPPED_PACKAGE``. It
stands alone: standard library only, relative imports only, Python 3.9 and later. Nothing else of
constructs_lib is in the container.
"""
