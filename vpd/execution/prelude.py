"""The runtime inside the sandbox: this file's text is fed to every session before a program.

It implements `vpd.tools.image_patch` on top of one host function, but for the methods that ask tools, which
`vpd.execution.prelude_text` writes from their table. It replaces the builtins whose callbacks
must be able to call tools, and records the steps that `vpd.execution.instrument` marks. Names that start with
`_vpd` cannot be written by a program. Everything sent to the host is checked there again
(`vpd.execution.run`): nothing in this file is trusted.

Only what the sandbox's Python subset knows is used here; the host imports this module in tests alone.
"""

# ruff: noqa: D101, D102, D103
# (The API is documented in image_patch.)

from typing import Any

_VPD_EVENTS_PER_CALL = 500
_VPD_LONGEST_LIST = 100
_VPD_LONGEST_TEXT = 500
_VPD_LARGEST_INT = 2**53
_VPD_DEEPEST = 4

_vpd_builtin_sorted, _vpd_builtin_any, _vpd_builtin_all = sorted, any, all
_vpd_builtin_zip, _vpd_builtin_reversed, _vpd_builtin_round = zip, reversed, round
_vpd_iter, _vpd_next = iter, next
_vpd_end: Any = ["the end of an iterator, which no program can hold"]
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


class _vpd_Iterator:
    """An iterator that may call tools for its next item: `pull` returns it or raises StopIteration.

    The sandbox can wait for a tool in `next(it)` and in a `while` loop over that, but not in its own loops.
    """

    def __init__(self, pull: Any) -> None:
        self._vpd_pull = pull

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        return self._vpd_pull()


def _vpd_drain(values: Any, most: int = -1) -> Any:
    """Return the items (at most so many) of an iterator that may call tools, or other values as they are."""
    if not isinstance(values, _vpd_Iterator):
        return values
    items: list[Any] = []
    while len(items) != most and (item := next(values, _vpd_end)) is not _vpd_end:
        items.append(item)
    return items


def _vpd_generator(values: Any, step: Any) -> Any:
    """Return what a generator expression does: `step` gives a list of no or one item."""
    source = iter(values)

    def pull() -> Any:
        nonlocal source
        while (item := next(source, _vpd_end)) is not _vpd_end:
            rest = source
            source = iter([])  # a generator that raised is at its end
            try:
                found = step(item)
            except StopIteration as error:
                raise RuntimeError("generator raised StopIteration") from error
            source = rest
            if found:
                return found[0]
        raise StopIteration

    return _vpd_Iterator(pull)


def _vpd_flat(iterators: Any) -> Any:
    inner: Any = iter([])

    def pull() -> Any:
        nonlocal inner
        while (item := next(inner, _vpd_end)) is _vpd_end:
            inner = next(iterators)
        return item

    return _vpd_Iterator(pull)


def _vpd_list_of(values: Any) -> Any:
    return _vpd_drain(values)


def _vpd_set_of(values: Any) -> Any:
    return set(_vpd_drain(values))


def _vpd_dict_of(values: Any) -> Any:
    return dict(_vpd_drain(values))


def map(function: Any, iterable: Any, *more: Any) -> Any:
    sources = [iter(values) for values in (iterable, *more)]
    return _vpd_Iterator(lambda: function(*[next(source) for source in sources]))


def filter(function: Any, iterable: Any) -> Any:
    source = iter(iterable)

    def pull() -> Any:
        while True:
            item = next(source)
            if item if function is None else function(item):
                return item

    return _vpd_Iterator(pull)


def zip(*iterables: Any, strict: bool = False) -> Any:
    if strict:
        return iter(_vpd_builtin_zip(*[_vpd_drain(values) for values in iterables], strict=True))
    sources = [iter(values) for values in iterables] or [iter([])]
    return _vpd_Iterator(lambda: tuple([next(source) for source in sources]))


def enumerate(iterable: Any, start: int = 0) -> Any:
    source = iter(iterable)
    count = start - 1

    def pull() -> Any:
        nonlocal count
        item = next(source)
        count += 1
        return count, item

    return _vpd_Iterator(pull)


def reversed(sequence: Any) -> Any:
    if not isinstance(sequence, list):
        return iter(_vpd_builtin_reversed(sequence))
    index = len(sequence)

    def pull() -> Any:
        nonlocal index
        index -= 1
        if not 0 <= index < len(sequence):
            index = 0
            raise StopIteration
        return sequence[index]

    return _vpd_Iterator(pull)


def any(iterable: Any) -> bool:
    if not isinstance(iterable, _vpd_Iterator):
        return _vpd_builtin_any(iterable)
    while (item := next(iterable, _vpd_end)) is not _vpd_end:
        if item:
            return True
    return False


def all(iterable: Any) -> bool:
    if not isinstance(iterable, _vpd_Iterator):
        return _vpd_builtin_all(iterable)
    while (item := next(iterable, _vpd_end)) is not _vpd_end:
        if not item:
            return False
    return True


def sorted(iterable: Any, *, key: Any = None, reverse: bool = False) -> Any:
    items = list(_vpd_drain(iterable))
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
    for option in options:
        if option != "default" or len(values) > 1:
            raise TypeError(name + "() got an unexpected keyword argument")
    if not values:
        raise TypeError(name + " expected at least 1 argument, got 0")
    best, best_key = _vpd_end, None
    for item in list(_vpd_drain(values[0])) if len(values) == 1 else values:
        item_key = item if key is None else key(item)
        if best is _vpd_end or better(item_key, best_key):
            best, best_key = item, item_key
    if best is not _vpd_end:
        return best
    if "default" in options:
        return options["default"]
    raise ValueError(name + "() arg is an empty sequence")


def min(*values: Any, key: Any = None, **options: Any) -> Any:
    return _vpd_extreme("min", lambda a, b: a < b, values, key, options)


def max(*values: Any, key: Any = None, **options: Any) -> Any:
    return _vpd_extreme("max", lambda a, b: a > b, values, key, options)


def round(number: Any, ndigits: Any = None) -> Any:
    if not isinstance(number, float) or not isinstance(ndigits, int) or ndigits < 0 or number - number != 0:
        return _vpd_builtin_round(number, ndigits)
    return float(f"{number:.{ndigits}f}")  # the sandbox's own makes 2.68 of 2.675


def _vpd_caught(error: Any) -> None:
    """Let no program catch what only the sandbox raises: Python would not have raised it."""
    message = str(error)
    if "cannot suspend" in message or "not yet support" in message or "in monty" in message:
        raise error


def print(*values: Any, **_vpd_options: Any) -> None:
    """Programs have nowhere to print to; what they print counts as output."""
    _vpd_record(-1, sum([len(str(value)) + 1 for value in values]))


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
