"""ST LIS3MDL on I2C: the magnetic field (T), and whether a vehicle stands over it (0 or 1).

Data sheet DocID024204: WHO_AM_I, control registers (ultra-high performance, 10 Hz, 4 gauss full scale: 6842 counts a gauss),
STATUS_REG, outputs (several bytes are read with the address's highest bit set). A gauss is 100 uT.

A vehicle is iron, and bends the field of the earth: the place is taken while the field lies farther than `threshold_ut` from what it
is when the place is empty, for 5 s, and free again below half of that. The empty field is learnt from the first 8 s after power-on,
when the place must be empty, or given by `empty_x_ut` and so on; then it follows slowly, an hour's time constant, while the place is free.
"""

import math
import struct

from micropython import const

from girouette.log import note
from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("field", "occupied")

_REG_ID = const(0x0F)
_CHIP_ID = const(0x3D)
_REG_CONTROL = const(0x20)
CONTROL = b"\x70\x00\x00\x0c\x40"
"""CTRL_REG1 to 5: ultra-high performance at 10 Hz, 4 gauss, continuous, Z the same, low and high byte of one measurement."""
_REG_CONTROL_3 = const(0x22)
POWER_DOWN = b"\x03"
_MANY = const(0x80)
_REG_STATUS = const(0x27)
NEW = const(0x08)
_REG_OUT = const(0x28)
COUNTS_A_UT = 68.42
FULL = const(32767)
_LEARN_S = const(8)
_SLOW = const(12)
"""The empty field is kept in 1/4096 count, and moves by 1/4096 of the difference a second."""
_TURN_S = const(5)
_SILENT_S = const(5)
_FARTHEST = const(16383)


class Driver:
    """One chip, which measures by itself; looked at each second."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._far = int(options.get("threshold_ut", 8) * COUNTS_A_UT)
        given = (options.get("empty_x_ut"), options.get("empty_y_ut"), options.get("empty_z_ut"))
        self._empty: list[int] = [int(ut * COUNTS_A_UT) << _SLOW for ut in given if ut is not None]
        if len(self._empty) < 3:
            self._empty = []
        self._learnt = 0
        self._sums = [0, 0, 0]
        self._now: tuple = ()
        self._occupied: int | None = None
        self._beyond = False
        self._same_s = self._silent_s = 0

    async def start(self) -> None:
        """Make sure that it is the chip, and let it measure; what is known of the empty place stays known."""
        try:
            chip = self._bus.readfrom_mem(self._address, _REG_ID, 1)[0]
        except OSError:
            raise SensorError("absent")
        if chip != _CHIP_ID:
            raise SensorError("wrong-chip")
        self._bus.writeto_mem(self._address, _REG_CONTROL | _MANY, CONTROL)
        self._now = ()

    def tick(self) -> None:
        """Look at the field of this second."""
        self._silent_s += 1
        if not self._bus.readfrom_mem(self._address, _REG_STATUS, 1)[0] & NEW:
            return
        self._now = struct.unpack("<hhh", self._bus.readfrom_mem(self._address, _REG_OUT | _MANY, 6))
        self._silent_s = 0
        if max(self._now) >= FULL or min(self._now) <= -FULL:
            return
        if self._empty:
            self._judge()
        else:
            self._learn()

    async def read(self) -> dict:
        """The field of this second, and the state of the place; `warm-up` until it is known."""
        if self._silent_s > _SILENT_S:
            raise SensorError("timeout")
        if not self._now:
            if self._occupied is not None:
                return {}
            raise SensorError("warm-up")
        if max(self._now) >= FULL or min(self._now) <= -FULL:
            raise SensorError("saturated")
        if self._occupied is None:
            raise SensorError("warm-up")
        x, y, z = self._now
        return {"field": math.sqrt(x * x + y * y + z * z) / COUNTS_A_UT / 1000000, "occupied": self._occupied}

    def _learn(self) -> None:
        self._sums = [total + count for total, count in zip(self._sums, self._now)]
        self._learnt += 1
        if self._learnt == _LEARN_S:
            self._occupied = 0
            self._empty = [(total << _SLOW) // _LEARN_S for total in self._sums]
            note(
                "lis3mdl: empty at", *(int(total / _LEARN_S / COUNTS_A_UT + 0.5) for total in self._sums), "uT (x, y, z)"
            )

    def _judge(self) -> None:
        """The state is what has held for long enough; while nothing stands there the empty field is followed."""
        away = [min(abs(count - (kept >> _SLOW)), _FARTHEST) for count, kept in zip(self._now, self._empty)]
        limit = self._far // 2 if self._occupied else self._far
        beyond = away[0] * away[0] + away[1] * away[1] + away[2] * away[2] > limit * limit
        self._same_s = self._same_s + 1 if beyond == self._beyond else 1
        self._beyond = beyond
        if self._same_s >= _TURN_S:
            self._occupied = int(beyond)
        if not self._occupied and not beyond:
            self._empty = [kept + count - (kept >> _SLOW) for count, kept in zip(self._now, self._empty)]

    def rest(self) -> None:
        """Power down until it is started again; a board that forgets in its sleep wants `empty_x_ut` and so on."""
        self._bus.writeto_mem(self._address, _REG_CONTROL_3, POWER_DOWN)
