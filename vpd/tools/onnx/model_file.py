"""Model files by name and content: looked for in one folder, checked before they are loaded."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from vpd.errors import ModelFileError


@dataclass(frozen=True)
class OnnxFile:
    """A model file; `origin` says where to get it."""

    name: str
    sha256: str
    origin: str

    def find(self, folder: Path) -> Path:
        """Return the checked file in this folder. Raises ModelFileError if it is missing or another one."""
        path = folder.expanduser() / self.name
        if not path.is_file():
            raise ModelFileError(
                f"{path} is missing: put {self.name} ({self.origin}) there, "
                "or set VPD_MODEL_DIR to the folder that has it"
            )
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != self.sha256:
            raise ModelFileError(
                f"{path} is not {self.name}: sha256 {found}, expected {self.sha256}; replace it"
            )
        return path
