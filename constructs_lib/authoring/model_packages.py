"""``package_model``: makes a ``model.tar.gz`` of what a step has returned, with inference code."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from constructs_lib.authoring.delayed import DelayedReturn, MappedReturn
from constructs_lib.exceptions import Fault, StepError
from constructs_lib.model.expressions import Expression, StoredFile
from constructs_lib.model.inputs import S3Input
from constructs_lib.model.location import caller_folder, caller_location
from constructs_lib.model.settings import StepSettings
from constructs_lib.model.shipped import ShippedFunction
from constructs_lib.model.steps import FunctionStep
from constructs_lib.model.values import Literal, S3Data, Stored, Value
from constructs_lib.model.variables import PipelineVariable, StepOutput

MODEL_FILE = "model.tar.gz"
# In the bundle, and in the archive.
_CODE = "code"
# What a container's inference toolkit is told to load: it completes the user's entry point.
_PROGRAM = "constructs_lib_entry.py"
_IGNORED = ("__pycache__",)


def package_model(
    model: DelayedReturn | S3Input | PipelineVariable,
    *,
    entry_point: str | None = None,
    source_dir: str | None = None,
    **settings: Any,
) -> PackagedModel:
    """Make a step that packs a model as the service's containers take it.

    A model of files (a step that returns a :class:`pathlib.Path`, an ``S3Input``, the URI of a
    ``model.tar.gz``) is packed as it is. Any other result of a step is packed as it is stored, and
    loaded by code that goes along; the entry point then needs no ``model_fn``.

    Args:
        model: What a step returns or an element of it, an ``S3Input``, or the URI of an archive,
            such as ``train.properties.ModelArtifacts.S3ModelArtifacts`` of a ``TrainingStep``.
        entry_point: Python file with ``model_fn``, ``input_fn``, ``predict_fn``, ``output_fn`` of
            the SageMaker inference toolkit; relative to ``source_dir`` if that is given, else to
            the file of this call or the working directory. Default: those of the container.
        source_dir: Folder that goes along as ``code/``, with its ``requirements.txt``.
        **settings: Arguments of :func:`~constructs_lib.step` for the step's own job.

    Returns:
        The packed model, for ``ModelStep``, ``RegisterModel`` and endpoints.

    Raises:
        StepError: An argument is none of these, or a file is not there.
    """
    files = _code(entry_point, source_dir)
    is_plain = entry_point is None and _is_made_of_files(model)
    arguments: list[tuple[str, bool, Value]] = [
        ("model", False, _files_of(model)),
        ("program", False, Literal(None if is_plain else _PROGRAM)),
        ("entry_point", False, Literal(entry_point and Path(entry_point).name)),
    ]
    function = ShippedFunction("model_package", "package_model", files)
    step = FunctionStep(function, arguments, StepSettings().updated(settings), None)
    return PackagedModel(step, None if is_plain else _PROGRAM)


class PackagedModel(DelayedReturn):
    """A model in a ``model.tar.gz``; its value is a description of what is in it."""

    def __init__(self, producer: FunctionStep, program: str | None) -> None:
        super().__init__(producer)
        self._program = program

    @property
    def model_data(self) -> PipelineVariable:
        """S3 URI of the archive."""
        return _Uri(self.producer, MODEL_FILE)

    def container(
        self, image_uri: str | PipelineVariable, environment: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the container of a ``CreateModel`` or ``CreateModelPackage`` request.

        Args:
            image_uri: Image with the SageMaker inference toolkit.
            environment: Further variables.
        """
        program = {
            "SAGEMAKER_PROGRAM": self._program,
            "SAGEMAKER_SUBMIT_DIRECTORY": f"/opt/ml/model/{_CODE}",
        }
        variables = {**(program if self._program else {}), **(environment or {})}
        return {
            "Image": image_uri,
            "ModelDataUrl": self.model_data,
            **({"Environment": variables} if variables else {}),
        }


def get_result_uri(result: DelayedReturn) -> PipelineVariable:
    """Return the S3 URI of the JSON that a step returns, such as for a model package's metrics.

    The file holds ``{"Result": ...}``, with the whole result of the step; it is there if JSON can
    hold it.

    Args:
        result: What the step returns.
    """
    return _Uri(result.producer, "results.json", result)


class _Uri(PipelineVariable):
    value_type = "string"

    def __init__(self, step: FunctionStep, name: str, result: DelayedReturn | None = None) -> None:
        self._stored = StoredFile(step, name, None if result is None else result.iteration)

    @property
    def expression(self) -> Expression:
        return self._stored

    def __str__(self) -> str:
        return self._refuse("text", 'use Join(on="", values=[...])')

    def __repr__(self) -> str:
        return f"{self._stored.name} of {self._stored.step!r}"


def _files_of(model: Any) -> Value:
    if isinstance(model, MappedReturn):
        _fail("model", repr(model), "one model", "Take one, as in models[0].")
    if isinstance(model, StepOutput):
        return Stored(model)
    if isinstance(model, S3Input):
        return S3Data(model)
    if isinstance(model, PipelineVariable):
        return S3Data(S3Input.from_uri(model))
    return _fail(
        "model",
        f"{model!r} ({type(model).__name__})",
        "what a step returns, an S3Input, or the URI of an archive",
        "Call the step that trains the model, and give what that returns.",
    )


def _is_made_of_files(model: Any) -> bool:
    if not isinstance(model, DelayedReturn):
        return True
    annotation = getattr(model.producer.function, "__annotations__", {}).get("return")
    return annotation in (Path, "Path", "pathlib.Path") and not model.path


def _code(entry_point: str | None, source_dir: str | None) -> dict[str, Path]:
    """Return name in the bundle to file."""
    if entry_point is None:
        if source_dir is not None:
            _fail("entry_point", "None", "a file in source_dir", "Name the file to start with.")
        return {}
    if source_dir is None:
        path = _found("entry_point", entry_point, Path.is_file)
        return {f"{_CODE}/{path.name}": path}
    folder = _found("source_dir", source_dir, Path.is_dir)
    if not (folder / entry_point).is_file() or "/" in entry_point:
        _fail(
            "entry_point",
            repr(entry_point),
            f"a file at the root of source_dir {source_dir!r}",
            "Correct the name; it is relative to source_dir.",
        )
    return {
        f"{_CODE}/{path.relative_to(folder).as_posix()}": path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(_is_ignored(part) for part in path.relative_to(folder).parts)
    }


def _is_ignored(name: str) -> bool:
    return name in _IGNORED or name.startswith(".")


def _found(argument: str, name: str, is_right: Any) -> Path:
    for path in (caller_folder() / name, Path.cwd() / name):
        if is_right(path):
            return path
    return _fail(
        argument,
        repr(name),
        "a path relative to the file of this call or to the working directory",
        "Correct the path.",
    )


def _fail(argument: str, found: str, allowed: str, mend: str) -> NoReturn:
    what = f"package_model has an unusable {argument}"
    raise StepError(Fault(what, found, allowed, mend, caller_location()))
