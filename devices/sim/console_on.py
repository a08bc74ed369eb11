"""A board with somebody at its console: the disk is `/` as on a chip, `boot.py` and `main.py` run, then there is the REPL.

The disk is the current folder, or with `GIROUETTE_SIM_FLASH` (file:start:blocks) the littlefs that lies there in the board's flash;
where that part of the flash is erased it is made, as MicroPython does at its first start. With `GIROUETTE_SIM_RAW` the board was
reset from the raw REPL, in which an ESP32 runs `boot.py` only. The first byte that is said, 0x16, tells who started this
(devices/virtual/running.py) that Ctrl-C is heard from now on.
"""

import os
import sys

import vfs

BLOCK = 4096
_raw, _flash = os.getenv("GIROUETTE_SIM_RAW"), os.getenv("GIROUETTE_SIM_FLASH")
_disk, _simulator = os.getcwd(), sys.path[-1]


def _from_flash(told: str):
    """The disk that lies in a flash; an empty one is made where everything is erased."""
    from flashchip import FlashFile

    path, start, blocks = told.rsplit(":", 2)
    flash = FlashFile(path, int(blocks), int(start))
    try:
        return vfs.VfsLfs2(flash)
    except OSError:
        pass
    first = bytearray(BLOCK)
    flash.readblocks(0, first)
    if first != b"\xff" * BLOCK:
        print("The filesystem appears to be corrupted.")
        raise SystemExit(1)
    print("Performing initial setup")
    vfs.VfsLfs2.mkfs(flash)
    made = vfs.VfsLfs2(flash)
    vfs.mount(made, "/new")
    with open("/new/boot.py", "w") as file:
        file.write("# This file is executed on every boot (including wake-boot from deepsleep)\n")
    vfs.umount("/new")
    return made


def _run(name: str) -> None:
    """Run a file as a chip does: compiled first, and only then does Ctrl-C interrupt."""
    try:
        with open(name + ".py") as file:
            text = file.read()
    except OSError:
        return
    code = compile(text, name + ".py", "exec")
    keyboard.kbd_intr(keyboard.INTERRUPT)
    exec(code, globals())


_found = _from_flash(_flash) if _flash else vfs.VfsPosix(_disk)
vfs.umount("/")
vfs.mount(_found, "/")
vfs.mount(vfs.VfsPosix(_simulator), "/_sim")
if _flash:
    vfs.mount(vfs.VfsPosix(_disk + "/.."), "/_board")
sys.path[:] = ["", ".frozen", "/lib", "/_sim"]
os.chdir("/")
import keyboard  # noqa: E402
import world  # noqa: E402, F401

keyboard.attach()
keyboard.kbd_intr(-1)
sys.stdout.write("\x16")
try:
    _run("boot")
    if not _raw:
        _run("main")
except KeyboardInterrupt:
    print("\r\nKeyboardInterrupt")
keyboard.kbd_intr(keyboard.INTERRUPT)
