"""What the chip does at power-on: the interpreter comes up, then runs `boot.py` and `main.py` from the board's disk."""

import boot  # noqa: F401
import main  # noqa: F401
