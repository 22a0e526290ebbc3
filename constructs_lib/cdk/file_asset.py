"""Files of a cloud assembly that are uploaded when a stack is deployed."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from aws_cdk import FileAssetLocation, FileAssetPackaging, IStackSynthesizer, NestedStack, Stack

_SYNTHESIZERS: WeakKeyDictionary[Stack, IStackSynthesizer] = WeakKeyDictionary()
_UNBOUND = "BoundStackFirst"


def add_file_asset(
    stack: Stack,
    *,
    source_hash: str,
    display_name: str,
    file_name: str | None = None,
    executable: list[str] | None = None,
) -> FileAssetLocation:
    """Register a file for upload: one of the assembly, or one that a command makes.

    Args:
        stack: The stack that deploys it.
        source_hash: The object's key, without the ending.
        display_name: Shown while the asset is published.
        file_name: Of the file, relative to the assembly.
        executable: Command that prints the path of the file instead, a zip archive; it runs when
            the asset is published, if it is not there yet.

    Returns:
        Bucket and key, with the tokens of the stack's synthesizer.
    """

    def add(synthesizer: IStackSynthesizer) -> FileAssetLocation:
        return synthesizer.add_file_asset(
            source_hash=source_hash,
            file_name=file_name,
            executable=executable,
            packaging=None if file_name is None else FileAssetPackaging.FILE,
            display_name=display_name,
        )

    try:
        return add(_SYNTHESIZERS.get(stack) or stack.synthesizer)
    except RuntimeError as error:
        if _UNBOUND not in str(error):
            raise
    _SYNTHESIZERS[stack] = _bound_synthesizer(stack)
    return add(_SYNTHESIZERS[stack])


def _bound_synthesizer(stack: Stack) -> IStackSynthesizer:
    """Return the synthesizer that a stack really uses.

    A stack uses a copy of a synthesizer that it is given, and Python cannot hold that copy: jsii
    takes it for the original, which is bound to no stack. A nested stack, made for a moment, has a
    synthesizer of its own that hands everything on to the copy.
    """
    name = "ConstructsLibSynthesizer"
    synthesizer = NestedStack(stack, name).synthesizer
    for child in (name, f"{name}.NestedStack"):
        stack.node.try_remove_child(child)
    return synthesizer
