"""Answers a transform job's requests with a module's functions; a stand-alone program.

It is started by its path, with that of a JSON file that says what to do. The module has the
functions of SageMaker's inference toolkit: ``model_fn``, and ``input_fn``, ``predict_fn`` and
``output_fn``, or ``transform_fn``. numpy is needed by what stands for the missing ones only.
https://github.com/aws/sagemaker-inference-toolkit
"""

from __future__ import annotations

import importlib.util
import inspect
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Callable

CSV, JSON, NPY = "text/csv", "application/json", "application/x-npy"


def main(path: str) -> None:
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    module = load(Path(job["program"]))
    answer = handler(module, job["model"])
    accept = job["accept"]
    if not accept or accept == "*/*":
        accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
    source, target = Path(job["input"]), Path(job["output"])
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        result = target / f"{file.relative_to(source)}.out"
        result.parent.mkdir(parents=True, exist_ok=True)
        with result.open("wb") as output:
            for body in requests(file.read_bytes(), job):
                output.write(as_bytes(answer(body, job["content_type"], accept)))
                if job["assemble_lines"]:
                    output.write(b"\n")


def load(path: Path) -> ModuleType:
    sys.path[0] = str(path.parent)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # for what it pickles
    spec.loader.exec_module(module)
    return module


def handler(module: ModuleType, model_folder: str) -> Callable[[bytes, Any, str], Any]:
    """Return what answers a request: its body, content type and what is accepted."""
    steps = [name for name in ("input_fn", "predict_fn", "output_fn") if hasattr(module, name)]
    if hasattr(module, "transform_fn") and steps:
        raise ValueError(f"the module has transform_fn and {', '.join(steps)}: one or the other")
    if not hasattr(module, "model_fn"):
        raise NotImplementedError("the module has no model_fn")
    model = call(module.model_fn, model_folder)

    def answer(body: bytes, content_type: Any, accept: str) -> Any:
        data = body.decode() if content_type in (CSV, JSON) else body
        if hasattr(module, "transform_fn"):
            return call(module.transform_fn, model, data, content_type, accept)
        value = call(getattr(module, "input_fn", decode), data, content_type)
        prediction = call(getattr(module, "predict_fn", predict), value, model)
        return call(getattr(module, "output_fn", encode), prediction, accept)

    return answer


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function, which may take a context after its arguments."""
    try:
        wanted = len(inspect.signature(function).parameters)
    except ValueError:  # a builtin may have none
        wanted = 0
    return function(*arguments, *[None] * (wanted - len(arguments)))


def requests(content: bytes, job: dict[str, Any]) -> Iterator[bytes]:
    """Yield the bodies of the requests that a file makes."""
    if not job["by_line"]:
        yield content
        return
    batch: list[bytes] = []
    size = 0
    for line in content.splitlines():
        size += len(line) + 1
        if batch and (job["single"] or 0 < job["most_bytes"] < size):
            yield b"\n".join(batch)
            batch, size = [], len(line) + 1
        batch.append(line)
    if batch:
        yield b"\n".join(batch)


def as_bytes(answer: Any) -> bytes:
    body = answer[0] if isinstance(answer, tuple) else answer
    return body.encode() if isinstance(body, str) else bytes(body)


def decode(data: Any, content_type: Any) -> Any:
    import numpy as np

    if content_type == CSV:
        return np.genfromtxt(io.StringIO(data), delimiter=",")
    if content_type == JSON:
        return np.array(json.loads(data))
    if content_type == NPY:
        return np.load(io.BytesIO(data), allow_pickle=True)
    raise ValueError(f"content type {content_type!r} needs an input_fn")


def predict(data: Any, model: Any) -> Any:
    return model.predict(data) if hasattr(model, "predict") else model(data)


def encode(prediction: Any, accept: str) -> Any:
    if accept == JSON:
        return json.dumps(prediction, default=lambda value: value.tolist())
    import numpy as np

    if accept == CSV:
        text = io.StringIO()
        np.savetxt(text, prediction, delimiter=",", fmt="%s")
        return text.getvalue()
    if accept == NPY:
        file = io.BytesIO()
        np.save(file, prediction)
        return file.getvalue()
    raise ValueError(f"an answer as {accept!r} needs an output_fn")


if __name__ == "__main__":
    main(sys.argv[1])
