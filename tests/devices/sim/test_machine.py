"""The simulated chip behaves as a chip to a driver: buses that answer where something is wired, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from on_board import run

CONFIG: dict[str, Any] = {
    "device": "b1",
    "sensors": [
        {
            "driver": "bme280", "bus": {"kind": "i2c", "id": 0, "scl": 22, "sda": 21, "addr": 0x76},
            "channels": [{"n": "temperature", "key": "temperature"}],
        },
        {
            "driver": "pms5003", "bus": {"kind": "uart", "id": 1, "baud": 9600, "tx": 17, "rx": 16},
            "channels": [{"n": "pm2_5", "key": "pm2_5"}, {"n": "pm10", "key": "pm10"}],
        },
        {"driver": "wind_vane", "bus": {"kind": "adc", "pin": 34}, "channels": [{"n": "wind", "key": "direction"}]},
        {"driver": "anemometer", "bus": {"kind": "pulse", "pin": 27}, "channels": [{"n": "speed", "key": "speed"}]},
    ],
}  # fmt: skip
AROUND = {
    "signals": {
        "temperature": {"base": 20.0}, "pm2_5": {"base": 12.0}, "pm10": {"base": 20.0},
        "wind": {"kind": "wind", "base": 90.0}, "speed": {"base": 6.67},
    }
}  # fmt: skip


def on_chip(code: str, directory: Path, *, virtual: bool = True) -> Any:
    """Run a piece of code on this chip."""
    return run(code, directory, config=CONFIG, around=AROUND, virtual=virtual)


def test_i2c_answers_at_its_address_only(tmp_path: Path) -> None:
    """A scan finds the chip; another address, another bus and a chip that is silent are ENODEV, as on an ESP32."""
    code = """
from machine import I2C, Pin
from world import the_world

def tried(bus, address):
    try:
        return bus.readfrom_mem(address, 0xD0, 1)[0]
    except OSError as error:
        return error.errno

bus, other = I2C(0, scl=Pin(22), sda=Pin(21)), I2C(1, scl=Pin(5), sda=Pin(4))
result = [bus.scan(), other.scan(), tried(bus, 0x76), tried(bus, 0x77), tried(other, 0x76)]
the_world.silent = lambda name: True
result.append(tried(bus, 0x76))
"""
    assert on_chip(code, tmp_path) == [[0x76], [], 0x60, 19, 19, 19]


def test_bme280_gives_the_measurement_before_while_it_measures(tmp_path: Path) -> None:
    """Who does not wait reads what was there before, with the busy bit set: a driver that is too quick is found out."""
    code = """
import time
from machine import I2C, Pin
bus = I2C(0, scl=Pin(22), sda=Pin(21))
bus.writeto_mem(0x76, 0xF2, b"\\x01")
bus.writeto_mem(0x76, 0xF4, b"\\x25")
result = []
for wait_ms in (0, 8, 1):
    time.sleep_ms(wait_ms)
    result.append([bus.readfrom_mem(0x76, 0xF3, 1)[0], list(bus.readfrom_mem(0x76, 0xF7, 6))])
"""
    at_once, early, done = on_chip(code, tmp_path)

    skipped = [0x80, 0, 0, 0x80, 0, 0]
    assert at_once == [8, skipped]
    assert early == [8, skipped]
    assert done[0] == 0
    assert done[1] != skipped


def test_two_chips_share_a_bus_and_answer_by_their_commands(tmp_path: Path) -> None:
    """Each hears its own address; one that is busy refuses as one that is not there, and each keeps its own time."""
    config = {
        "sensors": [
            {
                "driver": "sht4x",
                "bus": {"kind": "i2c", "id": 0, "addr": 0x44},
                "channels": [{"n": "t", "key": "temperature"}],
            },
            {
                "driver": "bh1750",
                "bus": {"kind": "i2c", "id": 0, "addr": 0x23},
                "channels": [{"n": "e", "key": "illuminance"}],
            },
        ]
    }
    code = """
import time
from machine import I2C, Pin
bus = I2C(0, scl=Pin(22), sda=Pin(21))

def tried(what, *given, **more):
    try:
        return what(*given, **more)
    except OSError as error:
        return error.errno

result = [bus.scan(), bus.writeto(0x44, b"\\xfd"), bus.writeto(0x23, b"\\x01")]
time.sleep_ms(8)
result += [tried(bus.readfrom, 0x44, 6), tried(bus.writeto, 0x44, b"\\xfd"), tried(bus.writeto, 0x45, b"\\xfd")]
time.sleep_ms(1)
result += [len(tried(bus.readfrom, 0x44, 6)), tried(bus.readfrom, 0x44, 6), list(bus.readfrom(0x23, 2))]
"""
    around = {"signals": {"t": {"base": 20.0}, "e": {"base": 100.0}}}

    assert run(code, tmp_path, config=config, around=around, virtual=True) == [
        [0x23, 0x44], 1, 1, 19, 19, 19, 6, 19, [0, 0],
    ]  # fmt: skip


def test_a_register_has_as_many_bits_of_address_as_its_chip(tmp_path: Path) -> None:
    """A VL53L1X is asked with 16 and a BME280 with 8; with the other's number neither understands."""
    config = {
        "sensors": [
            *CONFIG["sensors"],
            {
                "driver": "vl53l1x",
                "bus": {"kind": "i2c", "id": 0, "addr": 0x29},
                "channels": [{"n": "d", "key": "distance"}],
            },
        ]
    }
    code = """
from machine import I2C, Pin
bus, result = I2C(0, scl=Pin(22), sda=Pin(21)), []
for address, register in ((0x29, 0x010F), (0x76, 0xD0)):
    for bits in (8, 16):
        try:
            result.append(list(bus.readfrom_mem(address, register, 1, addrsize=bits)))
        except OSError as error:
            result.append(error.errno)
"""
    assert run(code, tmp_path, config=config, virtual=True) == [19, [0xEA], [0x60], 19]


