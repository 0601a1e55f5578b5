"""Boxes: (left, top, right, bottom) in pixels of the stored picture, origin top left, y grows downward."""

from dataclasses import dataclass

GRID = 1000


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in picture pixels; `right` and `bottom` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """The centre as (x, y) in pixels."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        """Area in square pixels; zero for an empty or inverted box."""
        return max(0.0, self.width) * max(0.0, self.height)

    def clamp(self, width: float, height: float) -> "Box":
        """Return the part of the box inside a picture of this size."""
        left, right = sorted((min(max(self.left, 0.0), width), min(max(self.right, 0.0), width)))
        top, bottom = sorted((min(max(self.top, 0.0), height), min(max(self.bottom, 0.0), height)))
        return Box(left, top, right, bottom)

    def overlap(self, other: "Box") -> float:
        """Return the area shared with another box, in square pixels."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)

    def iou(self, other: "Box") -> float:
        """Return intersection over union, 0 to 1."""
        shared = self.overlap(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def on_grid(self, width: float, height: float) -> tuple[int, int, int, int]:
        """Return (left, top, right, bottom) as integers on the 0-1000 grid that rationales use."""
        x, y = GRID / width, GRID / height
        return round(self.left * x), round(self.top * y), round(self.right * x), round(self.bottom * y)
