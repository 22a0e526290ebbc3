"""Drawings of pipelines.

``graph`` says what is drawn and ``change`` how two versions differ; ``layout`` decides where, for
``svg``; ``mermaid``, ``dot``, ``text`` and ``page`` write the same graph in other forms.
"""
