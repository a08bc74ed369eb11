"""Second file that the board runs: the application, or safe mode, and what becomes of it when it fails: a note, a pause, a reset."""

import machine
import micropython

if machine.reset_cause() != machine.DEEPSLEEP_RESET:
    micropython.kbd_intr(-1)  # a command of Improv bears a byte 3, and may come at any moment; improv.py listens soon, and for Ctrl-C too

import time  # noqa: E402

import slots  # noqa: E402

HANGS_MS = 60000
"""A version that hangs before it minds the watchdog itself is bitten after this long."""

machine.WDT(timeout=HANGS_MS)
try:
    if slots.safe is None:
        from girouette import start

        start.run(slots.path("config.json"))
    else:
        from girouette import safe

        safe.run(slots.path("config.json"))
except Exception as error:  # the one broad catch on the board: it restarts, and tells why in `health`
    micropython.kbd_intr(3)
    slots.crashed(error)
    time.sleep(3)
machine.reset()
