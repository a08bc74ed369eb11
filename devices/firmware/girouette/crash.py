"""What the last failure was: one short line in a file, told once in `health` after the restart."""

import os
import sys

FILE = "crash.txt"
LONGEST = 160


def note(error: BaseException) -> None:
    """Print the failure with its traceback on the console, and keep its first line for the next boot."""
    sys.print_exception(error)
    try:
        with open(FILE, "w") as file:
            file.write((type(error).__name__ + ": " + str(error))[:LONGEST])
    except OSError:
        print("# crash not kept: the disk refuses")


def last() -> str | None:
    """The failure before this boot, forgotten once read; None when there was none."""
    try:
        with open(FILE) as file:
            text = file.read(LONGEST)
        os.remove(FILE)
    except OSError:
        return None
    return text
