"""Which version on the board's disk runs now, as `rule.py` has decided at this start; and what is left of a crash."""

import sys

CRASH = "crash.txt"
LONGEST = 160
ROOM = "room"
"""A file that asks for one start without sensors."""
HEARD = "heard"
"""A receipt came for what is on trial, and there was no memory to write that down in its place."""
spoilt = False
"""Is this start one with the copy of the last good configuration?"""
folder = ""
"""Where the version lies that runs: the root is the empty one."""
trial = False
safe = None
"""Why this start is without sensors: `boots` (too many failed), `update` (it needs the memory), or None."""
back = None
"""The version that was given up last, and why: told on `state` until the next update."""
heard = False
"""Had the start before this one a receipt, and no memory to write that down in its place?"""
interpreter = None
"""The interpreter that runs, where it came over the air."""
tried = False
"""Is it on trial? It has this start only, unless a receipt comes in it."""
moving = False
"""Is another broker on trial (moving.py)?"""


def trying() -> bool:
    """Is a version on trial, an interpreter, or another broker?"""
    return trial or tried or moving


def standing() -> dict:
    """What `state` says of what runs: `trial` while it is on trial; `back`, which was given up last and why; `interpreter`."""
    told = {"trial": True} if trying() else {"back": back} if back else {}
    if interpreter is not None:
        told["interpreter"] = interpreter
    return told


def hear() -> bool:
    """Keep what is on trial by one empty file, which the next start makes good; False where not even that can be written."""
    global trial, tried, moving
    try:
        if tried:
            from esp32 import Partition

            Partition.mark_app_valid_cancel_rollback()
        open(HEARD, "w").close()
    except (OSError, MemoryError):
        return False
    trial = tried = moving = False
    return True


def path(name: str) -> str:
    """Where a file of the version that runs lies."""
    return folder + "/" + name if folder else name


def unload(name: str) -> None:
    """Forget a module that is not needed any more: it takes a small board's memory."""
    package, _, last = name.rpartition(".")
    sys.modules.pop(name, None)
    if package and hasattr(sys.modules.get(package), last):
        delattr(sys.modules[package], last)


def crashed(error: BaseException) -> None:
    """Print the failure with its traceback on the console, and keep its first line for the next start."""
    sys.print_exception(error)
    try:
        with open(CRASH, "w") as file:
            file.write((type(error).__name__ + ": " + str(error))[:LONGEST])
    except OSError:
        print("# crash not kept: the disk refuses")
