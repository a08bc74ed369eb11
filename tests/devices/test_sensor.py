"""A sensor of a recipe: driver, channels and pins, on each board; what does not add up is refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.pinout import PINS_OF, load_pinouts
from devices.quantity import load_quantities
from devices.recipe import load_recipes, read_recipe
from devices.refusal import RecipeError
from devices.sensor import Channel, Sensor, check_pins

DRIVER, CHANNELS = (
    'driver = "bme280"\nbus = "i2c"',
    '{ "cellar.temperature" = "temperature", "cellar.humidity" = "humidity" }',
)
ESP32 = load_pinouts()["esp32"]


def sensor(driver: str, kind: str, **bus: int) -> Sensor:
    """A sensor on these pins of an ESP32."""
    return Sensor(
        driver, {"kind": kind, **bus}, {}, (Channel("temperature", "temperature", "t"),), kind, {}, f"{driver}.toml"
    )


def test_a_sensor_is_placed_on_its_socket(own_recipe: Callable[..., Path]) -> None:
    """Without more words the socket's pins and the chip's first address are taken, and driver's keys feed named channels."""
    (one,) = read_recipe(own_recipe(), load_quantities()).sensors

    assert dict(one.bus) == {"kind": "i2c", "addr": 0x76, "id": 0, "sda": 6, "scl": 7}
    assert one.channels[0] == Channel("cellar.temperature", "temperature", "temperature")
    assert dict(one.on(load_pinouts()["c3"]).bus) == {"kind": "i2c", "addr": 0x76, "id": 0, "sda": 7, "scl": 8}


def test_pins_of_ones_own_take_the_place_of_the_sockets(own_recipe: Callable[..., Path]) -> None:
    """They count for the board that they are written for, and for no other."""
    pins = DRIVER + "\npins = { esp32 = { sda = 18, scl = 19 } }"
    recipe = read_recipe(own_recipe((DRIVER, pins)), load_quantities())

    esp32 = recipe.on("esp32").sensors[0].bus
    assert (esp32["sda"], esp32["id"]) == (18, 0)
    assert recipe.on("s3").sensors[0].bus["sda"] == 8


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"bme280"', '"bme180"', "no driver is called bme180; choose among "),
        ('bus = "i2c"\n', "", "bus is missing; add it"),
        ('bus = "i2c"', 'bus = "spi"', "the board c6 has no socket spi for the driver bme280; choose among i2c"),
        (DRIVER, DRIVER + "\naddr = 0x40", "the driver bme280 cannot have the address 0x40; choose among 0x76, 0x77"),
        (DRIVER, DRIVER + "\naddr = 700", "addr is 700; choose a value from 0 to 127"),
        (DRIVER, DRIVER + "\ncolour = 1", "there is no colour here"),
        (DRIVER, DRIVER + "\noptions = { gain = 2 }", "options: there is no gain here; remove it, or choose among -"),
        (DRIVER, DRIVER + "\npins = { esp31 = { sda = 1, scl = 2 } }", "no board is called esp31; choose among c6, c3"),
        (DRIVER, DRIVER + "\npins = { esp32 = { sda = 18 } }", "the driver bme280 needs the pins sda, scl; write them in pins"),
        (DRIVER, DRIVER + "\npins = { esp32 = { sda = 18, scl = 24 } }", "the board esp32 has no pin 24"),
        (DRIVER, DRIVER + "\npins = { esp32 = { sda = 18, scl = 12 } }", "the pin 12 of the board esp32 is needed by the board itself"),
        (DRIVER, DRIVER + "\npins = { esp32 = { sda = 18, scl = 34 } }", "the pin 34 of the board esp32 only reads and has no pull-up"),
        (DRIVER, DRIVER + "\npins = { esp32 = { sda = 18, scl = 18 } }", "the pin 18 of the board esp32 is already used by bme280"),
        (DRIVER, DRIVER + "\npins = { esp32 = { sda = 18, scl = 2 } }", "the pin 2 of the board esp32 is already used by LED"),
        (CHANNELS, "{}", 'the sensor measures nothing; write channels = { temperature = "temperature"'),
        (CHANNELS, '{ Temperature = "temperature" }', "Temperature is not a possible channel name"),
        (CHANNELS, '{ "a.b.temperature" = "temperature" }', "a.b.temperature is not a possible channel name"),
        (CHANNELS, '{ warmth = "temperature" }', "there is no quantity warmth; choose among temperature, humidity"),
        (CHANNELS, '{ temperature = "heat" }', "the driver bme280 does not give heat; choose among temperature"),
        (CHANNELS, '{ temperature = "humidity" }', "the driver bme280 gives humidity in %RH, but temperature is in Cel"),
        (CHANNELS, "{ cellar.temperature = 1 }", "channels: cellar must be a text"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_refused_with_a_sentence(
    own_recipe: Callable[..., Path], old: str, new: str, said: str
) -> None:
    """The sentence names file and table and says what to do, in both languages."""
    folder = own_recipe((old, new))

    with pytest.raises(RecipeError) as refused:
        read_recipe(folder, load_quantities())

    assert said in str(refused.value)
    assert re.match(rf"{folder}/recipe.toml \(line \d+\), \[\[sensors\]\] 1", str(refused.value))
    assert re.match(rf"{folder}/recipe.toml \(ligne \d+\), \[\[sensors\]\] 1", refused.value.said("fr"))
    assert refused.value.said("fr") != str(refused.value)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (sensor("pms5003", "uart", id=2, tx=21, rx=16), "the pin 21 of the board esp32 is already used by bme280"),
        (sensor("bme280", "i2c", id=0, sda=21, scl=22, addr=0x76), "the I2C address 0x76 is already used by bme280"),
        (sensor("bme280", "i2c", id=0, sda=18, scl=19, addr=0x77), "the socket i2c of the board esp32 has other pins for bme280"),
        (sensor("dba_meter", "adc", pin=25), "the pin 25 of the board esp32 cannot measure a voltage; choose among 32, 33"),
    ],
)  # fmt: skip
def test_what_two_sensors_want_is_refused(second: Sensor, said: str) -> None:
    """A pin, an address, or a bus on other pins."""
    with pytest.raises(RecipeError) as refused:
        check_pins([sensor("bme280", "i2c", id=0, sda=21, scl=22, addr=0x76), second], ESP32)

    assert said in str(refused.value)
    assert str(refused.value).startswith(f"{second.driver}.toml: ")


