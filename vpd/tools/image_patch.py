"""The API that generated programs see. Its signatures and docstrings are the prompt's API text.

Semantics: pixels of the stored picture, origin at the top left, y grows downward, no hidden margins. `find`
may return nothing. A tool set may lack some of the methods that ask tools, or have others besides
(`vpd.tools.methods`); the prompt shows those it has.

The docstrings below are read by a language model: keep them short, with one example where it helps.
"""

from typing import Protocol


class ImagePatch(Protocol):
    """A rectangular region of a picture. `ImagePatch(image)` is the whole picture.

    Attributes (pixels, origin top left):
        left, top, right, bottom: edges of the region
        width, height: its size
        horizontal_center, vertical_center: its centre; a smaller horizontal_center is further left
    """

    left: float
    top: float
    right: float
    bottom: float
    width: float
    height: float
    horizontal_center: float
    vertical_center: float

    def find(self, object_name: str) -> list["ImagePatch"]:
        """Return one patch per object of this name, or an empty list.

        The name is a noun in the singular, with adjectives if needed: find("cube"), find("small red cube").
        """
        ...

    def exists(self, object_name: str) -> bool:
        """Tell whether there is at least one object of this name."""
        ...

    def verify_property(self, object_name: str, property: str) -> bool:
        """Tell whether the object in this patch has the property: verify_property("cube", "red")."""
        ...

    def simple_query(self, question: str) -> str:
        """Answer a short question about the one object in this patch: simple_query("What color is it?")."""
        ...

    def best_text_match(self, options: list[str]) -> str:
        """Return the option that describes this patch best: best_text_match(["red", "blue"])."""
        ...

    def compute_depth(self) -> float:
        """Return the distance from the camera to the object in this patch; smaller is nearer, in front."""
        ...

    def read_text(self) -> str:
        """Return the text that is written in this patch, or an empty text if there is none."""
        ...

    def llm_query(self, question: str) -> str:
        """Answer a question of general knowledge, without looking: llm_query("Where do kiwis grow?")."""
        ...

    def crop(self, left: float, top: float, right: float, bottom: float) -> "ImagePatch":
        """Return the region between these edges, in pixels of the picture, cut off at its border."""
        ...

    def overlaps_with(self, other: "ImagePatch") -> bool:
        """Tell whether this patch and the other share any area."""
        ...


def bool_to_yesno(value: bool) -> str:
    """Return "yes" or "no"."""
    return "yes" if value else "no"


HELPERS = (bool_to_yesno,)
