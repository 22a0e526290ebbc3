"""Pictures of kinds and signs of states, as paths in a square of 16."""

from __future__ import annotations

_CUBE = "M8 1.5l6 3v7l-6 3-6-3v-7zM2 4.5l6 3 6-3M8 7.5v7"
_SHIELD = "M8 1.5l5.5 2v4.2c0 3.2-2.3 5.6-5.5 6.8-3.2-1.2-5.5-3.6-5.5-6.8V3.5zM5.5 7.8l2 2 3.2-3.6"
_PLUG = "M8 14.5v-4M4.5 5.5v2a3.5 3.5 0 0 0 7 0v-2zM6 5.5v-4M10 5.5v-4"
_GRID = "M2 2h5v5H2zM9 2h5v5H9zM2 9h5v5H2zM9 9h5v5H9z"

_KINDS = {
    "Training": "M2 14h12M3.5 11V8.5M8 11V5.5M12.5 11V2",
    "Processing": "M1.5 2.5h13L9.8 8.3v5.2l-3.6-1.8V8.3z",
    "Transform": "M2 5h11M10 2l3 3-3 3M14 11H3M6 8l-3 3 3 3",
    "Tuning": "M2 4h6M12 4h2M10 2v4M2 8h1.5M7.5 8H14M5.5 6v4M2 12h7M13 12h1M11 10v4",
    "AutoML": "M8 1.5l1.6 4.9 4.9 1.6-4.9 1.6L8 14.5 6.4 9.6 1.5 8l4.9-1.6z",
    "Model": _CUBE,
    "RegisterModel": _CUBE,
    "Condition": "M8 1.5L14.5 8 8 14.5 1.5 8zM8 5v3.4M8 10.6v.1",
    "Fail": "M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3l-3.8-3.8V5.3zM6 6l4 4M10 6l-4 4",
    "ForEach": "M13.5 8a5.5 5.5 0 1 1-1.8-4.1M12.2 1.2v3h-3",
    "Lambda": "M3.5 2h2.6l5.4 12h1.3M7.4 5.4L3.2 14",
    "Callback": "M2 8a6 6 0 1 0 2.2-4.6M2 2.5v3h3",
    "EMR": _GRID,
    "EMRServerless": _GRID,
    "QualityCheck": _SHIELD,
    "ClarifyCheck": _SHIELD,
    "EndpointConfig": _PLUG,
    "Endpoint": _PLUG,
    "InferenceComponent": _PLUG,
    "Lineage": "M4 5.5v5M5.5 4h3a3 3 0 0 1 3 3v.5M2.5 4a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0zM2.5 12"
    "a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0zM10 9a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0z",
}
_STEP = "M2.5 3.5h11v9h-11zM5.5 6.5h5M5.5 9.5h3"

_SIGNS = {
    "succeeded": "M4.8 8.3l2.2 2.2 4.2-4.8",
    "failed": "M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4",
    "executing": "M6.4 5.1L11 8l-4.6 2.9z",
    "cached": "M11.4 8a3.4 3.4 0 1 1-1.2-2.6M10.6 3.6v2.2H8.4",
    "stopped": "M5.8 5.8h4.4v4.4H5.8z",
    "waiting": "M8 5v3.2l2 1.4",
    "not-run": "M5 11l6-6",
    "added": "M8 4.5v7M4.5 8h7",
    "removed": "M4.5 8h7",
    "changed": "M4.2 9c1-2.2 2.4-2.2 3.8-1s2.8 1.2 3.8-1",
    "rewired": "M4.5 6.4h6.5M9.3 4.7L11 6.4 9.3 8.1M11.5 9.8H5M6.7 8.1L5 9.8l1.7 1.7",
}
_SIGNS["reused"] = _SIGNS["cached"]
_OTHER_SIGN = "M8 8v.01"

# Where there are only characters.
MARKS = {
    "added": "+",
    "removed": "\N{MINUS SIGN}",
    "changed": "~",
    "rewired": "⇄",
    "succeeded": "✓",
    "failed": "✗",
}


def icon_of(kind: str) -> str:
    """Return the path of a step's type."""
    return _KINDS.get(kind, _STEP)


def sign_of(state: str) -> str:
    """Return the path of a state."""
    return _SIGNS.get(state, _OTHER_SIGN)
