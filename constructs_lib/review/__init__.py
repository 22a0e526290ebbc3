"""What a change means: two synthesized pipelines compared in the words of a pipeline.

``snapshot`` reads what there is of a pipeline in an assembly, ``access`` the permissions of its
roles; ``comparison`` sets two of them side by side, with a module for each kind of thing:
``steps``, ``texts``, ``packages``, ``pipelines``, ``permissions``, ``schedules``, ``caches``,
``risks``. What it finds, ``changes``, is data; ``words`` and ``wording`` have the words for it, and
``plain``, ``markdown`` and ``as_json`` write it. Only files are read.
"""
