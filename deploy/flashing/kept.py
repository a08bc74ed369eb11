"""What a board has already, read from its flash by esptool: who it is, and what waits on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from devices.refusal import InterpreterError

if TYPE_CHECKING:
    from deploy.flashing.esptool import Loader
    from deploy.workshop.reach import Reach
    from devices.flash.partitions import Table
    from devices.flash.parts import Part
    from devices.image import Image

TABLE_AT = 0x8000
MOST_NETWORKS = 5
"""What a board keeps (devices/firmware/girouette/known.py)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A board that was flashed before."""

    table: Table
    settings: Mapping[str, bytes]
    """Of our namespace in NVS; empty for a board that was never ours."""

    @property
    def device(self) -> str | None:
        """Who it is."""
        try:
            return str(json.loads(self.settings["identity"])["device"])
        except (LookupError, ValueError, TypeError):
            return None


def kept_on(loader: Loader) -> Kept | None:
    """What is on the board; None where nothing is that can be read. Raises FlashError.

    The chip's own ROM reads it: so little takes it a few seconds, and it can always do it.
    """
    from devices.flash.nvs import settings_of
    from devices.flash.partitions import TABLE_BYTES, Table, rows_of

    rom = replace(loader, no_stub=True)
    try:
        table = Table(loader.kind, rows_of(rom.read(TABLE_AT, TABLE_BYTES)))
        at, size = table.nvs.offset, table.nvs.size
    except InterpreterError:
        return None
    return Kept(table, settings_of(rom.read(at, size)))


def renewed(
    kept: Kept, fresh: Sequence[Part], image: Image, loader: Loader, *, settings: Mapping[str, bytes]
) -> list[Part]:
    """The parts for a board that stays who it is: its counter, its spool and its diary are in the new file system.

    Raises FlashError where its disk cannot be read, InterpreterError where there is none.
    """
    from devices.flash.partitions import vfs_region
    from devices.flash.parts import Part, make_nvs, make_vfs, read_vfs, renewed_vfs

    of = {part.name: part for part in fresh}
    at, size = vfs_region(kept.table, loader.flash_bytes)
    vfs = renewed_vfs(loader.read(at, size), image.files)
    if (at, size) != (of["vfs"].offset, len(of["vfs"].content)):  # another MicroPython divides the flash otherwise
        vfs = make_vfs(read_vfs(vfs), len(of["vfs"].content))
    nvs = make_nvs(settings, len(of["nvs"].content))
    ours = {"vfs": vfs, "nvs": nvs}
    return [Part(part.name, part.offset, ours.get(part.name, part.content)) for part in fresh]


def refreshed(
    settings: Mapping[str, bytes], where: Reach, networks: Sequence[Mapping[str, Any]]
) -> dict[str, bytes]:  # fmt: skip
    """A board's settings with where the broker is now, and with our networks before its own; who it is stays."""
    identity = json.loads(settings["identity"])
    identity["broker"] |= {"host": where.host, "port": where.port}
    names = {network["ssid"] for network in networks}
    its = [network for network in json.loads(settings.get("wifi", b"[]")) if network["ssid"] not in names]
    told = {"identity": identity, "wifi": [*map(dict, networks), *its][:MOST_NETWORKS]}
    return {**settings, **{key: json.dumps(value, ensure_ascii=False).encode() for key, value in told.items()}}
