"""The buses that sensors hang on, made from `config.json`; an I2C bus is shared by the sensors that name it."""

from machine import ADC, I2C, UART, Pin

from micropython import const

import slots

I2C_HZ = 100000
_UART_ROOM = const(512)


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
            return UART(bus["id"], baudrate=bus["baud"], tx=Pin(bus["tx"]), rx=Pin(bus["rx"]), rxbuf=_UART_ROOM)
        if kind == "adc":
            return ADC(Pin(bus["pin"]), atten=ADC.ATTN_11DB)
        try:
            from girouette import rare

            return rare.make(kind, bus)
        finally:
            slots.unload("girouette.rare")
