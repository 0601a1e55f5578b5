"""What all HTML files share: how templates are filled, and how a file is written or kept.

A file needs nothing else: no script, no network. Everything that came from a model, a picture's source or a
person is escaped, and control characters are made visible.
"""

import re
import uuid
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vpd.errors import StoreError
from vpd.inspect.wording import version_shown, visible
from vpd.store import ArtifactStore

_DIGEST = re.compile(r"[0-9a-f]{20}\.html")


def environment(package: str) -> Environment:
    """Return the environment of a package's folder `templates`."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.filters["version_shown"] = version_shown
    return made


def _visible(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def write_page(html: str, path: Path) -> None:
    """Write an HTML file whole or not at all. Raises StoreError if the folder cannot be written."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            aside.write_text(html, encoding="utf-8")
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error}; free space or fix permissions") from error


def keep_page(store: ArtifactStore, start: str, digest: str, page: Callable[[], str]) -> str:
    """Keep an HTML file in the store, unless it is there already, and return its address.

    Its name is `start` (a folder, and what kind of page it is) and `digest`, which follows from what it is
    made from, 20 digits. It is whole or absent: a process killed at any point leaves no wrong page behind.
    Older ones with the same start are deleted once the new one is there.
    """
    name = f"{start}{digest}.html"
    if not store.objects.exists(name):
        store.objects.put(name, page().encode())
        pages = {n for n in store.objects.list(start) if _DIGEST.fullmatch(n.removeprefix(start))}
        for older in pages - {name}:
            store.objects.delete(older)
    return f"{store.uri}/{name}"
