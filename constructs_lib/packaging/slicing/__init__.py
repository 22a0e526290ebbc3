"""Source slices: the definitions that a step reaches, cut out of the project's modules.

``units`` reads a file as top-level statements, ``modules`` finds the project's files, ``reach``
follows names from statement to statement, ``live`` tells by the values in memory what belongs to
the CDK app and stays home, ``text`` writes what is left.
"""

from __future__ import annotations

from constructs_lib.packaging.slicing.reference import source_reference
from constructs_lib.packaging.slicing.slices import Slice, slice_sources

__all__ = ["Slice", "slice_sources", "source_reference"]
