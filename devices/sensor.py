"""A sensor of a recipe: its driver, the channels it feeds, and the pins of the board that it hangs on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from devices.driver import Driver, load_drivers
from devices.pinout import PINS_OF, Pinout, load_pinouts
from devices.quantity import Quantity
from devices.refusal import RecipeError
from devices.table import Table

CHANNEL = re.compile(r"([a-z][a-z0-9_]{0,31}\.)?([a-z][a-z0-9_]{0,31})")


@dataclass(frozen=True, slots=True)
class Channel:
    """One column of a device's samples."""

    name: str
    """The quantity's slug, or `where.quantity`."""
    quantity: str
    key: str
    """What the driver calls it."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """One sensor, placed on one kind of board."""

    driver: str
    bus: Mapping[str, Any]
    """As the board's `config.json` has it: `kind`, pins, `id`, `addr`, `baud`, `full_mv` (how far the board's converter reads)."""
    options: Mapping[str, Any]
    channels: tuple[Channel, ...]
    socket: str
    """The name of its pins, the same on every board."""
    pins: Mapping[str, Mapping[str, int]]
    """Board -> pins of one's own in place of the socket's."""
    where: str
    """How sentences name it."""

    def on(self, board: Pinout) -> Sensor:
        """The same sensor, placed on another kind of board."""
        return replace(self, bus=bus_on(self, board))


def read_sensor(row: Table, quantities: Mapping[str, Quantity], board: Pinout) -> Sensor:
    """One [[sensors]] table of a recipe, placed on this board; RecipeError where it does not add up."""
    drivers = load_drivers()
    slug = row.text("driver")
    if slug not in drivers:
        raise row.refusal("unknown_driver", value=slug, choices=", ".join(drivers))
    driver = drivers[slug]
    bus: dict[str, Any] = {"kind": driver.bus}
    if driver.addresses:
        bus["addr"] = read_address(row, driver)
    if driver.baud is not None:
        bus["baud"] = driver.baud
    found = Sensor(
        driver=slug,
        bus=bus,
        options=read_options(row.table("options"), driver),
        channels=read_channels(row, driver, quantities),
        socket=row.text("bus"),
        pins=read_pins(row.table("pins")),
        where=row.where,
    )
    row.close()
    return found.on(board)


def read_address(row: Table, driver: Driver) -> int:
    """The I2C address, the chip's first one where none is written."""
    addr = row.whole("addr", 0, 127) if row.has("addr") else driver.addresses[0]
    if addr not in driver.addresses:
        choices = ", ".join(map(hex, driver.addresses))
        raise row.refusal("address_unknown", driver=driver.slug, addr=hex(addr), choices=choices)
    return addr


def read_options(options: Table, driver: Driver) -> Mapping[str, Any]:
    """What the recipe sets of what the driver lets be set."""
    found: dict[str, Any] = {}
    for name in options.written():
        if name not in driver.options:
            raise options.refusal("unknown_key", key=name, choices=", ".join(driver.options) or "-")
        low, high = driver.options[name]
        found[name] = options.number(name)
        if not low <= found[name] <= high:
            raise options.refusal("out_of_range", key=name, value=found[name], low=low, high=high)
    return MappingProxyType(found)


def read_pins(pins: Table) -> Mapping[str, Mapping[str, int]]:
    """Pins of one's own, a table a board."""
    found: dict[str, Mapping[str, int]] = {}
    for board in pins.written():
        if board not in load_pinouts():
            raise pins.refusal("unknown_board", value=board, choices=", ".join(load_pinouts()))
        row = pins.table(board)
        found[board] = MappingProxyType({name: row.whole(name, 0, 99) for name in row.written()})
    return MappingProxyType(found)


def read_channels(row: Table, driver: Driver, quantities: Mapping[str, Quantity]) -> tuple[Channel, ...]:
    """The channels that the sensor feeds: `channel = "driver's key"`."""
    channels = row.table("channels")
    if not channels.written():
        raise row.refusal("no_channels", example=", ".join(f'{key} = "{key}"' for key in driver.keys))
    return tuple(read_channel(channels, name, driver, quantities) for name in channels.written())


