"""What the chip does at power-on: the interpreter comes up, then runs `boot.py` and `main.py` from the board's disk.

`GIROUETTE_SIM_FREE` says how many bytes the firmware finds free; without it, what the interpreter has. With
`GIROUETTE_SIM_GAUGE` the board tells how much memory and time it takes (gauge.py).
"""

import os

import esp32

esp32.start()
_free, _gauged = os.getenv("GIROUETTE_SIM_FREE"), os.getenv("GIROUETTE_SIM_GAUGE")
if _gauged:
    import gauge
if _free:
    import ballast

    print("# heap:", ballast.leave(int(_free)), "bytes free at power-on")
if _gauged:
    gauge.attach(gauge.Gauge())

import boot  # noqa: E402, F401
import main  # noqa: E402, F401
