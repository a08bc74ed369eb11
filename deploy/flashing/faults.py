"""What esptool, mpremote, the board's cable and the system say -> a sentence that says what to do (words/flash.toml).

A table, read from the top: the first row whose pattern is found in what was said. Nothing of what was said is shown but the
one line that names the fault, for what a tool prints may hold what is written to the board.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.faults import AWAY, CommandError
from devices.words import decimal, say

__all__ = ["FlashError", "fault_of", "open_fault"]
ESPTOOL, MPREMOTE = "esptool", "mpremote"
MB = 1024 * 1024
LOCKED = r"exclusively lock|Resource busy|Errno 16|temporarily unavailable|in use by another program"
LOST = (
    r"serial data stream stopped|No more data to read|socket disconnected|Connection reset|Broken pipe|Invalid head of packet|chip stopped responding|Errno 5\]|Input/output error|"
    r"device disconnected|device reports readiness|ClearCommError|Lost connection|Packet content transfer stopped|timed? ?out|"
    r"doesn't match request|byte status response|start stub flasher|Invalid SLIP escape"
)


class FlashError(CommandError):
    """A board could not be flashed, read or heard."""

    words = "flash"


Fault = Callable[[str, str, "re.Match[str]"], FlashError]
"""Makes the sentence from the tool, the port and what was found."""
ROWS: tuple[tuple[str, Fault], ...] = (
    (
        r'File "<stdin>", line \d+(?:.*\n)+?(?P<said>\w+: .*)',
        lambda _tool, port, said: FlashError("board_said", port=port, said=said["said"]),
    ),
    (r"Errno 13|Permission denied|Access is denied", lambda _tool, port, _said: refused(port)),
    (LOCKED, lambda _tool, port, _said: busy(port)),
    (r"Errno 2\]|No such file or directory|FileNotFoundError|failed to access", lambda _tool, port, _said: missing(port)),
    (
        r"This chip is (?P<is>[\w-]+), not (?P<not>[\w-]+)",
        lambda _tool, port, said: FlashError("wrong_file", port=port, chip=said["is"], wanted=said["not"]),
    ),
    (
        r"length (?P<length>\d+)\) at offset (?P<at>\w+) will not fit in (?P<has>\d+) bytes",
        lambda _tool, port, said: too_small(port, int(said["has"]), int(said["at"], 0) + int(said["length"])),
    ),
    (
        r"Failed to connect to Espressif|Wrong boot mode|No serial data received|Download mode successfully detected, but",
        lambda _tool, port, _said: FlashError("not_boot_mode", code=AWAY, port=port),
    ),
    (
        r"could not enter raw repl|could not exec command|could not complete raw paste|timeout waiting for",
        lambda _tool, port, _said: FlashError("no_repl", code=AWAY, port=port),
    ),
    (LOST, lambda _tool, port, said: FlashError("line_lost", code=AWAY, port=port, said=said[0])),
)  # fmt: skip


def fault_of(tool: str, port: str, said: str) -> FlashError:
    """The sentence for what a tool said before it failed."""
    for pattern, fault in ROWS:
        if found := re.search(pattern, said, re.IGNORECASE):
            return fault(tool, port, found)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return FlashError("tool_failed", tool=tool, port=port, said=lines[-1] if lines else "?")


def open_fault(port: str) -> FlashError | None:
    """Why this port cannot be opened by anybody here: it is not there, or not for us; None where nothing stands against it.

    A URL and a name of another system (`COM3`) are left to who opens them.
    """
    if "://" in port or not port.startswith("/"):
        return None
    if not os.path.exists(port):  # noqa: PTH110 - a port is a name for a tool, not a path of ours
        return missing(port)
    return None if os.access(port, os.R_OK | os.W_OK) else refused(port)


def missing(port: str) -> FlashError:
    """There is no such port."""
    return FlashError("no_port", code=AWAY, port=port)


def refused(port: str) -> FlashError:
    """The port is there and may not be opened: on Windows that is how another program's port looks; a Mac has no group to join."""
    return REFUSED_ON.get(sys.platform, not_in_group)(port)


def not_in_group(port: str) -> FlashError:
    """The port belongs to a group, and this user is none of it."""
    return FlashError("no_permission", port=port, group=group_of(port), user=getpass.getuser())


def busy(port: str) -> FlashError:
    """Another program has the port."""
    return FlashError("port_busy", code=AWAY, port=port, who=holder(port))


REFUSED_ON: Mapping[str, Callable[[str], FlashError]] = {
    "win32": busy,
    "darwin": lambda port: FlashError("no_permission_mac", port=port),
}


def group_of(port: str) -> str:
    """The group that may open a port: `dialout` on Debian, `uucp` on Arch; where the port belongs to root's, the usual one."""
    import grp

    try:
        number = os.stat(port).st_gid  # noqa: PTH116
        return grp.getgrgid(number).gr_name if number else "dialout"
    except (OSError, KeyError):
        return "dialout"


def holder(port: str, processes: Path = Path("/proc")) -> str:
    """The program that holds a port, as far as the system tells; `?` where it does not."""
    real = os.path.realpath(port)
    for file in processes.glob("[0-9]*/fd/*"):
        try:
            if str(file.readlink()) == real and file.parts[-3] != str(os.getpid()):
                name = (file.parent.parent / "comm").read_text(encoding="utf-8").strip()
                return f"{name}, {file.parts[-3]}"
        except OSError:
            continue  # another user's, or just ended
    return "?"


def too_small(port: str, has: int, needed: int) -> FlashError:
    """The flash has so many bytes, and so many are needed."""
    return FlashError("flash_too_small", port=port, has=Size(has), needed=Size(needed))


class Size(int):
    """So many bytes of flash, which sentences tell as people count them."""

    def said(self, lang: str) -> str:
        """In megabytes, as the language writes them.

        >>> Size(4 * MB).said("en"), Size(0x200400).said("fr")
        ('4 MB', '2,0 Mo')
        """
        count = str(self // MB) if self % MB == 0 else decimal(f"{self / MB:.1f}", lang)
        return say("flashing.size", lang, count=count)
