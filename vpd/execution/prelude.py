"""The runtime inside the sandbox: this file's text is fed to every session before a program.

It implements `vpd.execution.image_patch` on top of one host function, replaces the builtins whose callbacks
must be able to call tools, and records the steps that `vpd.execution.instrument` marks. Names that start with
`_vpd` cannot be written by a program. Everything sent to the host is checked there again
(`vpd.execution.run`): nothing in this file is trusted.

Only what the sandbox's Python subset knows is used here; the host imports this module in tests alone.
"""

# ruff: noqa: D101, D102, D103, SIM110
# (The API is documented in image_patch; `any` over a generator would not stop early here.)

from typing import Any

_VPD_EVENTS_PER_CALL = 500
_VPD_LONGEST_LIST = 100
_VPD_LONGEST_TEXT = 500
_VPD_LARGEST_INT = 2**53
_VPD_DEEPEST = 4

_vpd_builtin_sorted = sorted
_vpd_events: list[Any] = []
_vpd_line = 0


def _vpd_host(*call: Any) -> Any:
    raise NotImplementedError("the host replaces this function")


def _vpd_ask(method: str, handle: int, *args: Any) -> Any:
    """Suspend until the host answers; the events recorded so far go along."""
    global _vpd_events
    events = _vpd_events
    _vpd_events = []
    return _vpd_host(method, _vpd_line, handle, args, events)


class ImagePatch:
    def __init__(self, image: Any, _vpd_region: Any = None) -> None:
        region = _vpd_region or _vpd_region_of(image)
        self._vpd_handle, self.left, self.top, self.right, self.bottom = region
        self.width = self.right - self.left
        self.height = self.bottom - self.top
        self.horizontal_center = (self.left + self.right) / 2
        self.vertical_center = (self.top + self.bottom) / 2

    def find(self, object_name: str) -> list[Any]:
        return [ImagePatch(None, region) for region in _vpd_ask("find", self._vpd_handle, object_name)]

    def exists(self, object_name: str) -> Any:
        return _vpd_ask("exists", self._vpd_handle, object_name)

    def verify_property(self, object_name: str, property: str) -> Any:
        return _vpd_ask("verify_property", self._vpd_handle, object_name, property)

    def simple_query(self, question: str) -> Any:
        return _vpd_ask("simple_query", self._vpd_handle, question)

    def best_text_match(self, options: list[str]) -> Any:
        return _vpd_ask("best_text_match", self._vpd_handle, options)

    def compute_depth(self) -> Any:
        return _vpd_ask("compute_depth", self._vpd_handle)

    def crop(self, left: float, top: float, right: float, bottom: float) -> Any:
        return ImagePatch(None, _vpd_ask("crop", self._vpd_handle, left, top, right, bottom))

    def overlaps_with(self, other: Any) -> bool:
        if not isinstance(other, ImagePatch):
            raise TypeError("overlaps_with takes a patch")
        apart = self.right <= other.left or other.right <= self.left
        return not (apart or self.bottom <= other.top or other.bottom <= self.top)


def _vpd_region_of(image: Any) -> Any:
    if not isinstance(image, ImagePatch):
        raise TypeError("ImagePatch takes the image")
    return image._vpd_handle, image.left, image.top, image.right, image.bottom


def bool_to_yesno(value: bool) -> str:
    return "yes" if value else "no"


def sorted(iterable: Any, *, key: Any = None, reverse: bool = False) -> Any:
    items = list(iterable)
    if key is None:
        return _vpd_builtin_sorted(items, reverse=reverse)
    keys = [key(item) for item in items]
    order = _vpd_builtin_sorted(range(len(items)), key=lambda i: keys[i], reverse=reverse)
    return [items[i] for i in order]


def _vpd_sort(items: Any, *, key: Any = None, reverse: bool = False) -> None:
    if not isinstance(items, list):
        raise AttributeError("only a list has the method 'sort'")
    items[:] = sorted(items, key=key, reverse=reverse)


def _vpd_extreme(name: str, better: Any, values: Any, key: Any, options: dict[str, Any]) -> Any:
    items = list(values[0]) if len(values) == 1 else list(values)
    if not items:
        if "default" in options:
            return options["default"]
        raise ValueError(name + "() arg is an empty sequence")
    best = items[0]
    best_key = best if key is None else key(best)
    for item in items[1:]:
        item_key = item if key is None else key(item)
        if better(item_key, best_key):
            best = item
            best_key = item_key
    return best


def min(*values: Any, key: Any = None, **options: Any) -> Any:
    return _vpd_extreme("min", lambda a, b: a < b, values, key, options)


def max(*values: Any, key: Any = None, **options: Any) -> Any:
    return _vpd_extreme("max", lambda a, b: a > b, values, key, options)


def map(function: Any, *iterables: Any) -> Any:
    return [function(*values) for values in zip(*iterables)]  # noqa: B905


def filter(function: Any, iterable: Any) -> Any:
    return [item for item in iterable if (item if function is None else function(item))]


def print(*values: Any, **_vpd_options: Any) -> None:
    """Programs have nowhere to print to; what they print counts as output."""
    _vpd_record(-1, sum([len(str(value)) + 1 for value in values]))


def _vpd_any(items: Any, test: Any) -> bool:
    for item in items:
        if test(item):
            return True
    return False


def _vpd_all(items: Any, test: Any) -> bool:
    for item in items:
        if not test(item):
            return False
    return True


def _vpd_next(items: Any, test: Any, give: Any, *default: Any) -> Any:
    for item in items:
        if test(item):
            return give(item)
    if default:
        return default[0]
    raise StopIteration


def _vpd_at(line: int) -> dict[str, Any]:
    """Note the line of a method call. Written as its last argument, so that it runs last; adds nothing."""
    global _vpd_line
    _vpd_line = line
    return {}


def _vpd_value(site: int, value: Any) -> Any:
    _vpd_record(site, _vpd_plain(value, 0))
    return value


def _vpd_test(site: int, value: Any) -> Any:
    _vpd_record(site, bool(value))
    return value


def _vpd_bool(site: int, value: Any) -> Any:
    if value is True or value is False:
        _vpd_record(site, value)
    return value


def _vpd_record(site: int, value: Any) -> None:
    _vpd_events.append((site, value))
    if len(_vpd_events) >= _VPD_EVENTS_PER_CALL:
        _vpd_ask("flush", 0)


def _vpd_plain(value: Any, depth: int) -> Any:
    """Return a value as the host takes it; `{}` stands for what a trace does not keep."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if -_VPD_LARGEST_INT <= value <= _VPD_LARGEST_INT else {}
    if isinstance(value, str):
        return value[:_VPD_LONGEST_TEXT]
    if isinstance(value, ImagePatch):
        return {"patch": value._vpd_handle}
    if isinstance(value, (list, tuple)) and len(value) <= _VPD_LONGEST_LIST and depth < _VPD_DEEPEST:
        return [_vpd_plain(item, depth + 1) for item in value]
    return {}


def _vpd_main(entry: Any, width: int, height: int) -> Any:
    """Run the program on the whole picture; return the type and value of its answer, and the last events."""
    answer = entry(ImagePatch(None, (0, 0.0, 0.0, float(width), float(height))))
    kind = type(answer).__name__
    plain = answer if answer is None or isinstance(answer, (str, int, float)) else None
    return kind, plain, _vpd_events
