"""The contract between a synthesized definition, its code bundle and the shim.

Both sides read this module: the authoring side to write bundles, the shim to run them. A change
that an older shim would misread raises ``PROTOCOL_VERSION``.
"""

from __future__ import annotations

# In this package what the start of a job needs is kept from importing ``typing`` and the like:
# they take longer than all that the shim does.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypedDict, Union
else:

    class TypedDict(dict):
        """At run time the shapes below are dicts and nothing more."""

        def __init_subclass__(cls, total=True):
            """Take the keyword that says whether every key must be there."""


PROTOCOL_VERSION = 1

# Inside the bundle zip.
SHIPPED_PACKAGE = "_constructs_lib_runtime"
PLAN_FILE = "plan.json"
SOURCE_FOLDER = "source"
PICKLE_FOLDER = "pickles"
REQUIREMENTS_FILE = "requirements.txt"
ENVIRONMENT_FILE = "environment.yml"
PRE_EXECUTION_FILE = "pre_execution.sh"

# Inside the archive of a step's wheels: a JSON object whose sha256 is the archive's name.
WHEELS_FILE = "wheels.json"

# Inside the container; the training toolkit's variable moves the whole tree elsewhere.
BASE_FOLDER = "/opt/ml"
BASE_FOLDER_VARIABLE = "SAGEMAKER_BASE_DIR"
CODE_CHANNEL = "code"
DEPENDENCIES_CHANNEL = "dependencies"

# Set in processes that a launcher has started.
LAUNCHED_VARIABLE = "CONSTRUCTS_LIB_LAUNCHED"

# Inside the model folder, which SageMaker uploads uncompressed as ``<job>/output/model/``.
RESULTS_FILE = "results.json"  # {"Result": ...}: what Std:JsonGet reads; absent if not JSON
LISTS_FILE = "lists.json"  # {"Lists": ListTexts}: what ForEach steps read; absent if no lists
MANIFEST_FILE = "manifest.json"  # a Manifest: how the parts make up the result
PAYLOAD_FILE = "payload.json"  # a Payload, in each part's own folder
UPLOADED_MODEL_PREFIX = "output/model"

# The failure file: SageMaker shows its first characters as FailureReason.
# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
FAILURE_LIMIT = 1024

# Interpreter versions as [major, minor].
MINIMUM_PYTHON = [3, 9]


class Node(TypedDict, total=False):
    """One value of the call, or a container of such values; ``kind`` says which keys stand.

    ===============  ==================================================================
    kind             keys
    ===============  ==================================================================
    literal          ``value``: any JSON value
    hyperparameter   ``key`` in hyperparameters.json; ``type``: json, string, integer,
                     float, boolean, or item for JSON or else text
    result           ``channel`` holding an upstream result, whole (with a manifest) or
                     one part of it (with a payload); ``path``: indices still to apply;
                     ``position``: node with the last one, if there is one;
                     ``serializer``: what its step has chosen to store it, or None; absent if
                     that is not known
    files            ``channel`` and ``path`` as for a result: the folder that it is stored in
    collection       ``channel`` holding the results of all iterations of a step;
                     ``order``: node with the items, absent if they are positions;
                     ``position``: node with the index of the one wanted, if not all;
                     ``serializer``: as for a result
    item             ``items``: nodes; ``position``: node with the index of the one wanted
    input            ``channel``; ``file``: the object's name, absent for a folder
    checkpoints      ``folder``: of the checkpoints, in the container
    pickle           ``file`` in the bundle
    list, tuple      ``items``: nodes
    dict             ``pairs``: [key node, value node] each
    object           ``module``, ``qualname``: a dataclass or named tuple called with
                     ``fields``: name to node
    join             ``on``; ``items``: nodes joined as text
    ===============  ==================================================================
    """

    kind: str
    value: Any
    key: str
    type: str
    channel: str
    path: list[Union[int, str]]
    file: str
    folder: str
    items: list[Any]  # of Node; a recursive TypedDict is not understood by every checker
    pairs: list[list[Any]]
    module: str
    qualname: str
    fields: dict[str, Any]
    on: str
    position: Any
    order: Any
    serializer: Any


