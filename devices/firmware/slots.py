"""Which version on the board's disk runs now, as `rule.py` has decided at this start; and what is left of a crash."""

import sys

CRASH = "crash.txt"
LONGEST = 160
ROOM = "room"
"""A file that asks for one start without sensors."""
folder = ""
"""Where the version lies that runs: the root is the empty one."""
trial = False
safe = None
"""Why this start is without sensors: `boots` (too many failed), `update` (it needs the memory), or None."""
back = None
"""The version that was given up last, and why: told on `state` until the next update."""


def standing() -> dict:
    """What `state` says of the version: `trial` while it is on trial; `back`, which was given up last and why."""
    return {"trial": True} if trial else {"back": back} if back else {}


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
