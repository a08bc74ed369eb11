"""The boards that recipes are wired to: which pins they have, what each can do, and the sockets of their buses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from devices.refusal import RecipeError
from devices.table import Table, read_table

BOARDS = Path(__file__).parent / "boards.toml"
PINS_OF = {
    "i2c": ("sda", "scl"),
    "uart": ("tx", "rx"),
    "adc": ("pin",),
    "pulse": ("pin",),
    "onewire": ("pin",),
    "echo": ("trig", "echo"),
    "i2s": ("sck", "ws", "sd"),
}
"""Kind of bus -> the pins that it has."""
USB = ("native", "bridge")
PORT = ("stays", "changes")
LISTENING = frozenset({"rx", "echo", "sd"})
"""Pins that something else always drives: they need neither an output nor a pull-up."""


@dataclass(frozen=True, slots=True)
class Pinout:
    """One kind of board."""

    slug: str
    name: str
    chip: str
    usb: str
    """`native` where the chip itself is on the connector, `bridge` where another one is between, of USB."""
    port: str
    """Does the computer's port stay when MicroPython starts? Of PORT."""
    plug_fr: str
    plug_en: str
    """What is printed beside the connector to use."""
    heap: int
    """Bytes that MicroPython's heap has."""
    left: tuple[str, ...]
    right: tuple[str, ...]
    """What is printed along its two rows, from the antenna down; a number is a GPIO."""
    adc: frozenset[int]
    adc_mv: int
    """Up to how many millivolts its converter reads straight."""
    no_pull_up: frozenset[int]
    taken: frozenset[int]
    led: int | None
    """The pin of a plain light."""
    rgb: int | None
    """The pin of an RGB light that speaks WS2812."""
    i2c_own: frozenset[int]
    """I2C addresses of chips that are on the board itself."""
    sockets: Mapping[str, Mapping[str, int]]
    """Socket -> `id` and pins; its kind is the part of its name before `_`."""

    @property
    def pins(self) -> frozenset[int]:
        """Every GPIO that is led out, the taken ones included."""
        return frozenset(int(p) for p in (*self.left, *self.right) if p.isdigit())

    def plug(self, lang: str) -> str:
        """What is printed beside the connector to use."""
        return self.plug_fr if lang == "fr" else self.plug_en

    def free(self, kind: str, pin: str) -> list[int]:
        """The GPIOs that may serve as this pin of this kind of bus."""
        able = self.pins - self.taken
        if kind == "adc":
            able &= self.adc
        elif pin not in LISTENING:
            able -= self.no_pull_up
        return sorted(able)

    def sockets_of(self, kind: str) -> list[str]:
        """The sockets of one kind of bus."""
        return [name for name in self.sockets if kind_of(name) == kind]


def kind_of(socket: str) -> str:
    """The kind of bus of a socket.

    >>> kind_of("adc_a")
    'adc'
    """
    return socket.partition("_")[0]


@cache
def load_pinouts() -> Mapping[str, Pinout]:
    """All boards by their short name, in the order in which we recommend them."""
    boards = read_table(BOARDS, BOARDS.name, RecipeError)
    return MappingProxyType({slug: read_pinout(slug, boards.table(slug)) for slug in boards.written()})


def read_pinout(slug: str, row: Table) -> Pinout:
    """One board."""
    sockets, (plug_fr, plug_en) = row.table("sockets"), row.both("plug")
    found = Pinout(
        slug=slug,
        name=row.text("name"),
        chip=row.text("chip"),
        usb=row.among("usb", USB),
        port=row.among("port", PORT),
        plug_fr=plug_fr,
        plug_en=plug_en,
        heap=row.whole("heap", 32768, 16777216),
        left=tuple(row.raw("left")),
        right=tuple(row.raw("right")),
        adc=frozenset(row.raw("adc")),
        adc_mv=row.whole("adc_mv", 1000, 5000),
        no_pull_up=frozenset(row.raw("no_pull_up")),
        taken=frozenset(row.raw("taken")),
        led=row.whole("led", 0, 99) if row.has("led") else None,
        rgb=row.whole("rgb", 0, 99) if row.has("rgb") else None,
        i2c_own=frozenset(row.raw("i2c_own")) if row.has("i2c_own") else frozenset(),
        sockets=MappingProxyType({name: MappingProxyType(sockets.raw(name)) for name in sockets.written()}),
    )
    row.close()
    return found
