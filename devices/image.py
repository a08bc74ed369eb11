"""A recipe makes the files of a board's disk, an identity its settings: the same bytes for USB, browser and simulator."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from devices.anchors import anchor_files, configured
from devices.energy import can_sleep
from devices.flash.bytecode import shipped
from devices.pinout import load_pinouts
from devices.reading import is_device, shard_of, topic_of
from devices.recipe import Recipe
from devices.refusal import ImageError
from devices.sensor import Sensor, check_pins
from devices.wifi import check_network

__all__ = ["Identity", "Image", "ImageError", "build_image", "shard_of"]
FIRMWARE = Path(__file__).parent / "firmware"
DRIVERS = "/girouette/drivers"
CONFIG_VERSION = 1
"""What `devices/firmware/girouette/loading.py` reads."""
MOST_CHANNELS = 64
MOST_BATCH = 60


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a board is, and where it connects: `girouette device add` gives it."""

    device: str
    shard: str
    user: str
    password: str
    host: str
    port: int
    period_s: int | None = None
    """Seconds between two samples; the shortest of the recipes' where it is None."""
    wifi: tuple[Mapping[str, Any], ...] = ()
    """Known networks, each with `ssid` and `password`, and `static` (address, mask, gateway, name server) where none is given out."""
    ntp: str | None = "pool.ntp.org"
    """A time server; without one the gateway tells the time."""
    update_key: str | None = None
    """By which the board knows its updates, in hexadecimal; without one it takes none over the air."""
    batch: int | None = None
    """On a battery: the board sleeps between samples and sends so many at a time; None is a board that stays awake."""
    anchors: tuple[bytes, ...] = ()
    """Certificates (DER) of the authorities that the broker's may come from; without any the line is not encrypted."""
    tls_name: str | None = None
    """The name in the broker's certificate, where it is not `host`."""
    board: str | None = None
    """The kind of board; the first that fits all recipes where it is None."""
    page: str | None = None
    """The address of the device's page, which the board tells whoever gives it a network."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a board is given besides MicroPython."""

    files: Mapping[str, bytes]
    """Its disk by path: no secret, and nothing of one board; the same bytes for all boards of one recipe and kind."""
    settings: Mapping[str, bytes]
    """What lies in NVS by key: `identity`, who this board is, and `wifi`, the networks that it knows."""

    @property
    def told(self) -> dict[str, Any]:
        """Everything that the board is told, put together as its firmware does it (`girouette/loading.py`)."""
        told: dict[str, Any] = json.loads(self.files["/config.json"])
        told |= json.loads(self.settings["identity"])
        return told | {"wifi": json.loads(self.settings.get("wifi", b"[]"))}


def build_image(recipes: Sequence[Recipe], identity: Identity) -> Image:
    """The firmware with the drivers of these recipes and `/config.json`, and what makes the board this one.

    Raises ImageError for an identity that no board can have and for recipes that do not go together, RecipeError for pins
    that two of them want.
    """
    check_identity(identity)
    placed = place(recipes, identity.board)
    check_sleep(placed, identity.batch)
    files = {
        **firmware_for(placed),
        **anchor_files(identity.anchors),
        "/config.json": encoded(configuration(placed, identity.anchors)),
    }
    settings = {"identity": encoded(named(identity))}
    if identity.wifi:
        settings["wifi"] = encoded([dict(network) for network in identity.wifi])
    return Image(MappingProxyType(files), MappingProxyType(settings))


