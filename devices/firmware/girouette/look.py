"""A look at the wiring: who answers on each I2C bus, which chip says so, which voltages the pins have. Loaded for a look only.

It tells codes and numbers; `devices/wiring.py` makes sentences of them, in the language of whoever asks.
"""

import asyncio

from machine import Pin, SoftI2C

from micropython import const

from girouette.buses import I2C_HZ

LOWEST, HIGHEST = 8, 119
"""Addresses that a chip can have (I2C-bus specification UM10204, 3.1.12)."""
_AT_A_TIME = const(8)
"""A probe is a byte: 0.1 ms at 100 kHz."""
MOST = 16
"""More than so many answers are no chips but a line that is held low."""
IDS = {0x76: (0xD0, 1, 8), 0x77: (0xD0, 1, 8), 0x29: (0x10F, 2, 16), 0x1C: (0x0F, 1, 8), 0x1E: (0x0F, 1, 8)}
"""Address -> register, bytes and bits of address of what the chip says that it is, where several kinds can be."""


async def look(board) -> dict:
    """`i2c`: by bus, who answers, who does with the lines exchanged, and what they say they are; `mv` and `faults` by sensor."""
    told = {"i2c": {}, "mv": {}, "faults": {s.name: s.fault for s in board.sensors if s.fault is not None}}
    for wiring in board.config.sensors:
        bus = wiring.bus
        if bus["kind"] == "adc":
            told["mv"][wiring.driver] = board.buses.open(bus).read_uv() // 1000
        elif bus["kind"] == "i2c" and str(bus["id"]) not in told["i2c"]:
            told["i2c"][str(bus["id"])] = await look_at_bus(board.buses, bus)
    return told


async def look_at_bus(buses, bus: dict) -> dict:
    """One I2C bus; nothing but `found` where all is as it should be."""
    line = buses.open(bus)
    found = await answering(line)
    told: dict = {"found": found}
    ids = {str(a): identity(line, a) for a in found if a in IDS}
    if ids:
        told["ids"] = ids
    if not found:
        crossed = await answering(SoftI2C(scl=Pin(bus["sda"]), sda=Pin(bus["scl"]), freq=I2C_HZ))
        buses.renew(bus)  # the pins are the bus's again
        if crossed:
            told["crossed"] = crossed
    return told


async def answering(line) -> list[int]:
    """The addresses at which somebody answers; the loop goes on meanwhile. Empty where everybody seems to."""
    found = []
    for address in range(LOWEST, HIGHEST + 1):
        try:
            line.writeto(address, b"")
            found.append(address)
        except OSError:
            pass
        if address % _AT_A_TIME == 0:
            await asyncio.sleep_ms(0)
    return found if len(found) <= MOST else []


def identity(line, address: int) -> int:
    """The number by which the chip at this address says what it is; -1 where it does not."""
    register, count, bits = IDS[address]
    try:
        return int.from_bytes(line.readfrom_mem(address, register, count, addrsize=bits), "big")
    except OSError:
        return -1
