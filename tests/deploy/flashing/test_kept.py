"""What a board has already, and how it gets new firmware without losing it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from erased import MIB
from wholes import small_whole, whole

from deploy.flashing.esptool import Loader
from deploy.flashing.kept import Kept, kept_on, refreshed, renewed
from deploy.workshop.reach import Reach
from devices.flash.nvs import settings_of
from devices.flash.partitions import BLOCK, read_table, vfs_region
from devices.flash.parts import parts, read_vfs
from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes


@dataclass(frozen=True, slots=True)
class Memory:
    """A flash in memory, for what a loader would read."""

    content: bytes
    kind: str = "c3"

    @property
    def flash_bytes(self) -> int:
        """How long it is."""
        return len(self.content)

    def read(self, offset: int, count: int) -> bytes:
        """So many bytes from an offset on."""
        return self.content[offset : offset + count]


def image_of(slug: str = "climate") -> Image:
    """The image of a device."""
    identity = Identity("climate-1", shard_of("climate-1"), "climate-1", "secret", "10.0.0.1", 1883)
    return build_image([load_recipes()[slug]], identity)


def flash_of(micropython: bytes, image: Image, count: int) -> bytes:
    """The flash of a board that was given this."""
    flash = bytearray(b"\xff" * count)
    for part in parts(micropython, image, "c3", count):
        flash[part.offset : part.offset + len(part.content)] = part.content
    return bytes(flash)


def test_a_board_is_told_where_the_broker_is_and_keeps_the_rest() -> None:
    """Our networks come before its own, five in all; name, password and key stay."""
    its = [{"ssid": f"its-{n}", "password": "x" * 8} for n in range(5)]
    settings = {**image_of().settings, "wifi": json.dumps(its).encode(), "more": b"kept"}

    told = refreshed(settings, Reach("10.0.0.9", 1884), [{"ssid": "its-1", "password": "changed-key"}])

    identity = json.loads(told["identity"])
    assert (identity["broker"]["host"], identity["broker"]["port"], identity["broker"]["password"]) == (
        "10.0.0.9",
        1884,
        "secret",
    )
    networks = json.loads(told["wifi"])
    assert [network["ssid"] for network in networks] == ["its-1", "its-0", "its-2", "its-3", "its-4"]
    assert networks[0]["password"] == "changed-key"
    assert told["more"] == b"kept"


def test_who_it_is_stands_in_its_settings() -> None:
    """A board that was never ours, or whose settings cannot be read, is nobody."""
    table = read_table(small_whole("c3"))

    assert Kept(table, image_of().settings).device == "climate-1"
    for settings in ({}, {"identity": b"{"}, {"identity": b"[]"}, {"identity": b"{}"}):
        assert Kept(table, settings).device is None


@pytest.mark.parametrize("before", [small_whole, whole])
def test_another_micropython_leaves_counter_and_spool(before: Callable[[str], bytes]) -> None:
    """Whether it divides the flash as the one before, or otherwise: the disk is then laid where the new one looks for it."""
    count = 4 * MIB
    image, old = image_of(), before("c3")
    memory = Memory(
        flash_of(old, Image({**image.files, "/counter": b"kept", "/spool/1": b"waits"}, image.settings), count)
    )
    kept = Kept(read_table(old), image.settings)
    fresh = parts(whole("c3"), Image({**image.files, "/main.py": b"# new"}, {}), "c3", count)

    made = {
        part.name: part
        for part in renewed(
            kept, fresh, Image({**image.files, "/main.py": b"# new"}, {}), memory, settings=image.settings
        )
    }  # type: ignore[arg-type]

    at, size = vfs_region(read_table(whole("c3")), count)
    assert (made["vfs"].offset, len(made["vfs"].content)) == (at, size)
    disk = read_vfs(made["vfs"].content)
    assert (disk["/main.py"], disk["/counter"], disk["/spool/1"]) == (b"# new", b"kept", b"waits")
    assert settings_of(made["nvs"].content) == dict(image.settings)
    assert len(made["nvs"].content) % BLOCK == 0


@pytest.mark.slow
def test_an_erased_board_has_nothing(bootloader: Callable[[str], str]) -> None:
    """By the chip's own ROM."""
    assert kept_on(Loader(bootloader("esp32c3"), "c3", 4 * MIB)) is None
