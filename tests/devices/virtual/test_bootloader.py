"""The bootloader of a chip without a chip: its flash is a file, and is erased before it is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SIZE = 2 << 20


@pytest.mark.slow
def test_what_is_written_erases_its_sectors_and_no_more(tmp_path: Path) -> None:
    """The chip says who it is; a few bytes in the middle of a flash full of zeros leave ones around them, up to 4 KiB; its stub reads them back."""
    flash, few = tmp_path / "flash", tmp_path / "few"
    flash.write_bytes(bytes(SIZE))
    few.write_bytes(b"girouette123")
    command = [sys.executable, "-m", "devices.virtual.bootloader", "s3", str(flash), str(SIZE), "240ac4010203"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as chip:
        assert chip.stdout is not None
        port = f"socket://127.0.0.1:{chip.stdout.readline().strip()}"
        words = ["--port", port, "write-flash", "0x5000", str(few)]
        ran = subprocess.run([sys.executable, "-m", "esptool", *words], capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stdout
        words = ["--port", port, "read-flash", "0x5000", "0x8000", str(tmp_path / "back")]
        read = subprocess.run([sys.executable, "-m", "esptool", *words], capture_output=True, text=True, timeout=60)
        assert read.returncode == 0, read.stdout
        assert chip.stdin is not None
        chip.stdin.close()
        assert chip.wait(10) == 0

    assert "ESP32-S3" in ran.stdout
    assert "24:0a:c4:01:02:03" in ran.stdout
    content = flash.read_bytes()
    assert (tmp_path / "back").read_bytes() == content[0x5000:0xD000]
    assert content[0x5000:0x6000] == b"girouette123".ljust(0x1000, b"\xff")
    assert content[:0x5000] == bytes(0x5000)
    assert content[0x6000:] == bytes(SIZE - 0x6000)
