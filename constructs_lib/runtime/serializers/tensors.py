"""safetensors: tensors of torch, and dicts of them.

The format is a header of JSON and the bytes of the tensors; nothing but torch is needed for it.
https://huggingface.co/docs/safetensors/index#format
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import Any, Optional

from ..json_view import is_exact

# Key of a single tensor.
_ALONE = "value"
_METADATA = "__metadata__"
_DTYPES = {
    "bool": "BOOL",
    "uint8": "U8",
    "int8": "I8",
    "int16": "I16",
    "uint16": "U16",
    "int32": "I32",
    "uint32": "U32",
    "int64": "I64",
    "uint64": "U64",
    "float16": "F16",
    "bfloat16": "BF16",
    "float32": "F32",
    "float64": "F64",
    "complex64": "C64",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
}


def refusal(value: Any) -> Optional[str]:
    """Return why the format cannot give back exactly this value; None if it can."""
    torch = sys.modules.get("torch")
    if torch is None:
        return f"it is a {type(value).__qualname__}, not a torch.Tensor"
    if type(value).__qualname__ not in {"Tensor", "dict", "OrderedDict"}:
        return f"it is a {type(value).__qualname__}, not a torch.Tensor or a dict of them"
    tensors = value if isinstance(value, dict) else {_ALONE: value}
    if not tensors or not all(type(key) is str and key != _METADATA for key in tensors):
        return "its keys are not texts"
    versions = _versions(value)
    if not is_exact(list(tensors)) or not is_exact(versions):
        return "it has attributes that JSON does not give back"
    storages = set()
    for key, tensor in tensors.items():
        reason = _refusal(tensor, torch)
        if reason is not None:
            return f"{key!r} {reason}"
        storages.add((tensor.device, tensor.untyped_storage().data_ptr()))
    empty = sum(not tensor.numel() for tensor in tensors.values())
    if len(storages) < len(tensors) - max(empty - 1, 0):
        return "two of its tensors share their memory"
    return None


def _refusal(tensor: Any, torch: Any) -> Optional[str]:
    if type(tensor) is not torch.Tensor:
        return f"is a {type(tensor).__qualname__}, not a torch.Tensor"
    if tensor.layout is not torch.strided or tensor.device.type == "meta":
        return f"has the layout {tensor.layout} on {tensor.device}"
    if tensor.requires_grad or tensor.is_conj() or tensor.is_neg() or tensor.is_quantized:
        return "is more than its numbers: detach() and resolve it"
    if vars(tensor):
        return "has attributes of its own"
    if _name(tensor.dtype) not in _DTYPES:
        return f"has the dtype {tensor.dtype}"
    return None


def write(value: Any, out: Any) -> None:
    """Write tensors, each from its own memory; one on a GPU is brought over by itself."""
    torch = sys.modules["torch"]
    tensors = value if isinstance(value, dict) else {_ALONE: value}
    holds = {"holds": type(value).__qualname__, "versions": _versions(value)}
    metadata = {"constructs_lib": json.dumps(holds)}
    header: dict[str, Any] = {_METADATA: metadata}
    start = 0
    for key, tensor in tensors.items():
        end = start + tensor.numel() * tensor.element_size()
        header[key] = {
            "dtype": _DTYPES[_name(tensor.dtype)],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        start = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    out.write(len(text).to_bytes(8, "little") + text)
    for tensor in tensors.values():
        if tensor.numel():
            plain = tensor.detach().cpu().contiguous().reshape(-1)
            out.write(plain.view(torch.uint8).numpy())


def read(path: str) -> Any:
    """Return the tensors, mapped: what is changed in them stays in memory."""
    import mmap

    import torch

    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > os.path.getsize(path):
            raise ValueError("its header is longer than the file")
        header = json.loads(file.read(length))
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    holds = json.loads(header.pop(_METADATA)["constructs_lib"])
    types = {short: getattr(torch, name) for name, short in _DTYPES.items() if hasattr(torch, name)}
    tensors = {}
    for key, entry in header.items():
        dtype, shape = types[entry["dtype"]], entry["shape"]
        start = 8 + length + entry["data_offsets"][0]
        if math.prod(shape):
            flat = torch.frombuffer(data, dtype=torch.uint8, offset=start, count=_bytes(entry))
            # A tensor's memory begins at a multiple of its items' size.
            flat = flat if start % 8 == 0 else flat.clone()
            tensors[key] = flat.view(dtype).reshape(shape)
        else:
            tensors[key] = torch.empty(shape, dtype=dtype)
    if holds["holds"] == "Tensor":
        return tensors[_ALONE]
    if holds["holds"] == "dict":
        return tensors
    from collections import OrderedDict

    ordered = OrderedDict(tensors)
    if holds["versions"] is not None:
        vars(ordered)["_metadata"] = OrderedDict(holds["versions"])
    return ordered


def _versions(value: Any) -> Any:
    """Return what a module's ``state_dict()`` says of the module's parts, as a dict."""
    attributes = getattr(value, "__dict__", {})
    if set(attributes) != {"_metadata"} or type(attributes["_metadata"]) is dict:
        return attributes or None
    return dict(attributes["_metadata"])


def _bytes(entry: dict[str, Any]) -> int:
    start, end = entry["data_offsets"]
    return int(end - start)


def _name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2]
