"""What the chip does at power-on: the interpreter comes up, then runs `boot.py` and `main.py` from the board's disk.

`GIROUETTE_SIM_FREE` says how many bytes the firmware finds free; without it, what the interpreter has.
"""

import os

if os.getenv("GIROUETTE_SIM_FREE"):
    import ballast

    print("# heap:", ballast.leave(int(os.getenv("GIROUETTE_SIM_FREE"))), "bytes free at power-on")

import boot  # noqa: E402, F401
import main  # noqa: E402, F401