def encoded(told: object) -> bytes:
    """A table or a list as the board reads it: short, and accents as they are."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def check_identity(identity: Identity) -> None:
    """Refuse what no board can be."""
    device = identity.device
    if not is_device(device):
        raise ImageError("bad_device", value=device)
    if identity.shard != shard_of(device):
        raise ImageError("bad_shard", device=device, value=identity.shard, right=shard_of(device))
    if not 1 <= identity.port <= 65535:
        raise ImageError("bad_port", value=identity.port)
    if identity.period_s is not None and not 1 <= identity.period_s <= 86400:
        raise ImageError("bad_period", value=identity.period_s)
    for network in identity.wifi:
        check_network(network)


def place(recipes: Sequence[Recipe], board: str | None) -> list[Recipe]:
    """The recipes on one kind of board, together; ImageError or RecipeError where they do not go together."""
    if not recipes:
        raise ImageError("no_recipe")
    check_channels(recipes)
    if board is None:
        common = [b for b in recipes[0].boards if all(b in r.boards for r in recipes)]
        if not common:
            raise ImageError("no_common_board", recipes=" + ".join(r.slug for r in recipes))
        board = common[0]
    placed = [r.on(board) for r in recipes]
    check_pins([s for r in placed for s in r.sensors], load_pinouts()[board])
    return placed


def check_channels(recipes: Sequence[Recipe]) -> None:
    """Refuse two channels of one name, and more than a device may have."""
    of: dict[str, str] = {}
    for recipe in recipes:
        for channel in recipe.channels:
            if channel.name in of:
                other = of[channel.name]
                raise ImageError("channel_collides", recipe=other, other=recipe.slug, channel=channel.name)
            of[channel.name] = recipe.slug
    if len(of) > MOST_CHANNELS:
        raise ImageError("too_many_channels", most=MOST_CHANNELS, count=len(of))


def configuration(recipes: Sequence[Recipe], anchors: Sequence[bytes]) -> dict[str, Any]:
    """The content of `config.json`: what all boards of these recipes are told."""
    return {
        "v": CONFIG_VERSION,
        "firmware": firmware_version(),
        "period_s": min(r.period_s for r in recipes),
        **wired(recipes),
        **(configured(anchors) if anchors else {}),
    }


def named(identity: Identity) -> dict[str, Any]:
    """What this board alone is told: its name, its broker and its secrets."""
    told = {
        "device": identity.device,
        "topic": topic_of(identity.device),
        "bn": f"{identity.device}/",
        "broker": {
            "host": identity.host,
            "port": identity.port,
            "user": identity.user,
            "password": identity.password,
        },
        "ntp": identity.ntp,
    }
    more: dict[str, Any] = {
        "update_key": identity.update_key,
        "period_s": identity.period_s,
        "batch": identity.batch,
        "tls_name": identity.tls_name if identity.anchors else None,
        "page": identity.page,
    }
    return told | {key: value for key, value in more.items() if value is not None}


def check_sleep(recipes: Sequence[Recipe], batch: int | None) -> None:
    """Refuse to let a board sleep that has to count or to listen, and a batch that its memory has no room for."""
    if batch is None:
        return
    if not 1 <= batch <= MOST_BATCH:
        raise ImageError("bad_batch", value=batch, most=MOST_BATCH)
    for recipe in recipes:
        if not can_sleep(recipe):
            raise ImageError("cannot_sleep", recipe=recipe.slug)


def wired(recipes: Sequence[Recipe]) -> dict[str, Any]:
    """The settings that say what hangs where, for recipes that were placed on a kind of board."""
    return {
        "recipe": "+".join(r.slug for r in recipes),
        "sensors": [wiring(s, r) for r in recipes for s in r.sensors],
        "led": recipes[0].led,
        "rgb": recipes[0].rgb,
    }


def wiring(sensor: Sensor, recipe: Recipe) -> dict[str, Any]:
    """One sensor as the board is told of it."""
    return {
        "driver": sensor.driver,
        "bus": dict(sensor.bus),
        "options": dict(sensor.options),
        "channels": [
            {
                "n": c.name,
                "u": recipe.quantities[c.quantity].unit_wire,
                "key": c.key,
                "digits": recipe.quantities[c.quantity].digits_wire,
            }
            for c in sensor.channels
        ],
    }


def firmware_for(recipes: Sequence[Recipe]) -> dict[str, bytes]:
    """The files of the firmware that these recipes need, as they lie on the board's disk: no driver that none of them has."""
    used = {sensor.driver for recipe in recipes for sensor in recipe.sensors}
    return {path: content for path, content in firmware().items() if driver_of(path) in {None, *used}}


def driver_of(path: str) -> str | None:
    """The driver that a file of the firmware is, None where it is none.

    >>> driver_of("/girouette/drivers/bme280.mpy"), driver_of("/girouette/app.mpy")
    ('bme280', None)
    """
    folder, _, name = path.rpartition("/")
    return name.partition(".")[0] if folder == DRIVERS else None


@cache
def sources() -> Mapping[str, bytes]:
    """The firmware's files as we write them, by path on the board's disk."""
    files = sorted(f for f in FIRMWARE.rglob("*.py") if "__pycache__" not in f.parts)
    return MappingProxyType({f"/{f.relative_to(FIRMWARE).as_posix()}": f.read_bytes() for f in files})


@cache
def firmware() -> Mapping[str, bytes]:
    """The firmware's files as they lie on a board's disk, by path, with every driver there is."""
    return MappingProxyType(shipped(sources()))


@cache
def firmware_version() -> str:
    """A name for exactly these bytes: eight digits of a hash over the firmware's paths and contents."""
    digest = hashlib.sha256()
    for path, content in firmware().items():
        digest.update(f"{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:8]
