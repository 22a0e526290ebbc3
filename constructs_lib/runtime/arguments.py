"""From the plan's nodes to the values that the function is called with."""

from __future__ import annotations

import os

from .failure import StepFailure
from .json_text import loads
from .plan import find, read_file
from .protocol import BASE_FOLDER, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .acceptance import Acceptance

# Characters: a job has 100 hyperparameters of 2,500 at most.
_LARGEST_FILE = 1 << 24
_LONGEST_SHOWN = 300


class Arguments:
    """The values of one job.

    Args:
        bundle: Path of the zip archive.
        base: The folder that stands for ``/opt/ml``.
        data_only: Whether results are loaded that are pickles.
    """

    def __init__(self, bundle: str, base: str, data_only: bool) -> None:
        self._bundle = bundle
        self._data_only = data_only
        self._base = base
        self._folder = os.path.join(base, "input")
        self._hyperparameters: dict[str, str] | None = None

    def value(self, node: Node, name: str) -> Any:
        """Return the value of a node.

        Args:
            node: Part of the plan.
            name: The argument, for failures.

        Raises:
            StepFailure: The value is missing or malformed.
        """
        method: Callable[[Node, str], Any] = getattr(self, f"_{node['kind']}")
        return method(node, name)

    def _literal(self, node: Node, name: str) -> Any:
        return node["value"]

    def _hyperparameter(self, node: Node, name: str) -> Any:
        text = self._text(node["key"], name)
        try:
            return _READERS[node["type"]](text)
        except (ValueError, KeyError, RecursionError):
            shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
            raise StepFailure(
                f"argument {name!r}: hyperparameter {node['key']!r} is {shown!r}, "
                f"which is no {node['type']}"
            ) from None

    def _result(self, node: Node, name: str) -> Any:
        from .loading import load_result

        path = [*node["path"], *self._position(node, name)]
        return load_result(self._channel(node["channel"]), path, name, self._acceptance(node))

    def _files(self, node: Node, name: str) -> Any:
        from .loading import stored_in

        return stored_in(self._channel(node["channel"]), node["path"], name)

    def _collection(self, node: Node, name: str) -> Any:
        from .collecting import load_collection

        order = self.value(node["order"], name) if "order" in node else None
        position = next(iter(self._position(node, name)), None)
        folder = self._channel(node["channel"])
        return load_collection(folder, order, position, name, self._acceptance(node))

    def _item(self, node: Node, name: str) -> Any:
        (position,) = self._position(node, name)
        items = node["items"]
        if not 0 <= position < len(items):
            raise StepFailure(f"argument {name!r}: there is no item {position} of {len(items)}")
        return self.value(items[position], name)

    def _position(self, node: Node, name: str) -> list[int]:
        return [self.value(node["position"], name)] if "position" in node else []

    def _acceptance(self, node: Node) -> Acceptance:
        from .acceptance import ANY, Acceptance

        return Acceptance(node.get("serializer", ANY), self._data_only)

    def _input(self, node: Node, name: str) -> Any:
        from pathlib import Path

        folder = Path(self._channel(node["channel"]))
        file = node.get("file")
        if file is None:
            return folder
        if not (folder / file).exists():
            there = sorted(p.name for p in folder.iterdir())[:5] if folder.is_dir() else []
            raise StepFailure(
                f"argument {name!r}: the input has no object {file!r}, there is "
                f"{', '.join(there) or 'nothing'}; end the S3Input's key with '/' for a folder"
            )
        return folder / file

    def _checkpoints(self, node: Node, name: str) -> Any:
        from pathlib import Path

        folder = Path(node["folder"])
        below = Path(BASE_FOLDER) in folder.parents
        return Path(self._base, folder.relative_to(BASE_FOLDER)) if below else folder

    def _pickle(self, node: Node, name: str) -> Any:
        import pickle

        return pickle.loads(read_file(self._bundle, node["file"]))

    def _list(self, node: Node, name: str) -> list[Any]:
        return [self.value(item, f"{name}[{i}]") for i, item in enumerate(node["items"])]

    def _tuple(self, node: Node, name: str) -> tuple[Any, ...]:
        return tuple(self._list(node, name))

    def _dict(self, node: Node, name: str) -> dict[Any, Any]:
        items = [(self.value(key, name), value) for key, value in node["pairs"]]
        return {key: self.value(value, f"{name}[{key!r}]") for key, value in items}

    def _object(self, node: Node, name: str) -> Any:
        fields = {key: self.value(item, f"{name}.{key}") for key, item in node["fields"].items()}
        return find(node["module"], node["qualname"])(**fields)

    def _join(self, node: Node, name: str) -> str:
        return node["on"].join(str(item) for item in self._list(node, name))

    def _channel(self, name: str) -> str:
        return os.path.join(self._folder, "data", name)

    def _text(self, key: str, name: str) -> str:
        if self._hyperparameters is None:
            path = os.path.join(self._folder, "config", "hyperparameters.json")
            self._hyperparameters = _read_hyperparameters(path)
        if key not in self._hyperparameters:
            raise StepFailure(f"argument {name!r}: hyperparameter {key!r} is missing")
        text = self._hyperparameters[key]
        if not isinstance(text, str):
            raise StepFailure(f"argument {name!r}: hyperparameter {key!r} is no text: {text!r}")
        return text


def _read_hyperparameters(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            raise ValueError(f"it has more than {_LARGEST_FILE} characters")
        found: dict[str, str] = loads(text)
        if type(found) is not dict:
            raise ValueError("it is no object")
    except (OSError, ValueError, RecursionError) as error:
        raise StepFailure(f"hyperparameters.json cannot be read: {error}") from None
    return found


def _item(text: str) -> Any:
    """Read an item that is JSON, or else text: the service does not tell which."""
    import json

    try:
        return json.loads(text)
    except ValueError:
        return text


_READERS: dict[str, Callable[[str], Any]] = {
    "json": loads,
    "item": _item,
    "string": str,
    "integer": int,
    "float": float,
    # A start value given as Python's text of a boolean arrives with a capital letter.
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
}
