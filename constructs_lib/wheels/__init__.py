"""Locked dependencies: which wheels a step's container installs, and where they come from."""
