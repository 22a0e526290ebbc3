"""Embedded AWS on loopback whose pipelines really run."""
