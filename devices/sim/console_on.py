"""A board with somebody at its console: the disk is `/` as on a chip, `boot.py` and `main.py` run, then there is the REPL.

The world is read first, since its files lie beside the disk and are out of reach afterwards. With `GIROUETTE_SIM_RAW` the
board was reset from the raw REPL, in which an ESP32 runs `boot.py` only. The first byte that is said, 0x16, tells the bridge
(devices/terminal.py) that Ctrl-C is heard from now on.
"""

import os
import sys

import vfs
import world  # noqa: F401

_raw = os.getenv("GIROUETTE_SIM_RAW")
_flash, _simulator = os.getcwd(), sys.path[-1]
vfs.umount("/")
vfs.mount(vfs.VfsPosix(_flash), "/")
vfs.mount(vfs.VfsPosix(_simulator), "/_sim")
sys.path[:] = ["", ".frozen", "/lib", "/_sim"]
os.chdir("/")


def _run(name: str) -> None:
    try:
        os.stat(name + ".py")
    except OSError:
        return
    __import__(name)


sys.stdout.write("\x16")
try:
    _run("boot")
    if not _raw:
        _run("main")
except KeyboardInterrupt:
    print("\r\nKeyboardInterrupt")
