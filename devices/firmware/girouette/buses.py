"""The buses that sensors hang on, made from `config.json`; an I2C bus is shared by the sensors that name it."""

from machine import ADC, I2C, UART, Pin

from girouette.pulses import Pulses

I2C_HZ = 100000
UART_ROOM = 512
I2S_HZ = 24000
I2S_ROOM = 20480
"""Ten of the chip's DMA buffers, 107 ms of sound: longer than the loop is ever held but for writing to flash."""


class Buses:
    """Makes each bus once."""

    def __init__(self):
        self._made: dict[tuple, object] = {}

    def open(self, bus: dict):
        """The bus of this description; ValueError for a kind that no board has."""
        kind = bus["kind"]
        key = (kind, bus.get("id"), bus.get("pin"), bus.get("trig"))
        if key not in self._made:
            self._made[key] = self._make(kind, bus)
        return self._made[key]

    def renew(self, bus: dict):
        """The same bus made anew, where something else has had its pins; who holds it may go on."""
        del self._made[(bus["kind"], bus.get("id"), bus.get("pin"), bus.get("trig"))]
        return self.open(bus)

    def _make(self, kind: str, bus: dict):
        if kind == "i2c":
            return I2C(bus["id"], scl=Pin(bus["scl"]), sda=Pin(bus["sda"]), freq=I2C_HZ)
        if kind == "uart":
            return UART(bus["id"], baudrate=bus["baud"], tx=Pin(bus["tx"]), rx=Pin(bus["rx"]), rxbuf=UART_ROOM)
        if kind == "adc":
            return ADC(Pin(bus["pin"]), atten=ADC.ATTN_11DB)
        if kind == "pulse":
            return Pulses(Pin(bus["pin"], Pin.IN, Pin.PULL_UP))
        return self._make_rare(kind, bus)

    def _make_rare(self, kind: str, bus: dict):
        """Buses whose modules are loaded where a recipe has them, and nowhere else."""
        if kind == "i2s":
            from machine import I2S

            pins = {name: Pin(bus[name]) for name in ("sck", "ws", "sd")}
            return I2S(bus["id"], mode=I2S.RX, bits=32, format=I2S.MONO, rate=I2S_HZ, ibuf=I2S_ROOM, **pins)
        if kind == "onewire":
            from onewire import OneWire

            return OneWire(Pin(bus["pin"]))
        if kind == "echo":
            from girouette.echo import Echo

            return Echo(Pin(bus["trig"], Pin.OUT, value=0), Pin(bus["echo"], Pin.IN))
        raise ValueError("no bus of kind %s" % kind)
