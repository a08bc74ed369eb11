"""First file that the board runs: collect garbage early and often, so that no single collection holds the loop for long."""

import gc

gc.collect()
gc.threshold(4096)
