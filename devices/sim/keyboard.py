"""Ctrl-C at a simulated console, as a chip has it: `micropython.kbd_intr(-1)` makes it a byte like others, `kbd_intr(3)` a signal again.

The unix interpreter would give the signal itself to the system, which ends the process; here the terminal is told.
"""

import sys

import micropython
import termios

INTERRUPT = 3
LOCAL, ISIG = 3, 1
"""Where the local flags stand in `tcgetattr`, and the one by which a terminal makes signals of keys (Linux)."""


def kbd_intr(code: int) -> None:
    """Which byte interrupts the program; none does for -1."""
    try:
        mode = termios.tcgetattr(0)
    except OSError:
        return  # it is no terminal: nobody types
    mode[LOCAL] = mode[LOCAL] | ISIG if code == INTERRUPT else mode[LOCAL] & ~ISIG
    termios.tcsetattr(0, termios.TCSANOW, mode)


class Micropython:
    """The interpreter's own module but for this."""


def attach() -> None:
    """Let the firmware find this one."""
    ours = Micropython()
    for name in dir(micropython):
        setattr(ours, name, getattr(micropython, name))
    ours.kbd_intr = kbd_intr
    sys.modules["micropython"] = ours
