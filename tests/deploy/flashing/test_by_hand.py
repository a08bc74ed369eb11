"""Parts as files, and the line that writes them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from deploy.flashing.by_hand import command, write_parts
from devices.flash.parts import Part


def test_parts_are_written_with_a_list_beside_them(tmp_path: Path) -> None:
    """Each file is what the list says of it; writing again replaces it."""
    folder = tmp_path / "b1"
    write_parts(folder, [Part("nvs", 0x9000, b"old, and longer")], "c3", {})
    told = write_parts(folder, [Part("bootloader", 0, b"boot"), Part("nvs", 0x9000, b"secret")], "c3", {"device": "b1"})

    assert json.loads((folder / "flash.json").read_text()) == told
    assert told["device"] == "b1"
    assert [(p["name"], p["offset"], p["size"]) for p in told["parts"]] == [("bootloader", 0, 4), ("nvs", 0x9000, 6)]
    assert all(hashlib.sha256((folder / p["file"]).read_bytes()).hexdigest() == p["sha256"] for p in told["parts"])
    assert told["command"] == f"esptool --chip esp32c3 write-flash 0x0 {folder}/bootloader.bin 0x9000 {folder}/nvs.bin"


def test_a_folder_with_a_blank_in_its_name_stays_one_word(tmp_path: Path) -> None:
    """The line is copied into a shell."""
    line = command(tmp_path / "my board", [{"offset": 0, "file": "vfs.bin"}], "esp32")

    assert line.endswith(f"write-flash 0x0 '{tmp_path}/my board/vfs.bin'")
