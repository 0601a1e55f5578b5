"""Bases that come with vpd: what `vpd pretrain` made, in the package, so that nobody has to wait for it.

`base` of a training names one as recorded:NAME. How each was made is in its README.
"""

from pathlib import Path

from vpd.errors import ConfigError

FOLDER = Path(__file__).parent / "bases"
_PREFIX = "recorded:"


def recorded_base(base: str) -> Path | None:
    """Return the folder of a base that is named recorded:NAME; None if it is not.

    Raises ConfigError if there is none of that name.
    """
    if not base.startswith(_PREFIX):
        return None
    folder = FOLDER / base.removeprefix(_PREFIX)
    if not (folder / "config.json").is_file():
        known = ", ".join(sorted(path.parent.name for path in FOLDER.glob("*/config.json")))
        raise ConfigError(f"base {base!r} is not recorded: there are {known or 'none'}")
    return folder
