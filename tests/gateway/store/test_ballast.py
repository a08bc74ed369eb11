"""Room is kept back beside the file, given back when the disk is full, and kept back again afterwards: on a real disk."""

from __future__ import annotations

import os
from pathlib import Path

from gateway.store.ballast import Ballast

SIZE = 1 << 20


def fill(disk: Path, *, leave: int) -> Path:
    """Use the disk up but for so many bytes; the file that does it."""
    there = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(there.f_bavail * there.f_frsize - leave))
    return filler


def test_room_is_kept_back_where_there_is_enough(small_disk: Path) -> None:
    """The ballast takes its size from the disk, and holding it twice takes it once."""
    before = os.statvfs(small_disk).f_bavail
    ballast = Ballast(small_disk / "g.sqlite", SIZE)

    assert ballast.hold()
    assert ballast.hold()
    assert ballast.held
    assert not ballast.full()
    taken = (before - os.statvfs(small_disk).f_bavail) * os.statvfs(small_disk).f_frsize
    assert SIZE <= taken <= SIZE + (64 << 10)


def test_a_full_disk_gets_the_room_back_once(small_disk: Path) -> None:
    """When others fill the disk the ballast goes; it stays full until they make room, and then the ballast is back."""
    ballast = Ballast(small_disk / "g.sqlite", SIZE)
    ballast.hold()
    filler = fill(small_disk, leave=8 << 10)

    assert ballast.full()
    assert not ballast.held
    assert os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize >= SIZE
    assert ballast.full()
    assert not ballast.held
    filler.unlink()
    assert not ballast.full()
    assert ballast.held


def test_a_disk_without_room_for_it_is_full(small_disk: Path) -> None:
    """Where the ballast never fitted, nothing is left behind of the try."""
    fill(small_disk, leave=SIZE)
    ballast = Ballast(small_disk / "g.sqlite", SIZE)

    assert not ballast.hold()
    assert ballast.full()
    assert {path.name for path in small_disk.iterdir()} == {"filler"}


def test_a_folder_that_takes_no_file_counts_as_full(tmp_path: Path) -> None:
    """A failure to make the ballast is told by `full`, not raised."""
    (tmp_path / "g.sqlite.ballast.d").mkdir()
    ballast = Ballast(tmp_path / "g.sqlite", 1 << 60)

    assert not ballast.hold()
    assert ballast.full()
