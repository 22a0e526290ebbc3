"""All that moto knows, kept in a folder, so that it outlives the process."""

from __future__ import annotations

import hashlib
import importlib
import io
import logging
import pickle
import tempfile
import threading
import weakref
from collections import OrderedDict, defaultdict
from pathlib import Path
from typing import Any

import cloudpickle
import moto
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from moto.core.base_backend import BackendDict
from moto.s3.models import FakeKey

from constructs_lib.exceptions import SandboxError

# moto's models are not made for threads: requests, executions and snapshots take turns.
LOCK = threading.RLock()

_PRIVATE_KEYS = (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, rsa.RSAPrivateKey)
_PLAIN_DICTS = {defaultdict, OrderedDict}
_FILE = "aws.pickle"
_INTERVAL_SECONDS = 0.3
_log = logging.getLogger(__name__)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles moto's models: objects' bytes go to files of their own, locks are made anew."""

    def __init__(self, file: io.BytesIO, objects: Path) -> None:
        super().__init__(file)
        self._objects = objects
        self.kept: set[str] = set()

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, FakeKey) and not obj.disposed:
            return _load_key, (self._key_state(obj), str(self._objects))
        if isinstance(obj, type(threading.Lock())):
            return threading.Lock, ()
        if isinstance(obj, type(threading.RLock())):
            return threading.RLock, ()
        if isinstance(obj, weakref.WeakValueDictionary):
            return weakref.WeakValueDictionary, (dict(obj),)  # its values are held elsewhere too
        if isinstance(obj, _PRIVATE_KEYS):
            return _load_private_key, (_der(obj),)
        if isinstance(obj, threading.Thread):
            return type(None), ()
        if isinstance(obj, (defaultdict, OrderedDict)) and type(obj) not in _PLAIN_DICTS:
            # Their own way calls the class without the arguments that moto's classes ask for.
            factory = getattr(obj, "default_factory", None)
            return _new_dict, (type(obj), factory), vars(obj) or None, None, iter(obj.items())
        return super().reducer_override(obj)

    def _key_state(self, key: Any) -> dict[str, Any]:
        name = getattr(key, "_constructs_lib_file", None)
        version = (key._etag, key.last_modified)
        if name is None or name[0] != version:
            content = key.value
            digest = hashlib.sha256(content).hexdigest()
            path = self._objects / digest
            if not path.is_file():
                draft = path.with_suffix(".new")
                draft.write_bytes(content)
                draft.replace(path)
            name = key._constructs_lib_file = (version, digest)
        self.kept.add(name[1])
        return {k: v for k, v in key.__dict__.items() if k not in {"_value_buffer", "lock"}}


def _der(key: Any) -> bytes:
    """Return a private key, such as every key of KMS has, as bytes; it protects nothing here."""
    content: bytes = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return content


def _load_private_key(content: bytes) -> Any:
    return serialization.load_der_private_key(content, password=None)


def _new_dict(kind: Any, factory: Any) -> Any:
    made = kind.__new__(kind)
    if factory is not None:
        made.default_factory = factory
    return made


def _load_key(state: dict[str, Any], objects: str) -> Any:
    key = FakeKey.__new__(FakeKey)
    key.__dict__.update(state)
    # The key closes it when it is deleted.
    key._value_buffer = tempfile.SpooledTemporaryFile(  # noqa: SIM115
        max_size=key._max_buffer_size
    )
    key._value_buffer.write((Path(objects) / state["_constructs_lib_file"][1]).read_bytes())
    key.lock = threading.Lock()
    return key


class State:
    """Writes moto's models to a folder when they have changed, and reads them back.

    Args:
        folder: Holds the models and a file for each object of S3.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._objects = folder / "objects"
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def open(self) -> None:
        """Read what there is, and keep it up to date from now on.

        Raises:
            SandboxError: It was written by another version of moto, or is damaged.
        """
        self._objects.mkdir(parents=True, exist_ok=True)
        path = self._folder / _FILE
        if path.is_file():
            try:
                content = pickle.loads(path.read_bytes())
                version = content["moto"]
                if version == moto.__version__:
                    _restore(content["services"])
            except Exception as error:
                raise SandboxError(
                    f"the sandbox's state in {self._folder} cannot be read ({error}): run "
                    f"`constructs-lib sandbox reset`"
                ) from error
            if version != moto.__version__:
                raise SandboxError(
                    f"the sandbox's state in {self._folder} is of moto {version}, installed is "
                    f"{moto.__version__}: run `constructs-lib sandbox reset`"
                )
        self._thread.start()

    def touch(self) -> None:
        """Say that something has changed."""
        self._changed.set()

    def save(self) -> None:
        """Write everything now."""
        with LOCK:
            self._changed.clear()
            file = io.BytesIO()
            pickler = _Pickler(file, self._objects)
            pickler.dump({"moto": moto.__version__, "services": _services()})
            draft = self._folder / f"{_FILE}.new"
            draft.write_bytes(file.getvalue())
            draft.replace(self._folder / _FILE)
            for path in self._objects.iterdir():
                if path.name not in pickler.kept:
                    path.unlink()

    def close(self) -> None:
        """Write everything and stop."""
        self._closed.set()
        self.save()

    def _keep(self) -> None:
        while not self._closed.wait(_INTERVAL_SECONDS):
            if self._changed.is_set():
                try:
                    self.save()
                except Exception:  # noqa: BLE001 - the next change is a new chance
                    _log.exception("the state could not be written")


def _services() -> list[dict[str, Any]]:
    return [
        {
            "service": instance.service_name,
            "module": instance.backend.__module__,
            "accounts": {account: dict(regions) for account, regions in instance.items()},
        }
        for instance in BackendDict._instances
    ]


def _restore(services: list[dict[str, Any]]) -> None:
    for entry in services:
        importlib.import_module(entry["module"])
        (found,) = [
            value
            for value in vars(importlib.import_module(_package(entry["module"]))).values()
            if isinstance(value, BackendDict) and value.service_name == entry["service"]
        ]
        for account, regions in entry["accounts"].items():
            found[account].update(regions)


def _package(module: str) -> str:
    """Return the module that holds a service's backends: ``moto.<service>.models``."""
    return ".".join(module.split(".")[:3])