def test_a_serial_line_has_one_sensor() -> None:
    """A second one on the same line is refused, whatever pins it wants: a board opens each line once."""
    lines = [sensor("pms5003", "uart", id=2, tx=17, rx=16), sensor("pms5003", "uart", id=2, tx=18, rx=19)]

    with pytest.raises(RecipeError, match="the socket uart of the board esp32 is already used by pms5003"):
        check_pins(lines, ESP32)


def test_two_addresses_share_a_bus() -> None:
    """Two chips on the same pins with different addresses are what I2C is for."""
    check_pins([sensor("bme280", "i2c", id=0, sda=21, scl=22, addr=addr) for addr in (0x76, 0x77)], ESP32)


@st.composite
def wanted(draw: st.DrawFn) -> list[Sensor]:
    """Up to four sensors on any pins of an ESP32, possible or not."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(sorted(PINS_OF)))
        bus = {name: draw(st.sampled_from([2, 16, 17, 18, 19, 21, 22, 34, 35])) for name in PINS_OF[kind]}
        if kind in {"i2c", "uart"}:
            bus["id"] = draw(st.integers(0, 1))
        if kind == "i2c":
            bus["addr"] = draw(st.sampled_from([0x76, 0x77]))
        found.append(sensor(f"d{len(found)}", kind, **bus))
    return found


@given(wanted())
def test_no_pin_is_ever_given_twice(sensors: list[Sensor]) -> None:
    """Whatever passes the check has every pin to itself, but for chips of one I2C bus with an address each."""
    try:
        check_pins(sensors, ESP32)
    except RecipeError:
        return
    owners: dict[int, set[object]] = {}
    for one in sensors:
        bus = one.bus
        owner = ("i2c", bus["id"], bus["sda"], bus["scl"]) if bus["kind"] == "i2c" else one.driver
        for name in PINS_OF[bus["kind"]]:
            assert bus[name] in ESP32.free(bus["kind"], name)
            owners.setdefault(bus[name], set()).add((owner, name))
    assert all(len(who) == 1 for who in owners.values())
    chips = [(s.bus["id"], s.bus["addr"]) for s in sensors if s.bus["kind"] == "i2c"]
    assert len(set(chips)) == len(chips)


def test_a_recipe_of_the_package_may_set_what_a_driver_lets_be_set(own_recipe: Callable[..., Path]) -> None:
    """Options reach the sensor; one out of bounds is refused."""
    gauge = '[[sensors]]\ndriver = "rain_gauge"\nbus = "pulse_a"\noptions = { mm_a_tip = 0.2 }\nchannels = { rain = "rain" }\n\n[[parts]]'
    signal = '["cellar.temperature"]\nbase = 12\n["cellar.humidity"]\nbase = 80\n[rain]\nbase = 1\n'
    recipe = read_recipe(own_recipe(("[[parts]]", gauge), signal=signal), load_quantities())

    assert dict(recipe.sensors[1].options) == {"mm_a_tip": 0.2}
    assert all(dict(s.options) == {} for s in load_recipes()["air"].sensors)
    with pytest.raises(RecipeError, match=r"\[\[sensors\]\] 2, options: mm_a_tip is 7; choose a value from 0.05 to 5"):
        read_recipe(own_recipe(("[[parts]]", gauge.replace("0.2", "7")), signal=signal), load_quantities())