def read_channel(channels: Table, name: str, driver: Driver, quantities: Mapping[str, Quantity]) -> Channel:
    """One channel: of a quantity that exists, from a key that the driver has, in the unit that both have."""
    key, matched = channels.text(name), CHANNEL.fullmatch(name)
    if matched is None:
        raise channels.refusal("bad_channel", value=name)
    quantity = matched[2]
    if quantity not in quantities:
        raise channels.refusal("unknown_quantity", value=quantity, choices=", ".join(quantities))
    if key not in driver.keys:
        choices = ", ".join(driver.keys)
        raise channels.refusal("unknown_driver_key", driver=driver.slug, value=key, choices=choices)
    given, wanted = driver.keys[key], quantities[quantity].unit_wire
    if given != wanted:
        values = {"driver": driver.slug, "value": key, "unit": given, "quantity": quantity, "other": wanted}
        raise channels.refusal("unit_differs", **values)
    return Channel(name, quantity, key)


def bus_on(sensor: Sensor, board: Pinout) -> Mapping[str, Any]:
    """The bus of a sensor on a board: the socket's pins, or those that the recipe gives for this board."""
    kind, where, driver = sensor.bus["kind"], sensor.where, sensor.driver
    if sensor.socket not in board.sockets_of(kind):
        choices = ", ".join(board.sockets_of(kind)) or "-"
        raise RecipeError(
            "unknown_socket", where=where, board=board.slug, value=sensor.socket, driver=driver, choices=choices
        )
    own = sensor.pins.get(board.slug, {})
    names = PINS_OF[kind]
    if own and set(own) != set(names):
        raise RecipeError("pin_missing", where=where, driver=driver, choices=", ".join(names))
    placed = {name: value for name, value in sensor.bus.items() if name in {"kind", "addr", "baud"}}
    reach = {"full_mv": board.adc_mv} if kind == "adc" else {}
    return MappingProxyType(placed | dict(board.sockets[sensor.socket]) | dict(own) | reach)


def check_pins(sensors: Sequence[Sensor], board: Pinout) -> None:
    """Refuse pins that the board has not or cannot use so, and whatever is used twice; an I2C bus is shared by address."""
    used = {} if board.led is None else {board.led: "LED"}
    buses: dict[tuple[str, int], list[Sensor]] = {}
    for sensor in sensors:
        kind = sensor.bus["kind"]
        for name in PINS_OF[kind]:
            check_pin(sensor, board, name)
        others = buses.setdefault((kind, sensor.bus["id"]), []) if "id" in sensor.bus else []
        if others:
            check_shared(sensor, others, board)
        else:
            take_pins(sensor, used, board)
        others.append(sensor)


def take_pins(sensor: Sensor, used: dict[int, str], board: Pinout) -> None:
    """Note the pins of a sensor as used; refuse one that is."""
    for name in PINS_OF[sensor.bus["kind"]]:
        pin = sensor.bus[name]
        if pin in used:
            raise RecipeError("pin_twice", where=sensor.where, pin=pin, board=board.slug, other=used[pin])
        used[pin] = sensor.driver


def check_shared(sensor: Sensor, others: Sequence[Sensor], board: Pinout) -> None:
    """Refuse a bus that cannot be shared with those who have it: a serial line, other pins, the same address."""
    kind, where, socket = sensor.bus["kind"], sensor.where, sensor.socket
    if kind != "i2c":
        raise RecipeError("socket_twice", where=where, value=socket, board=board.slug, other=others[0].driver)
    if any(sensor.bus[name] != others[0].bus[name] for name in PINS_OF[kind]):
        raise RecipeError("bus_twice", where=where, value=socket, board=board.slug, other=others[0].driver)
    for other in others:
        if other.bus["addr"] == sensor.bus["addr"]:
            raise RecipeError("address_twice", where=where, addr=hex(sensor.bus["addr"]), other=other.driver)


def check_pin(sensor: Sensor, board: Pinout, name: str) -> None:
    """Refuse a pin that is not there, that the board needs itself, or that cannot do what the bus asks."""
    kind, pin = sensor.bus["kind"], sensor.bus[name]
    free = board.free(kind, name)
    if pin in free:
        return
    key = "pin_no_adc" if kind == "adc" else "pin_no_output"
    if pin in board.taken:
        key = "pin_taken"
    if pin not in board.pins:
        key = "pin_unknown"
    raise RecipeError(key, where=sensor.where, board=board.slug, pin=pin, choices=", ".join(map(str, free)))
