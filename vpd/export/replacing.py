"""A folder that is built aside and then takes the place of an earlier one.

A build that is killed leaves the earlier folder as it was, and FOLDER.part, which the next build removes. In
the moment of the exchange the earlier one is FOLDER.old; the next build puts it back if it finds it so.

Not here: two builds of one folder at the same time.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vpd.errors import StoreError


@contextmanager
def replacing(folder: Path, marker: str) -> Iterator[Path]:
    """Yield an empty folder that becomes `folder` if the block ends without an error.

    An earlier folder is replaced only if it holds a file named `marker`, or nothing. Raises StoreError if it
    holds anything else, or if something cannot be written; the earlier folder is then as it was.
    """
    building, old = (folder.with_name(f"{folder.name}.{end}") for end in ("part", "old"))
    try:
        if old.exists() and not folder.exists():
            old.rename(folder)
        if folder.exists() and not (folder / marker).exists() and any(folder.iterdir()):
            raise StoreError(f"{folder} is not empty and holds no export: name another folder")
        _clear(building, old)
        building.mkdir(parents=True)
        try:
            yield building
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        if folder.exists():
            folder.rename(old)
        building.rename(folder)
        _clear(old)
    except OSError as error:
        raise StoreError(
            f"cannot write the export to {folder}: {error}; an earlier export is as it was. Free space, fix "
            "permissions or name another folder, and export again"
        ) from error


def _clear(*folders: Path) -> None:
    for folder in folders:
        if folder.exists():
            shutil.rmtree(folder)
