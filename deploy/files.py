"""Files that are whole at any moment, and that nobody else may read from their first byte on where that is asked."""

from __future__ import annotations

import os
from pathlib import Path


def fresh(path: Path, content: bytes, *, mode: int) -> Path:
    """The file that is to take the place of `path`: beside it, on the disk, with this mode. Raises OSError."""
    made = path.with_name(f".{path.name}.new")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        made.chmod(mode)  # what the mask of new files took away
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return made


def put(path: Path, content: bytes, *, mode: int) -> None:
    """Afterwards the file holds this, in one step, with this mode; what stood there keeps nothing. Raises OSError."""
    fresh(path, content, mode=mode).replace(path)
