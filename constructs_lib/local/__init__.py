"""Runs a synthesized pipeline on this machine. All it knows it reads from the cloud assembly."""
