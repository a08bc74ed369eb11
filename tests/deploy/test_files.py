"""Files that are whole at any moment, for whom they are meant alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from deploy.files import fresh, put


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_has_its_mode_whatever_stood_there(tmp_path: Path, mode: int) -> None:
    """One that others could read before is its owner's alone afterwards; what all may read they may where new files are one's own."""
    file = tmp_path / "secret"
    file.write_text("before")
    file.chmod(0o666)

    mask = os.umask(0o077)
    try:
        put(file, b"after", mode=mode)
    finally:
        os.umask(mask)

    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"after", mode)
    assert list(tmp_path.iterdir()) == [file]


def test_until_it_takes_its_place_the_old_one_stays(tmp_path: Path) -> None:
    """What is being written is another file; a half-written one of an earlier try is no harm."""
    file = tmp_path / "secret"
    file.write_text("before")
    (tmp_path / ".secret.new").write_text("half")

    made = fresh(file, b"after", mode=0o600)

    assert (file.read_text(), made.read_bytes()) == ("before", b"after")
