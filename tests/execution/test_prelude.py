"""The runtime in the sandbox implements the protocol that the prompt shows."""

import ast
import inspect
from collections.abc import Callable

from vpd.execution import prelude
from vpd.execution.engine import Engine
from vpd.execution.prelude_text import prelude_text
from vpd.execution.run import Job
from vpd.tools import image_patch
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Picture


def methods(text: str) -> dict[str, list[str]]:
    """Public methods of ImagePatch and their parameters, as a program may write them."""
    [patch] = [n for n in ast.parse(text).body if isinstance(n, ast.ClassDef) and n.name == "ImagePatch"]
    return {
        node.name: [arg.arg for arg in node.args.args if not arg.arg.startswith("_vpd")]
        for node in patch.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def test_prelude_has_the_methods_of_the_protocol_with_the_same_parameters() -> None:
    assert methods(prelude_text(IMAGE_PATCH.values())) == methods(inspect.getsource(image_patch))


def test_prelude_has_the_helpers_of_the_protocol() -> None:
    for helper in image_patch.HELPERS:
        twin = getattr(prelude, helper.__name__)
        assert inspect.signature(twin) == inspect.signature(helper)
        assert [twin(v) for v in (True, False)] == [helper(v) for v in (True, False)]


def test_prelude_patch_has_the_attributes_of_the_protocol(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    names = list(image_patch.ImagePatch.__annotations__)
    body = f"p = ImagePatch(image).crop(10, 20, 40, 60)\nreturn str([p.{', p.'.join(names)}])"
    [(_, run)] = engine.run([Job(body, fake_picture())])
    assert dict(zip(names, eval(run.answer or ""), strict=True)) == {
        "left": 10,
        "top": 20,
        "right": 40,
        "bottom": 60,
        "width": 30,
        "height": 40,
        "horizontal_center": 25,
        "vertical_center": 40,
    }
