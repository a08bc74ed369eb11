"""The Wi-Fi networks that every board of a town is to know: one TOML file that only its owner can read, and nobody types a password twice.

    [[network]]
    ssid = "Mairie-capteurs"
    password = "..."

`girouette wifi` writes it; `girouette flash` and the atelier put what is in it into each board's NVS.
"""

from __future__ import annotations

import json
import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.faults import CommandError
from deploy.files import put
from devices.refusal import ImageError
from devices.wifi import check_network

if TYPE_CHECKING:
    from deploy.settings import Settings

MOST = 5
"""A board keeps as many (devices/firmware/girouette/known.py)."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO
HEAD = "# Wi-Fi networks that boards are to know, the first to be tried first. Secret: girouette wifi writes it, for its owner alone.\n"


def known_networks(settings: Settings) -> list[dict[str, Any]]:
    """The networks of the file of settings `wifi`, those that are to be tried first at the top; none where there is no such file.

    Raises CommandError for a file that others can read, or that is not what it should be.
    """
    file = settings.wifi
    if not file.exists():
        return []
    if os.name == "posix" and file.stat().st_mode & OTHERS:
        raise CommandError("wifi_open_file", file=file)
    return read_networks(file)


def read_networks(file: Path) -> list[dict[str, Any]]:
    """The networks of a file. Raises CommandError with the first fault; a password is never part of the sentence."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise CommandError("wifi_bad_file", file=file) from None
    rows = told.get("network", [])
    if set(told) - {"network"} or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise CommandError("wifi_bad_file", file=file)
    if len(rows) > MOST:
        raise CommandError("wifi_too_many", file=file, most=MOST)
    found = [{"password": "", **row} for row in rows]
    for row in found:
        try:
            check_network(row)
        except ImageError as error:
            raise CommandError("wifi_bad_network", file=file, why=error) from None
    return found


def with_network(networks: Sequence[Mapping[str, Any]], ssid: str, password: str) -> list[dict[str, Any]]:
    """These networks with this one at the top, in the place of another of its name. Raises ImageError, or CommandError where they are too many."""
    fresh = {"ssid": ssid, "password": password}
    check_network(fresh)
    found = [fresh, *(dict(n) for n in networks if n["ssid"] != ssid)]
    if len(found) > MOST:
        raise CommandError("wifi_full", most=MOST, name=found[-1]["ssid"])
    return found


def write_networks(file: Path, networks: Sequence[Mapping[str, Any]]) -> None:
    """Write the file whole, for its owner alone from the first byte on."""
    rows = ["".join(f"{name} = {quoted(row[name])}\n" for name in row) for row in networks]
    put(file, (HEAD + "".join(f"\n[[network]]\n{row}" for row in rows)).encode(), mode=0o600)


def quoted(value: object) -> str:
    r"""A text, or a list of texts, as TOML writes it: as JSON does, but for DEL.

    >>> print(quoted('a "b" \\ c'))
    "a \"b\" \\ c"
    """
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
