"""The runtime in the sandbox implements the protocol that the prompt shows."""

import inspect
from collections.abc import Callable

from vpd.execution import arguments, image_patch, instrument, prelude
from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.tools.protocol import Picture


def methods(cls: type) -> dict[str, list[str]]:
    """Public methods and their parameters, as a program may write them."""
    return {
        name: [p for p in inspect.signature(method).parameters if not p.startswith("_vpd")]
        for name, method in vars(cls).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


def test_prelude_has_the_methods_of_the_protocol_with_the_same_parameters() -> None:
    assert methods(prelude.ImagePatch) == methods(image_patch.ImagePatch)


def test_prelude_has_the_helpers_of_the_protocol() -> None:
    for helper in image_patch.HELPERS:
        twin = getattr(prelude, helper.__name__)
        assert inspect.signature(twin) == inspect.signature(helper)
        assert [twin(v) for v in (True, False)] == [helper(v) for v in (True, False)]


def test_tool_methods_are_checked_and_lined() -> None:
    protocol = methods(image_patch.ImagePatch)
    for method in image_patch.TOOL_METHODS:
        assert method in instrument.LINED_METHODS
        assert len(arguments._CHECKS[method]) == len(protocol[method]) - 1


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
