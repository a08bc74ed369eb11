"""The simulated chip: pins, buses and converters that lead to the models of the sensors that the configuration names."""

import errno
import os
import sys
import time

from echoes import ask, listen
from pulse import pulse_to
from sleeping import RTC, deepsleep, slept  # noqa: F401
from sound import I2S  # noqa: F401
from umachine import *  # noqa: F403
from wiring import find_on_pins, find_adc, find_echo, find_i2c, find_pulse, find_uart, most_uv

REBOOT = 131
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
CAUSES = {"hard": HARD_RESET, "watchdog": WDT_RESET, "soft": SOFT_RESET}


def reset() -> None:
    """End the process so that it is started again, as a board is."""
    sys.exit(REBOOT)


def reset_cause() -> int:
    """Why the board started."""
    if slept:
        return DEEPSLEEP_RESET
    return CAUSES.get(os.getenv("GIROUETTE_SIM_RESET"), PWRON_RESET)


def unique_id() -> bytes:
    """The chip's own number."""
    told = os.getenv("GIROUETTE_SIM_ID")
    return bytes.fromhex(told) if told else b"\x02sim\x00\x01"


class Pin:
    """A pin: what the model on it says, if there is one, and an interrupt at its edges."""

    IN, OUT, PULL_UP, IRQ_FALLING, IRQ_RISING = 0, 1, 2, 4, 8

    def __init__(self, number: int, mode: int = IN, pull: int | None = None, *, value: int | None = None):
        self.number = number
        self._level = value if value is not None else 1 if pull == self.PULL_UP else 0

    def value(self, level: int | None = None) -> int | None:
        """Read or set the level; a pulse that ends on a trigger is heard by what hangs there."""
        if level is not None:
            asked = find_echo(trig=self.number) if self._level > level else None
            self._level = level
            if asked is not None:
                ask(asked)
            return None
        model = find_pulse(self.number) or find_echo(echo=self.number)
        return self._level if model is None else model.level()

    def irq(self, handler, trigger: int = IRQ_FALLING) -> None:
        """Call the handler at each closure of the contact on this pin, or at both edges of an answer."""
        model, answers = find_pulse(self.number), find_echo(echo=self.number)
        if model is not None:
            pulse_to(model, lambda: handler(self))
        if answers is not None:
            listen(answers, lambda: handler(self))


class I2C:
    """A bus with register-level models on it; a wrong address or a broken wire is ENODEV, as on an ESP32."""

    def __init__(self, number: int = 0, *, scl: Pin, sda: Pin, freq: int = 400000):
        self._number = number

    def readfrom_mem(self, address: int, register: int, count: int, *, addrsize: int = 8) -> bytes:
        """Read registers."""
        return self._with_registers(address, addrsize).read(register, count)

    def writeto_mem(self, address: int, register: int, content: bytes, *, addrsize: int = 8) -> None:
        """Write registers."""
        self._with_registers(address, addrsize).write(register, content)

    def writeto(self, address: int, content: bytes, stop: bool = True) -> int:
        """Write a command to a chip that has no registers; how many bytes it took. Nothing at all asks whether it is there."""
        model = find_i2c(self._number, address)
        if content:
            model.take(bytes(content))
        return len(content)

    def readfrom(self, address: int, count: int, stop: bool = True) -> bytes:
        """Read what a chip without registers has to say; one that is busy refuses, which is ENODEV as well."""
        return find_i2c(self._number, address).give(count)

    def _with_registers(self, address: int, addrsize: int):
        """The chip, spoken to with as many bits of address as it has."""
        model = find_i2c(self._number, address)
        if addrsize != getattr(model, "ADDRESS_BITS", 8):
            raise OSError(errno.ENODEV)
        return model

    def scan(self) -> list[int]:
        """Who answers."""
        return [a for a in range(8, 120) if self._answers(a)]

    def _answers(self, address: int) -> bool:
        try:
            find_i2c(self._number, address)
        except OSError:
            return False
        return True


class SoftI2C(I2C):
    """A bus on any two pins: whoever is wired to them answers, though nobody expects them there."""

    def __init__(self, *, scl: Pin, sda: Pin, freq: int = 400000):
        self._pins = scl.number, sda.number

    def writeto(self, address: int, content: bytes, stop: bool = True) -> int:
        """Ask whether somebody is there."""
        find_on_pins(*self._pins, address)
        return len(content)


class UART:
    """A serial line with a frame-level model at its other end, and a receive buffer that overflows."""

    def __init__(
        self, number: int, baudrate: int = 9600, tx: Pin | None = None, rx: Pin | None = None, rxbuf: int = 256
    ):
        self._model = find_uart(number, baudrate)
        self._room = rxbuf
        self._received = b""

    def any(self) -> int:
        """How many bytes wait."""
        self._listen()
        return len(self._received)

    def read(self, count: int) -> bytes | None:
        """Up to `count` bytes, or None."""
        self._listen()
        found, self._received = self._received[:count], self._received[count:]
        return found or None

    def write(self, content: bytes) -> int:
        """Bytes to a sensor, which may listen to nothing."""
        if hasattr(self._model, "heard"):
            self._model.heard(bytes(content))
        return len(content)

    def _listen(self) -> None:
        self._received = (self._received + self._model.sent())[-self._room :]


class ADC:
    """A converter with a voltage model at its pin; 12 bits, so steps of 0.8 mV, and an end that is the kind of board's own."""

    ATTN_11DB = 3
    FULL_UV = 3300000

    def __init__(self, pin: Pin, *, atten: int = ATTN_11DB):
        self._model = find_adc(pin.number)
        self._most_uv = most_uv(pin.number)

    def read_uv(self) -> int:
        """Microvolts at the pin, in the converter's steps."""
        step = self.FULL_UV // 4096
        return min(max(self._model.microvolts(), 0), self._most_uv) // step * step


class WDT:
    """The watchdog: bites when it was not fed in time, at the next look (a process cannot interrupt itself)."""

    def __init__(self, id: int = 0, timeout: int = 5000):
        self._timeout = timeout
        self._fed = time.ticks_ms()

    def feed(self) -> None:
        """Be content for another while."""
        if time.ticks_diff(time.ticks_ms(), self._fed) > self._timeout:
            print("# watchdog: bitten")
            sys.exit(REBOOT)
        self._fed = time.ticks_ms()
