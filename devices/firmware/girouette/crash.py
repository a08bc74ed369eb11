"""What the last failure was: one short line that `slots.crashed` left, told in `health` after the restart."""

import os

from slots import CRASH, LONGEST


def last() -> str | None:
    """The failure before this boot, forgotten once read; None when there was none."""
    try:
        with open(CRASH) as file:
            text = file.read(LONGEST)
        os.remove(CRASH)
    except OSError:
        return None
    return text
