"""On a board: how long its flash takes to append, to rename and to remove; what it had before is left alone."""

import json
import os
import time

FILE = "bench.tmp"
PIECES = 16
PIECE = b"x" * 256


def took_us(act) -> int:
    """How long something takes."""
    began = time.ticks_us()
    act()
    return time.ticks_diff(time.ticks_us(), began)


def append() -> None:
    """One piece more, as the spool and the diary are written."""
    with open(FILE, "ab") as file:
        file.write(PIECE)


def figures() -> dict:
    """Times in microseconds, and the room that there is."""
    room = os.statvfs("/")
    appends = sorted(took_us(append) for _ in range(PIECES))
    found = {
        "block_bytes": room[0],
        "blocks": room[2],
        "blocks_free": room[3],
        "append_us": appends[PIECES // 2],
        "append_most_us": appends[-1],
        "rename_us": took_us(lambda: os.rename(FILE, FILE + "2")),
        "remove_us": took_us(lambda: os.remove(FILE + "2")),
    }
    return found


print("FOUND " + json.dumps(figures()))
