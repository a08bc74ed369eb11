"""A sensor as the board sees it: a driver on a bus, the channels it feeds, and what is wrong with it, if anything is."""

import asyncio

from micropython import const

_PATIENCE_MS = const(2000)
DRIVERS = "girouette.drivers."
PASSING = ("warm-up", "saturated", "range")
"""Faults of what is measured, not of the sensor: to start it again would help nothing, and may begin its warm-up anew."""


class SensorError(OSError):
    """A sensor gives no value; the one word that health tells, of those in `devices/words/wiring.toml`."""


class Unopened:
    """Stands for a driver whose bus could not be had yet."""

    async def start(self) -> None:
        """It cannot."""
        raise SensorError("bus")

    async def read(self) -> dict:
        """It cannot."""
        raise SensorError("bus")

    def hear(self, values: dict) -> None:
        """Nothing to correct."""

    def rest(self) -> None:
        """Nothing to send to sleep."""

    def tick(self) -> None:
        """Nothing to gather."""


class Sensor:
    """One sensor of the recipe; it fails alone, and is started again."""

    def __init__(self, wiring, buses):
        self.name: str = wiring.driver
        self.channels = wiring.channels
        self.fault: str | None = None
        self.gave: dict = {}
        """What it gave when it was last read."""
        self._wiring = wiring
        self._buses = buses
        self._driver = Unopened()
        self._started = False
        try:
            self._open()
        except OSError as error:  # a bus that cannot be had is this sensor's fault, not the board's end
            self._failed(error)

    async def read(self) -> dict:
        """Values by the driver's keys; empty when the sensor fails, and `fault` says how.

        A sensor that has failed is started again at once, so that it gathers for the next reading.
        """
        try:
            await asyncio.wait_for_ms(self._start(), _PATIENCE_MS)
            values = await asyncio.wait_for_ms(self._driver.read(), _PATIENCE_MS)
        except (OSError, asyncio.TimeoutError) as error:
            self._failed(error)
            await self._start_again()
            return {}
        self.fault, self.gave = None, values
        return values

    def tick(self) -> None:
        """Once a second, for drivers that gather between two samples."""
        if not self._started or not hasattr(self._driver, "tick"):
            return
        try:
            self._driver.tick()
        except OSError as error:
            self._failed(error)

    def _open(self) -> None:
        wiring = self._wiring
        module = __import__(DRIVERS + wiring.driver, None, None, ("Driver",))
        self._driver = module.Driver(self._buses.open(wiring.bus), dict(wiring.bus, **wiring.options))

    async def _start(self) -> None:
        if isinstance(self._driver, Unopened):
            self._open()
        if not self._started:
            await self._driver.start()
            self._started = True

    async def _start_again(self) -> None:
        try:
            await asyncio.wait_for_ms(self._start(), _PATIENCE_MS)
        except (OSError, asyncio.TimeoutError):
            pass  # `fault` has what went wrong first; the next reading tries again

    def rest(self) -> None:
        """Put the chip to sleep, where its driver can; the next reading starts it again."""
        if self._started and hasattr(self._driver, "rest"):
            try:
                self._driver.rest()
            except OSError:
                pass  # it sleeps deeply enough
            self._started = False

    def hear(self, values: dict) -> None:
        """Tell the driver what the sensors before it have just measured, where it corrects its own values by that."""
        if hasattr(self._driver, "hear"):
            self._driver.hear(values)

    def _failed(self, error) -> None:
        self._started = self._started and str(error) in PASSING
        if isinstance(error, SensorError):
            self.fault = str(error)
        else:
            self.fault = "timeout" if isinstance(error, asyncio.TimeoutError) else "bus"