class FunctionReference(TypedDict, total=False):
    """Where the step's function is: in the bundle's source, or in a pickle made by value."""

    module: str
    qualname: str
    pickle: str


class PythonRequirement(TypedDict, total=False):
    """Source runs from ``minimum`` on; what is pickled by value needs exactly ``exact``."""

    minimum: list[int]
    exact: list[int]


class Launcher(TypedDict):
    """What starts the step's processes.

    Attributes:
        kind: torchrun, mpirun or spark.
        processes: On each host; None for one for each GPU, else for each CPU.
        options: Of spark-submit.
    """

    kind: str
    processes: Union[int, None]
    options: list[str]


class SerializerReference(TypedDict):
    """A class of the user's that writes and reads results: where it is in the source."""

    module: str
    qualname: str


class Plan(TypedDict):
    """How the shim calls the function; ``plan.json`` in the bundle.

    Attributes:
        elements: Length of the result where the function declares a tuple of fixed length:
            each element is then a part of its own, in folders ``0``, ``1``, ...
        requirements: Whether ``requirements.txt`` is in the bundle and has to be satisfied.
        environment: Whether ``environment.yml`` is in the bundle, for conda to install.
        pre_execution: Whether ``pre_execution.sh`` is in the bundle and has to run first.
        launcher: Starts the processes that call the function; None if this process calls it.
        item: Node of the item of the iteration; None if the step does not iterate.
        serializer: Stores the result: a name, a class, one of these for each element, or None to
            choose by type.
        data_only: Whether pickles are neither written nor read as results.
    """

    protocol: int
    python: PythonRequirement
    function: FunctionReference
    args: list[Node]
    kwargs: dict[str, Node]
    elements: Union[int, None]
    requirements: bool
    environment: bool
    pre_execution: bool
    launcher: Union[Launcher, None]
    item: Union[Node, None]
    serializer: Union[str, SerializerReference, list[Any], None]
    data_only: bool


class Producer(TypedDict):
    """Who has stored a result.

    Attributes:
        job: Name of the training job; empty where nothing tells it.
        code: The sha256 of the step's bundle, in hex.
    """

    job: str
    code: str


class Part(TypedDict):
    """One part of a result.

    Attributes:
        key: In the whole.
        folder: Beside the manifest.
        sha256: Of its payload file, in hex.
    """

    key: Union[int, str, None]
    folder: str
    sha256: str


class Manifest(TypedDict):
    """How the parts make up the whole.

    Attributes:
        structure: value, tuple, list or dict.
        item: The item of the iteration; None if the step does not iterate.
        views: The files with the JSON view and the lists, as far as they are there, and the
            sha256 of each, in hex.
    """

    protocol: int
    producer: Producer
    structure: str
    parts: list[Part]
    item: Any
    views: dict[str, str]


class ListTexts(TypedDict, total=False):
    """A list as the texts that a ForEach step can iterate over, and the lists inside of it.

    Attributes:
        values: JSON list of the elements, each as JSON text; absent if JSON cannot hold one.
        positions: JSON list of their positions.
        elements: Key or index to the lists in that element.
    """

    values: str
    positions: str
    elements: dict[str, Any]


class Payload(TypedDict, total=False):
    """One stored part: which serializer wrote which file, and the file's sha256 in hex.

    Attributes:
        holds: Library and class of a frame or table.
        reader: The class that wrote it, if the serializer is ``custom``.
        source: The sha256, in hex, of the folder with the producer's source, if there is one.
    """

    protocol: int
    producer: Producer
    serializer: str
    file: str
    sha256: str
    holds: str
    reader: SerializerReference
    source: str
