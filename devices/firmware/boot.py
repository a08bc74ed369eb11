"""First file that the board runs: how memory is kept, and which version is started. It cannot fail, and is never updated."""

import micropython

micropython.kbd_intr(-1)  # main.py says why

import gc  # noqa: E402
import sys  # noqa: E402

import machine  # noqa: E402

SMALL_BYTES = 131072
"""On a heap of less than this the line numbers of tracebacks are given up for 2.5 kB."""

gc.collect()
if gc.mem_free() < SMALL_BYTES:
    micropython.opt_level(3)
gc.threshold(4096)  # early and often, so that no single collection holds the loop for long

import rule  # noqa: E402 - compiled as the lines above say
import slots  # noqa: E402

cause = machine.reset_cause()
if rule.begin(slept=cause == machine.DEEPSLEEP_RESET, typed=cause == machine.SOFT_RESET):
    sys.path.insert(0, slots.folder)
slots.unload("rule")
del rule
