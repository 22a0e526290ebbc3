"""What steps share."""

from . import deep

LIMIT = 10


def scale(rows, factor):
    """Multiply each row."""
    return [deep.times(len(row), factor) for row in rows]


def unused():
    """Reached by no step."""
    return 0