def test_a_chip_that_was_unplugged_forgets_what_it_was_told(tmp_path: Path) -> None:
    """It comes back as after power-on: an ENS160 that measured sleeps again."""
    config = {
        "sensors": [
            {"driver": "ens160", "bus": {"kind": "i2c", "id": 0, "addr": 0x53}, "channels": [{"n": "v", "key": "tvoc"}]}
        ]
    }
    code = """
from machine import I2C, Pin
from world import the_world
bus = I2C(0, scl=Pin(22), sda=Pin(21))
bus.writeto_mem(0x53, 0x10, b"\\x02")
result = [bus.readfrom_mem(0x53, 0x10, 1)[0]]
the_world.silent = lambda name: True
bus.scan()
the_world.silent = lambda name: False
result.append(bus.readfrom_mem(0x53, 0x10, 1)[0])
"""
    assert run(code, tmp_path, config=config, virtual=True) == [2, 0]


def test_uart_overflows_as_a_uart_does(tmp_path: Path) -> None:
    """A frame of 32 bytes a second; nobody reads for a minute: the buffer holds its newest bytes and no more."""
    code = """
import time
from machine import UART
line = UART(1, baudrate=9600, rxbuf=100)
wrong = UART(1, baudrate=4800)
result = [line.any()]
time.sleep_ms(1000)
frame = line.read(64)
result += [list(frame[:4]), len(frame), sum(frame[:30]) == frame[30] << 8 | frame[31], line.read(1)]
time.sleep_ms(60000)
result += [line.any(), wrong.any()]
"""
    assert on_chip(code, tmp_path) == [0, [0x42, 0x4D, 0, 28], 32, True, None, 100, 0]


def test_adc_has_twelve_bits_and_an_open_pin_reads_ground(tmp_path: Path) -> None:
    """Volts come in steps of 0.8 mV; a pin that nothing drives is at 0."""
    code = """
from machine import ADC, Pin
result = [ADC(Pin(34)).read_uv(), ADC(Pin(35)).read_uv()]
"""
    east, nothing = on_chip(code, tmp_path)

    step = 3_300_000 // 4096
    assert east % step == 0
    assert 0 <= 3_300_000 * 956 // 10956 - east < 2 * step
    assert nothing == 0


def test_adc_ends_where_that_of_its_board_does(tmp_path: Path) -> None:
    """A cut vane gives 2.27 V, and a converter that the configuration says reads up to 2 V reads 2 V."""
    code = """
from machine import ADC, Pin
from world import the_world
the_world.silent = lambda name: True
result = ADC(Pin(34)).read_uv()
"""
    read = []
    for full_mv in (3300, 2000):
        vane = {
            "driver": "wind_vane",
            "bus": {"kind": "adc", "pin": 34, "full_mv": full_mv},
            "channels": [{"n": "wind", "key": "direction"}],
        }
        read.append(run(code, tmp_path, config={"sensors": [vane]}, around=AROUND, virtual=True))

    assert read == [pytest.approx(2_268_750, abs=1000), pytest.approx(2_000_000, abs=1000)]


def test_pulses_come_at_their_rate(tmp_path: Path) -> None:
    """6.67 m/s turn a cup anemometer ten times a second; the handler is called at each closure, with its pin."""
    code = """
import asyncio
from machine import Pin
closures = []
pin = Pin(27, Pin.IN, Pin.PULL_UP)

async def main():
    pin.irq(closures.append, Pin.IRQ_FALLING)
    await asyncio.sleep_ms(10050)

asyncio.run(main())
result = [len(closures), all(c is pin for c in closures), pin.value(), Pin(4, Pin.IN, Pin.PULL_UP).value(), Pin(4).value()]
"""
    count, of_the_pin, *levels = on_chip(code, tmp_path)

    assert 99 <= count <= 101
    assert of_the_pin
    assert levels == [1, 1, 0]


def test_a_slow_turn_is_waited_for_in_short_looks(tmp_path: Path) -> None:
    """The wind is felt again at least every 100 ms, and no closure follows another within 6 ms."""
    code = "from pulse import wait_ms\nresult = [wait_ms(*g) for g in ((0.0, 0.0), (0.1, 0.5), (20.0, 0.0), (20.0, 0.5), (9999.0, 0.0))]"

    assert run(code, tmp_path) == [100, 100, 50, 25, 6]


