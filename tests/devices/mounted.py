"""A disk as the real interpreter finds it: its bytes are mounted by VfsLfs2, read, and written to."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from on_board import run

ON_BOARD = """
import os
import vfs
from binascii import a2b_base64, b2a_base64
from flashchip import Flash

with open("../disk", "rb") as file:
    content = bytearray(file.read())
flash = Flash(len(content) // 4096, content)
vfs.mount(vfs.VfsLfs2(flash), "/disk")
os.chdir("/disk")
result = {}
def look(folder):
    for name, kind, *_ in os.ilistdir(folder):
        if kind == 0x4000:
            look(folder + name + "/")
        else:
            with open(folder + name, "rb") as file:
                result[folder[5:] + name] = b2a_base64(file.read()).decode()
look("/disk/")
for path, text in given["writes"].items():
    with open("/disk" + path, "wb") as file:
        file.write(a2b_base64(text))
exec(given["code"])
assert flash.overwritten == 0
os.chdir("/")
vfs.umount("/disk")
os.chdir(given["home"] + "/flash")
with open("../disk.new", "wb") as file:
    file.write(content)
"""


def on_board(region: bytes, home: Path, writes: Mapping[str, bytes] | None = None, code: str = "") -> Any:
    """What the interpreter's VfsLfs2 finds in these bytes, and the bytes once it has written to them; or what `code` leaves in `result`."""
    home.mkdir(exist_ok=True)
    (home / "disk").write_bytes(region)
    told = {path: base64.b64encode(content).decode() for path, content in (writes or {}).items()}
    found = run(ON_BOARD, home, {"writes": told, "code": code, "home": str(home)}, heap="3000wK")
    after = (home / "disk.new").read_bytes()
    return (found if code else {path: base64.b64decode(text) for path, text in found.items()}), after
