"""First file that the board runs: collect garbage early and often, so that no single collection holds the loop for long."""

import gc

import micropython

SMALL_BYTES = 131072
"""On a heap of less than this the line numbers of tracebacks are given up for 2.5 kB."""

gc.collect()
if gc.mem_free() < SMALL_BYTES:
    micropython.opt_level(3)
gc.threshold(4096)
