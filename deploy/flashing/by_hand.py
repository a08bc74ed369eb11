"""The parts of a flash as files in a folder, and the one line that writes them by hand."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.files import put
from deploy.flashing.esptool import chip_name

if TYPE_CHECKING:
    from devices.flash.parts import Part

LIST = "flash.json"


def write_parts(folder: Path, parts: Sequence[Part], chip: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write each part to a file that nobody else may read, and beside them a list of what is where; the list.

    `flash.json` has no secret: of the settings it knows their hash.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = []
    for part in parts:
        file = folder / f"{part.name}.bin"
        put(file, part.content, mode=0o600)
        sha = hashlib.sha256(part.content).hexdigest()
        rows.append({
            "name": part.name, "file": file.name, "offset": part.offset, "size": len(part.content), "sha256": sha
        })  # fmt: skip
    told = {**about, "parts": rows, "command": command(folder, rows, chip)}
    (folder / LIST).write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return told


def command(folder: Path, rows: Sequence[Mapping[str, Any]], chip: str) -> str:
    """The line that writes them all with esptool, which finds the port by itself.

    >>> command(Path("air-1"), [{"offset": 0x9000, "file": "nvs.bin"}], "c3")
    'esptool --chip esp32c3 write-flash 0x9000 air-1/nvs.bin'
    """
    words = [f"0x{row['offset']:x} {shlex.quote(str(folder / row['file']))}" for row in rows]
    return " ".join(["esptool", "--chip", chip_name(chip), "write-flash", *words])
