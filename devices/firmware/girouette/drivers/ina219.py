"""Texas Instruments INA219 on I2C: voltage (V), current (A) and power (W) of a battery, by a shunt.

Data sheet SBOS448G: registers (8.6), calibration (8.5.1: 0.04096 / (least current x shunt); its example, 1 mA and 2 mOhm, is
20480), triggered mode with 128 samples of each (8.6.2.1: 68.1 ms each), conversion ready and overflow bits (8.6.3.2).
"""

import asyncio
import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("voltage", "current", "power")

_REG_CONFIG = const(0x00)
_REG_SHUNT = const(0x01)
_REG_BUS = const(0x02)
_REG_CURRENT = const(0x04)
_REG_CALIBRATION = const(0x05)
DEFAULT = const(0x399F)
_RESET = const(0x8000)
_ONCE = const(0x3FFB)
"""32 V, 320 mV over the shunt, the mean of 128 samples of each, once."""
_POWER_DOWN = const(0x3FF8)
_MEASURE_MS = const(140)
_READY = const(0x02)
_OVERFLOW = const(0x01)
FULL = const(32000)
"""320 mV in steps of 10 uV."""
_SHUNT_MOHM = const(100)


def least_ua(shunt_mohm: int) -> int:
    """What one bit of the current stands for, in microamperes: 320 mV over the shunt fill 32000 of 32767."""
    return 10000 // shunt_mohm


def calibration(current_ua: int, shunt_mohm: int) -> int:
    """The calibration register for a current's bit of so many microamperes (8.5.1, equation 1)."""
    return 40960000 // (current_ua * shunt_mohm)


class Driver:
    """One chip: measures when asked, and sleeps in between; what it is told is told anew each time, lest it forget."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._shunt_mohm = int(options.get("shunt_mohm", _SHUNT_MOHM))
        self._ua = least_ua(self._shunt_mohm)

    async def start(self) -> None:
        """Reset it, after which its configuration is that of an INA219 and of no other."""
        try:
            self._write(_REG_CONFIG, _RESET)
        except OSError:
            raise SensorError("absent")
        await asyncio.sleep_ms(1)
        if self._read(_REG_CONFIG, ">H") != DEFAULT:
            raise SensorError("wrong-chip")

    async def read(self) -> dict:
        """Measure for 0.14 s, in which other tasks run; `saturated` where more flows than the shunt can show."""
        self._write(_REG_CALIBRATION, calibration(self._ua, self._shunt_mohm))
        self._write(_REG_CONFIG, _ONCE)
        await asyncio.sleep_ms(_MEASURE_MS)
        for _ in range(5):
            volts = self._read(_REG_BUS, ">H")
            if volts & _READY:
                break
            await asyncio.sleep_ms(4)
        else:
            raise SensorError("timeout")
        if volts & _OVERFLOW or abs(self._read(_REG_SHUNT, ">h")) >= FULL:
            raise SensorError("saturated")
        voltage = (volts >> 3) * 4 / 1000
        current = self._read(_REG_CURRENT, ">h") * self._ua / 1000000
        return {"voltage": voltage, "current": current, "power": voltage * current}

    def rest(self) -> None:
        """Power down until the next reading."""
        self._write(_REG_CONFIG, _POWER_DOWN)

    def _read(self, register: int, form: str) -> int:
        return struct.unpack(form, self._bus.readfrom_mem(self._address, register, 2))[0]

    def _write(self, register: int, word: int) -> None:
        self._bus.writeto_mem(self._address, register, struct.pack(">H", word))
