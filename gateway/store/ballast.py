"""Room that is given back when the disk is full: without some, SQLite can neither delete nor checkpoint."""

from __future__ import annotations

import os
from pathlib import Path

LEAST_SHARE = 4
"""Below a quarter of the ballast's size, what is free counts as nothing."""


class Ballast:
    """A file of nothing beside the embedded file, which holds `size` bytes of its disk."""

    def __init__(self, beside: Path, size: int) -> None:
        self._path = beside.with_name(f"{beside.name}.ballast")
        self._size = size
        self._least = size // LEAST_SHARE

    @property
    def held(self) -> bool:
        """Is the room kept back, rather than given to what needs it?"""
        return self._path.exists()

    def hold(self) -> bool:
        """Keep the room back, where there is enough for that and some more; False where there is not."""
        if self.held:
            return True
        if self._free() < self._size + 2 * self._least:
            return False
        try:
            self._fill()
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Give the room back."""
        self._path.unlink(missing_ok=True)

    def full(self) -> bool:
        """Is the disk full? The ballast is released where it is, and held again once it no longer is."""
        if self.held and self._free() >= self._least:
            return False
        if self.held:
            self.release()
            return True
        return not self.hold()

    def _fill(self) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        finally:
            os.close(handle)

    def _free(self) -> int:
        room = os.statvfs(self._path.parent)
        return room.f_bavail * room.f_frsize