def test_a_watchdog_bites_who_does_not_feed_it(tmp_path: Path) -> None:
    """Fed in time it is content; fed too late the board has been reset meanwhile: the process ends with the code of a reset."""
    code = """
import time
from machine import WDT
dog = WDT(timeout=1000)
result = []
for wait_ms in (900, 999, 1500):
    time.sleep_ms(wait_ms)
    try:
        dog.feed()
        result.append("fed")
    except SystemExit as ended:
        result.append(ended.args[0])
"""
    assert on_chip(code, tmp_path) == ["fed", "fed", 131]


SOUND = {
    "device": "b1",
    "sensors": [
        {
            "driver": "inmp441", "bus": {"kind": "i2s", "id": 0, "sck": 4, "ws": 5, "sd": 6},
            "channels": [{"n": "noise_level", "key": "laeq"}],
        },
        {
            "driver": "jsn_sr04t", "bus": {"kind": "echo", "trig": 1, "echo": 2},
            "channels": [{"n": "distance", "key": "distance"}],
        },
        {"driver": "ds18b20", "bus": {"kind": "onewire", "pin": 10}, "channels": [{"n": "water", "key": "probe"}]},
    ],
}  # fmt: skip
HEARD = {"signals": {"noise_level": {"base": 94.0}, "distance": {"base": 1.7}, "water": {"base": 12.5}}}


def test_a_microphone_wakes_and_keeps_the_newest_tenth_of_a_second(tmp_path: Path) -> None:
    """Zeros for 2^18 clocks, then 24000 samples a second at the data sheet's size for 94 dB; who does not read loses the oldest."""
    code = """
import time
from machine import I2S, Pin
import struct
line = I2S(0, sck=Pin(4), ws=Pin(5), sd=Pin(6), mode=I2S.RX, bits=32, format=I2S.MONO, rate=24000, ibuf=20480)
buffer = bytearray(4 * 480)
result = [line.ready(), line.readinto(buffer)]
time.sleep_ms(20)
result += [line.ready(), line.readinto(buffer), any(buffer), line.readinto(buffer)]
time.sleep_ms(1000)
taken = 0
while True:
    got = line.readinto(buffer)
    if not got:
        break
    taken += got // 4
    loudest = max(struct.unpack("<%di" % (got // 4), buffer[:got]))
result += [taken, loudest >> 8, loudest & 255]
"""
    idle, none, ready, got, awake, more, taken, loudest, tail = run(
        code, tmp_path, config=SOUND, around=HEARD, virtual=True
    )

    assert (idle, none) == (0, 0)
    assert (ready, got, awake, more) == (1, 4 * 480, False, 0)
    assert taken == 20480 // 8
    assert abs(loudest - 420426) <= 2
    assert tail == 0


def test_an_answer_is_as_long_as_the_sound_is_away(tmp_path: Path) -> None:
    """1.7 m there and back at 340.39 m/s (15 degrees) are 9989 us; the pin is high meanwhile, and a trigger makes one answer."""
    code = """
import asyncio
import time
import girouette.echo
from machine import Pin
trigger, answer = Pin(1, Pin.OUT, value=0), Pin(2, Pin.IN)
edges, levels = [], []

def edge(pin):
    edges.append([girouette.echo.time.ticks_us(), pin.value()])

async def main():
    answer.irq(edge, Pin.IRQ_RISING | Pin.IRQ_FALLING)
    trigger.value(1)
    trigger.value(0)
    for _ in range(4):
        levels.append(answer.value())
        await asyncio.sleep_ms(4)

asyncio.run(main())
result = [[level for _, level in edges], time.ticks_diff(edges[1][0], edges[0][0]), levels]
"""
    edges, took_us, levels = run(code, tmp_path, config=SOUND, around=HEARD, virtual=True)

    assert edges == [1, 0]
    assert took_us == 9989
    assert levels == [0, 1, 1, 0]


def test_a_wire_that_nobody_is_on_reads_as_ones(tmp_path: Path) -> None:
    """A reset finds nobody, and bytes are FF; where a probe is, it converts for 740 ms and has 85 degrees until then."""
    code = """
import time
from machine import Pin
from onewire import OneWire
empty, wire = OneWire(Pin(11)), OneWire(Pin(10))

def scratchpad():
    wire.reset()
    wire.writebyte(0xCC)
    wire.writebyte(0xBE)
    return [wire.readbyte() for _ in range(9)]

result = [empty.reset(), empty.readbyte(), wire.reset()]
before = scratchpad()
wire.reset()
wire.writebyte(0xCC)
wire.writebyte(0x44)
time.sleep_ms(739)
result += [before[:2], wire.crc8(before), wire.readbit(), scratchpad()[:2]]
time.sleep_ms(1)
result += [wire.readbit(), scratchpad()[:2]]
"""
    found = run(code, tmp_path, config=SOUND, around=HEARD, virtual=True)

    assert found == [False, 0xFF, True, [0x50, 0x05], 0, 0, [0x50, 0x05], 1, [200, 0]]
