"""What a change means: two synthesized pipelines compared in the words of a pipeline.

``snapshot`` reads what there is of a pipeline in an assembly; ``comparison`` sets two of them side
by side, with a module for each kind of thing: ``steps``, ``source``, ``access``, ``schedules``,
``caches``, ``risks``. What it finds, ``changes``, is data; ``plain``, ``markdown`` and ``as_json``
write it. Only files are read.
"""
