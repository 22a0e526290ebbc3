"""Source text that depends on what the code says, not on how it is laid out.

No comments, no blank lines, one spacing, one quoting; the same bytes on every Python version,
which ``ast.unparse`` does not give.
"""

from __future__ import annotations

import ast

from constructs_lib.packaging.canonical.errors import UnprintableNodeError
from constructs_lib.packaging.canonical.statements import print_statements

__all__ = ["UnprintableNodeError", "canonical_source"]


def canonical_source(node: ast.Module | ast.stmt) -> str:
    """Return the canonical text of a module or a statement, ending with a newline.

    Parsing the text gives an equal syntax tree.

    Raises:
        UnprintableNodeError: The tree has syntax that this version does not know.
    """
    if isinstance(node, ast.Module):
        lines = print_statements(node.body, docstring=True)
    else:
        lines = print_statements([node])
    return "".join(f"{line}\n" for line in lines)
