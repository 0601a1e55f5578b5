"""The API of a tool set as Python text: what the prompt shows to the language model."""

import ast
import inspect
from collections.abc import Collection, Iterable

from vpd.tools.image_patch import HELPERS, ImagePatch
from vpd.tools.methods import IMAGE_PATCH, Method


def api_text(methods: Collection[Method]) -> str:
    """Return the API with these methods as source with docstrings and without bodies."""
    [patch] = ast.parse(inspect.getsource(ImagePatch)).body
    assert isinstance(patch, ast.ClassDef)
    offered = {method.name for method in methods}
    left_out = IMAGE_PATCH.keys() - offered
    own = [n for n in patch.body if not isinstance(n, ast.AnnAssign)]
    own = [n for n in own if not isinstance(n, ast.FunctionDef) or n.name not in left_out]
    patch.bases = []
    patch.body = [*own, *_definitions(m.source for m in methods if m.name not in IMAGE_PATCH)]
    helpers = _definitions(inspect.getsource(helper) for helper in HELPERS)
    for node in (*patch.body, *helpers):
        if isinstance(node, ast.FunctionDef):
            node.body = node.body[:1]
    return f"{ast.unparse(patch)}\n\n{ast.unparse(ast.Module(helpers, []))}"


def _definitions(sources: Iterable[str]) -> list[ast.stmt]:
    return [node for source in sources for node in ast.parse(source).body]
