"""A report of an execution, on this machine or in an account, as one HTML page.

``local_run`` and ``deployed_run`` read an execution into the dataclasses of ``record``, with what
``job`` reads from a job's request and ``previews`` from its data; ``costs``, ``path`` and
``comparison`` calculate; ``page`` writes, with a module a section.
"""
