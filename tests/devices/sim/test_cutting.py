"""The power cuts themselves: they cut everywhere, tell the truth about what was said, and find a board that forgets."""

from __future__ import annotations

from pathlib import Path

from cuts import sweep
from on_board import run

CAREFUL = """
import os

def live():
    for n in range(given):
        with open("fresh", "w") as file:
            file.write(str(n) * 300)
        os.rename("fresh", "kept")
        print("kept", n)

def judge(said, now):
    try:
        with open("kept") as file:
            text = file.read()
    except OSError:
        text = ""
    n = len(said) - 1
    assert text in ("" if n < 0 else str(n) * 300, str(n + 1) * 300), (text, said)
    with open("kept", "w") as file:
        file.write("and again")
"""
HASTY = CAREFUL.replace('open("fresh"', 'open("kept"').replace('os.rename("fresh", "kept")', "pass")
HASTY = HASTY.replace(
    "as file:\n            file.write(str(n)", "as file:\n            file.flush()\n            file.write(str(n)"
)


def test_a_file_that_is_renamed_is_whole_at_every_cut(tmp_path: Path) -> None:
    """Written beside and renamed: at each cut the old content is there or the new one, and it can be written again."""
    swept = sweep(CAREFUL, tmp_path, 5)

    assert swept.failed == 0, swept
    assert swept.points == 2 * swept.operations + 1 > 50
    assert swept.overwritten == 0


def test_a_file_that_is_written_over_is_found_out(tmp_path: Path) -> None:
    """Emptied first and written then: some cuts leave nothing, and each is reported with what was said before."""
    swept = sweep(HASTY, tmp_path, 5)

    assert 0 < swept.failed < swept.points
    number, how, trace, said, _ = swept.failures[0]
    assert number > 0
    assert how in {"before", "half"}
    assert "AssertionError" in trace
    assert said[-1].startswith("kept")


COUNTING = """
import os

def read():
    try:
        with open("count") as file:
            return int(file.read())
    except OSError:
        return 0

def live():
    for n in range(read() + 1, read() + 3):
        with open("fresh", "w") as file:
            file.write(str(n))
        os.rename("fresh", "count")
        print(n)

def again(said):
    live()

def judge(said, now):
    last = int(said[-1]) if said else 0
    assert read() in (last, last + 1)
"""


def test_a_second_cut_falls_on_the_boot_after_the_first(tmp_path: Path) -> None:
    """What the second boot said before its own cut belongs to the truth; every fifth cut is followed by all of its cuts."""
    once = sweep(COUNTING.replace("def again", "def unused"), tmp_path)
    twice = sweep(COUNTING, tmp_path, every=5)

    assert once.failed == twice.failed == 0, twice
    assert twice.points > 3 * once.points


FLASH = """
from flashchip import BLOCK, Flash
flash = Flash(2)
flash.log = []
flash.ioctl(6, 1)
flash.writeblocks(1, b"\\x0f\\xf0", 8)
read = bytearray(2)
flash.readblocks(1, read, 8)
first = list(read)
flash.writeblocks(1, b"\\xff\\x30", 8)
flash.readblocks(1, read, 8)
result = [first, list(read), flash.overwritten, flash.erases, [list(o[:2]) for o in flash.log], flash.ioctl(4, 0), BLOCK]
"""


def test_a_bit_comes_back_by_erasing_only(tmp_path: Path) -> None:
    """What is written twice is what both have in common, and is counted, for littlefs must not need it."""
    first, second, overwritten, erases, log, blocks, size = run(FLASH, tmp_path)

    assert first == [0x0F, 0xF0]
    assert second == [0x0F, 0x30]
    assert overwritten == 1
    assert erases == [0, 1]
    assert log == [[1, 0], [1, 8], [1, 8]]
    assert (blocks, size) == (2, 4096)


DYING = """
from flashchip import FlashFile

class Dead(Exception):
    pass

def die():
    raise Dead

def tried(flash, block):
    try:
        flash.writeblocks(block, b"\\x01\\x02\\x03\\x04")
    except Dead:
        return "dead"
    return "written"

flash = FlashFile("image", 3)
flash.dies_after(2, die)
result = [flash.fresh] + [tried(flash, block) for block in range(3)]
again, read = FlashFile("image", 3), bytearray(4)
result.append(again.fresh)
for block in range(3):
    again.readblocks(block, read)
    result.append(list(read))
"""


def test_flash_in_a_file_dies_in_the_middle_of_an_operation(tmp_path: Path) -> None:
    """What came before is there, half of the last operation too, and whatever is tried afterwards is not."""
    assert run(DYING, tmp_path) == [
        True, "written", "dead", "dead", False, [1, 2, 3, 4], [1, 2, 255, 255], [255, 255, 255, 255],
    ]  # fmt: skip
