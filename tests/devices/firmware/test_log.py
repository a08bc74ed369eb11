"""The board's diary: it outlives a restart, is bounded, and can be read piece by piece."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_board import run

NOTE = """
import os
from girouette.diary import read
from girouette.log import Log

class Uptime:
    now_s = 0
    def s(self):
        return self.now_s
class Clock:
    now = None
    def now_s(self):
        return self.now

uptime, clock, log = Uptime(), Clock(), Log()
log.begin(given.get("boot", 1), uptime, clock)
for uptime.now_s, clock.now, text in given["notes"]:
    log.note(*text.split(" "))
def all_of(start):
    text, pieces = "", 0
    while True:
        piece, after, end = read(log, start)
        text, pieces = text + piece, pieces + 1
        if after == start or after >= end:
            return [text, pieces, end]
        start = after
result = all_of(given.get("from", 0)) + [sum(os.stat("log/" + n)[6] for n in os.listdir("log"))]
"""


def test_a_line_says_when_and_what(tmp_path: Path) -> None:
    """Boot and uptime always, the date once it is known; a second boot goes on in the same diary."""
    run(NOTE, tmp_path, {"notes": [(3, None, "starts"), (9, 1_800_000_009, "connected to\nhome")]})

    text, pieces, end, size = run(NOTE, tmp_path, {"boot": 2, "notes": [(1, None, "starts again")]})

    assert text.splitlines() == ["b1+3 - starts", "b1+9 1800000009 connected to home", "b2+1 - starts again"]
    assert (pieces, end, size) == (1, len(text), len(text))


def test_the_diary_is_bounded_and_its_newest_lines_are_kept(tmp_path: Path) -> None:
    """Four hundred lines take at most 8 KiB of flash; what is read is the unbroken end of them."""
    notes = [(600 * n, None, f"line {n} " + "x" * 60) for n in range(400)]

    text, pieces, end, size = run(NOTE, tmp_path, {"notes": notes})

    kept = [int(line.split(" ")[3]) for line in text.splitlines()]
    assert kept == list(range(kept[0], 400))
    assert 4096 <= size == len(text) <= 8192
    assert pieces >= size // 1024
    assert end > 30_000
    assert run(NOTE, tmp_path, {"notes": [], "from": end - 5})[0] == text[-5:]


def test_a_flapping_network_does_not_wear_the_flash(tmp_path: Path) -> None:
    """Sixty lines an hour are kept; the first of the next hour says how many were not."""
    notes = [(n, None, f"flap {n}") for n in range(100)] + [(3600, None, "quiet")]

    lines = run(NOTE, tmp_path, {"notes": notes})[0].splitlines()

    assert len(lines) == 61
    assert lines[-1] == "b1+3600 - quiet (and 40 lines left out)"


@pytest.mark.parametrize("torn", [b"b1+5 - half a li", b"b1+5 - \xff\xfe spoilt\n"])
def test_a_torn_or_spoilt_line_stops_nobody(tmp_path: Path, torn: bytes) -> None:
    """After a power cut within a line the diary is written and read on, to its end."""
    run(NOTE, tmp_path, {"notes": [(3, None, "starts")]})
    with (tmp_path / "flash" / "log" / "0").open("ab") as file:
        file.write(torn)

    text, _, end, size = run(NOTE, tmp_path, {"notes": [(9, None, "goes on")]})

    assert text.startswith("b1+3 - starts\n")
    assert text.endswith("b1+9 - goes on\n")
    assert end == size
