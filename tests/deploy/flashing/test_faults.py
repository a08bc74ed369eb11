"""What the real system and the real tools say becomes a sentence that says what to do, in both languages."""

from __future__ import annotations

import fcntl
import grp
import os
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.faults import AWAY, REFUSED
from deploy.flashing.esptool import look
from deploy.flashing.faults import (
    ESPTOOL,
    FlashError,
    Size,
    fault_of,
    group_of,
    holder,
    open_fault,
    too_small,
)
from devices.words import LANGUAGES, catalogue, say


@pytest.fixture
def locked_port(silent_port: str) -> str:
    """A port that this very user may not open any more."""
    os.chmod(silent_port, 0)  # noqa: PTH101
    return silent_port


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_port_that_is_not_for_us_names_the_command_that_opens_it(
    lang: str, locked_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As somebody who is not root: the group of the port, one's own name, and the command for both."""
    monkeypatch.setenv("LOGNAME", "camille")

    assert grp.getgrgid(0).gr_name  # loaded while it may be: nobody cannot read this interpreter's folder
    said = as_nobody(lambda: (open_fault(locked_port) or FlashError("no_port", port="?")).said(lang))

    assert f"sudo usermod -a -G {group_of(locked_port)} camille" in said
    assert f"sudo chmod a+rw {locked_port}" in said
    assert fault_of(ESPTOOL, locked_port, f"[Errno 13] could not open port {locked_port}").key == "no_permission"


def as_nobody(ask: Callable[[], str]) -> str:
    """What a process of this program says that belongs to nobody in particular: root may open everything."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            os.write(theirs, ask().encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as said:
        return said.read()


def test_a_port_that_another_program_holds_is_told_with_that_program(silent_port: str) -> None:
    """The real esptool before a port that an editor's serial monitor has for itself alone."""
    hold = (
        "import os, fcntl, sys, time\nf = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)\n"
        "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, silent_port], stdout=subprocess.PIPE) as editor:
        assert editor.stdout is not None
        editor.stdout.readline()
        try:
            with pytest.raises(FlashError) as refused:
                look(silent_port)
        finally:
            editor.kill()

    assert refused.value.key == "port_busy"
    assert f", {editor.pid})" in str(refused.value)
    assert refused.value.code == AWAY


@pytest.mark.slow
def test_a_board_that_is_not_in_its_boot_mode_names_the_buttons(silent_port: str) -> None:
    """The real esptool before a port behind which nobody answers."""
    with pytest.raises(FlashError) as refused:
        look(silent_port)

    assert refused.value.key == "not_boot_mode"
    assert all("BOOT" in refused.value.said(lang) and "RST" in refused.value.said(lang) for lang in LANGUAGES)


def test_a_port_that_is_gone_is_told(tmp_path: Path) -> None:
    """A name that leads nowhere, before and by esptool."""
    gone = str(tmp_path / "ttyACM0")

    assert (open_fault(gone) or FlashError("no_board", ports="")).key == "no_port"
    with pytest.raises(FlashError) as refused:
        look(gone)

    assert refused.value.key == "no_port"


def test_nothing_stands_against_ports_that_only_a_tool_can_open(silent_port: str) -> None:
    """A free port, another system's name and a URL are left to who opens them."""
    assert [open_fault(port) for port in (silent_port, "COM3", "socket://127.0.0.1:5555")] == [None, None, None]


def test_what_windows_says_of_a_port_in_use_is_no_question_of_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Access is denied` is how another program's port looks there."""
    said = "Could not open COM3, the port is busy or doesn't exist.\n(could not open port 'COM3': PermissionError(13, 'Access is denied.'))"

    monkeypatch.setattr(sys, "platform", "win32")

    assert fault_of(ESPTOOL, "COM3", said).key == "port_busy"


def test_on_a_mac_no_group_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """`usermod` is not there: what can be typed is."""
    monkeypatch.setattr(sys, "platform", "darwin")

    fault = fault_of(
        ESPTOOL, "/dev/cu.usbmodem1", "[Errno 13] could not open port /dev/cu.usbmodem1: Permission denied"
    )

    assert fault.key == "no_permission_mac"
    for lang in LANGUAGES:
        assert "usermod" not in fault.said(lang)
        assert "sudo chmod a+rw /dev/cu.usbmodem1" in fault.said(lang)


@pytest.mark.parametrize(
    "said",
    [
        "A fatal error occurred: Response doesn't match request.",
        "A fatal error occurred: Failed to read register. Only got 0 byte status response.",
        "A fatal error occurred: Failed to start stub flasher. There was no response.\nFor troubleshooting steps visit: https://docs.espressif.com/",
        "A fatal error occurred: Invalid SLIP escape (0xdb, 0x41).",
        "A fatal error occurred: Packet content transfer stopped (received 8 bytes)",
    ],
)
def test_what_a_bad_line_does_to_esptool_is_a_bad_line(said: str) -> None:
    """Then it is tried again, slowly (`esptool.twice`), and told with the cable that is to be shorter."""
    assert fault_of(ESPTOOL, "/dev/ttyUSB0", said).key == "line_lost"


def test_what_nobody_knows_is_told_by_its_last_line() -> None:
    """A fault that has no row yet still ends in a sentence, with what the tool said last."""
    fault = fault_of(ESPTOOL, "COM3", "esptool v5\n\nA fatal error occurred: the moon is full\n\n")

    assert str(fault).startswith("esptool failed at COM3: A fatal error occurred: the moon is full;")
    assert fault.code == REFUSED


def test_a_terminal_that_is_taken_for_oneself_is_seen_by_its_holder(silent_port: str) -> None:
    """The file that a process has open names it; one's own does not count, and no holder is a question mark."""
    mine = os.open(silent_port, os.O_RDWR | os.O_NOCTTY)
    try:
        fcntl.ioctl(mine, termios.TIOCEXCL)
        assert holder(silent_port) == "?"
    finally:
        fcntl.ioctl(mine, termios.TIOCNXCL)
        os.close(mine)


def test_every_sentence_says_what_is_wrong_and_then_what_to_do() -> None:
    """A semicolon stands between; French has its own quotes."""
    mine = {key: texts for key, texts in catalogue().items() if key.startswith("flash.")}

    assert len(mine) > 20
    for key, texts in mine.items():
        assert all(";" in text and not text.endswith(".") for text in texts.values()), key
        assert not re.search("""['"]""", texts["fr"]), key
    assert say("flash.no_repl", "fr", port="COM3").startswith("MicroPython ne répond pas sur COM3")


def test_a_size_is_told_as_each_language_writes_it() -> None:
    """Megabytes, with a comma in French where they are not whole, in every sentence that has a size."""
    fault = too_small("COM3", 0x200000, 0x280000)

    assert (Size(0x200000).said("fr"), Size(0x200000).said("en")) == ("2 Mo", "2 MB")
    assert "(2 Mo) est trop petite, il faut 2,5 Mo" in fault.said("fr")
    assert "(2 MB) is too small, 2.5 MB is needed" in str(fault)
