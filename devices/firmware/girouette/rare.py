"""The buses of few recipes (buses.py): loaded where a recipe has one, for the moment in which it is made."""

from machine import Pin

from micropython import const

_I2S_HZ = const(24000)
_I2S_ROOM = const(20480)
"""Ten of the chip's DMA buffers, 107 ms of sound: longer than the loop is ever held but for writing to flash."""


def make(kind: str, bus: dict):
    """The bus of this description; ValueError for a kind that no board has."""
    if kind == "pulse":
        from girouette.pulses import Pulses

        return Pulses(Pin(bus["pin"], Pin.IN, Pin.PULL_UP))
    if kind == "i2s":
        from machine import I2S

        pins = {name: Pin(bus[name]) for name in ("sck", "ws", "sd")}
        return I2S(bus["id"], mode=I2S.RX, bits=32, format=I2S.MONO, rate=_I2S_HZ, ibuf=_I2S_ROOM, **pins)
    if kind == "onewire":
        from onewire import OneWire

        return OneWire(Pin(bus["pin"]))
    if kind == "echo":
        from girouette.echo import Echo

        return Echo(Pin(bus["trig"], Pin.OUT, value=0), Pin(bus["echo"], Pin.IN))
    raise ValueError("no bus of kind %s" % kind)
