"""A virtual board from its chip on: the real esptool flashes it, the real interpreter starts from its flash."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from erased import MIB, ErasedBoard
from littlefs import LittleFS

from devices.flash.parts import settings_of
from devices.interpreter import have_micropython
from devices.virtual.chip import refusal

slow = pytest.mark.slow
pytestmark = pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")
VFS_AT, VFS_BYTES = 2 * MIB, 2 * MIB
HELLO = b"print('hello from', open('name').read())\n"


@pytest.fixture(scope="module")
def micropython() -> bytes:
    """A real image of MicroPython for an ESP32, as esptool writes it at 0x1000."""
    spec = importlib.util.find_spec("thonnycontrib.thonny_etboard_firmware")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0])
    return next(iter(sorted(folder.rglob("*0831*.bin")))).read_bytes()


def disk(**files: bytes) -> bytes:
    """A littlefs of the size of the partition, with these files."""
    made = LittleFS(block_size=4096, block_count=VFS_BYTES // 4096)
    for name, content in files.items():
        with made.open(name.replace("_py", ".py"), "wb") as file:
            file.write(content)
    return bytes(made.context.buffer)


def files_of(content: bytes) -> list[str]:
    """What lies on the disk that is in a board's flash."""
    read = LittleFS(block_size=4096, block_count=VFS_BYTES // 4096, mount=False)
    read.context.buffer[:] = content[VFS_AT:]
    read.mount()
    return sorted(read.listdir("/"))


def fill(board: ErasedBoard, micropython: bytes) -> None:
    """Put MicroPython into its flash, without a tool."""
    with board.flash.open("r+b") as flash:
        flash.seek(0x1000)
        flash.write(micropython)


def tool(name: str, *words: str) -> str:
    """What esptool or mpremote prints; it must succeed."""
    ran = subprocess.run([sys.executable, "-m", name, *words], capture_output=True, text=True, timeout=100)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@slow
def test_an_erased_board_is_flashed_and_starts_and_keeps_what_it_writes(
    tmp_path: Path, micropython: bytes, until: Callable[..., object]
) -> None:
    """Over ports without lines: SYNC takes it into the bootloader, the tool's leaving out of it; what it writes is read back."""
    (tmp_path / "micropython").write_bytes(micropython)
    (tmp_path / "vfs").write_bytes(disk(main_py=HELLO, name=b"b1"))
    with ErasedBoard("esp32", tmp_path / "board") as board:
        until(lambda: b"invalid header: 0xffffffff" in board.said, within_s=10, what="its complaint")
        written = ["0x1000", str(tmp_path / "micropython"), hex(VFS_AT), str(tmp_path / "vfs")]
        tool("esptool", "--port", board.port, "write-flash", *written)
        until(lambda: b"hello from b1" in board.said, within_s=20, what="its first words")
        assert board.content[0x1000 : 0x1000 + len(micropython)] == micropython

        tool("mpremote", "connect", board.port, "exec", "open('more', 'w').write('x')")
        tool("esptool", "--port", board.url, "--no-stub", "read-flash", hex(VFS_AT), "0x8000", str(tmp_path / "back"))
        assert (tmp_path / "back").read_bytes() == board.content[VFS_AT : VFS_AT + 0x8000]
        assert files_of(board.content) == ["main.py", "more", "name"]
        until(lambda: board.said.count(b"hello from b1") > 1, within_s=20, what="its next start")


@slow
def test_by_its_lines_it_is_reset_as_esptool_says(
    tmp_path: Path, micropython: bytes, until: Callable[..., object]
) -> None:
    """DTR and RTS lead into the bootloader and out of it; MicroPython makes the disk that it does not find."""
    with ErasedBoard("esp32", tmp_path / "board") as board:
        fill(board, micropython)
        assert "24:0a:c4:" in tool("esptool", "--port", board.lines, "--no-stub", "--after", "hard-reset", "read-mac")
        until(lambda: b">>>" in board.said, within_s=20, what="the prompt")
        assert board.mode == "run"
        assert b"Performing initial setup" in board.said
        assert files_of(board.content) == ["boot.py"]


@slow
def test_what_the_board_keeps_in_nvs_is_in_its_flash(
    tmp_path: Path, micropython: bytes, until: Callable[..., object]
) -> None:
    """Settings that it sets are read back from the partition, after its next start too; the chip has its own number."""
    with ErasedBoard("esp32", tmp_path / "board", mac=b"\x02\x00\x00\x00\x00\x09") as board:
        fill(board, micropython)
        board.reset()
        until(lambda: b">>>" in board.said, within_s=20, what="the prompt")
        code = "import esp32, machine; n = esp32.NVS('girouette'); n.set_blob('wifi', b'[1]'); n.set_blob('wifi', b'[2]'); n.commit()"
        tool("mpremote", "connect", board.port, "exec", code)
        assert settings_of(board.content[0x9000:0xF000]) == {"wifi": b"[2]"}

        board.reset()
        read = "import esp32, machine; b = bytearray(9); print(b[:esp32.NVS('girouette').get_blob('wifi', b)], machine.unique_id())"
        said = tool("mpremote", "connect", board.port, "exec", read)
        assert said == "bytearray(b'[2]') b'\\x02\\x00\\x00\\x00\\x00\\t'\n"


@slow
def test_a_page_sets_the_lines_and_the_port_is_another_one_afterwards(tmp_path: Path, micropython: bytes) -> None:
    """`set_signals` plays both circuits; with `reenumerates` MicroPython speaks on ports of its own."""
    with ErasedBoard("esp32", tmp_path / "board", reenumerates=True) as board:
        before = {board.port, board.url, board.lines}
        for lines in ((False, True), (True, False), (False, False)):  # a bridge: reset, then BOOT held
            board.set_signals(dtr=lines[0], rts=lines[1])
        assert board.mode == "boot"
        assert {board.port, board.url, board.lines} == before

        fill(board, micropython)
        board.set_signals(dtr=False, rts=True)
        board.set_signals(dtr=False, rts=False)
        assert board.mode == "run"
        assert not {board.port, board.url, board.lines} & before

        for lines in ((True, False), (True, True), (False, True), (False, False)):  # a chip that speaks USB itself
            board.set_signals(dtr=lines[0], rts=lines[1])
        assert board.mode == "boot"


@slow
def test_without_the_two_transistors_only_the_button_leads_to_the_bootloader(tmp_path: Path) -> None:
    """A tool finds no answer, until BOOT is held."""
    with ErasedBoard("c3", tmp_path, auto=False, flash_bytes=2 * MIB) as board:
        words = ["--port", board.url, "--connect-attempts", "1", "flash-id"]
        failed = subprocess.run([sys.executable, "-m", "esptool", *words], capture_output=True, text=True, timeout=60)
        assert failed.returncode != 0
        assert board.mode == "empty"

        board.hold_boot()
        found = tool("esptool", "--port", board.url, "--before", "no-reset", "flash-id")
        assert "ESP32-C3" in found
        assert "2MB" in found


def test_what_does_not_start_says_why(micropython: bytes) -> None:
    """Nothing, no table, a damaged application, one for another chip: each has its own words."""
    erased = bytearray(b"\xff" * 4 * MIB)
    whole = bytearray(erased)
    whole[0x1000 : 0x1000 + len(micropython)] = micropython
    no_table, damaged = bytearray(whole), bytearray(whole)
    no_table[0x8000:0x9000] = b"\xff" * 0x1000
    damaged[0x20000] ^= 1

    assert refusal(bytes(whole), "esp32") is None
    assert refusal(bytes(erased), "esp32") == "invalid header: 0xffffffff"
    assert "No bootable app" in str(refusal(bytes(no_table), "esp32"))
    assert "0x10000" in str(refusal(bytes(damaged), "esp32"))
    assert "esp32" in str(refusal(bytes(whole), "s2"))
