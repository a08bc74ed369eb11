"""What a board sees of its wiring, and the sentence that a person reads: from the simulated wires to the words."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sessions import Line, Session, play
from trouble import WORDS

from devices.driver import load_drivers
from devices.image import FIRMWARE
from devices.pinout import load_pinouts
from devices.recipe import Recipe, load_recipes
from devices.wires import wires_of
from devices.wiring import CHIPS, VOLTS, Finding, diagnose, why
from devices.words import LANGUAGES, catalogue, decimal

RECIPES = load_recipes()
AIR = [RECIPES["air"]]
REACH = {board.slug: board.adc_mv for board in load_pinouts().values()}
BME, PMS = "bme280", "pms5003"
ORDER = {"id": "1", "do": "check"}
FED = frozenset({"i2c", "uart", "echo", "i2s"})
"""Kinds of bus on which silence is perhaps a want of power."""
ASKED_MS, END_MS = 70_000, 75_000


def ask(directory: Path, recipe: str, *faults: dict[str, Any], board: str = "c6") -> tuple[list[Finding], list[Any]]:
    """What the whole firmware answers to `check` after a minute, and what `health` said of the wiring until then."""
    lines = [Line(ASKED_MS, "hears", ("cmd", ORDER)), Line(END_MS, "note", ("end",))]
    session = Session(
        board={"recipe": recipe, "period_s": 5, "board": board}, faults=list(faults), lines=lines, gateway=True
    )
    played = play(session, directory)
    said = [line.rest for line in played.lines if line.what == "says"]
    (answer,) = (body for channel, body in said if channel == "ack")
    healths = [body.get("wiring") for channel, body in said if channel == "health"]
    assert answer["ok"] is True
    return diagnose(answer, [RECIPES[slug] for slug in recipe.split("+")]), healths


def keys(findings: Sequence[Finding]) -> dict[str, str]:
    """Driver -> code."""
    return {f.sensor.driver: f.key for f in findings}


@pytest.mark.slow
def test_a_board_in_order_says_so(tmp_path: Path) -> None:
    """Nothing is wrong with any sensor, and health does not speak of the wiring."""
    findings, healths = ask(tmp_path, "air+noise")

    assert {f.key for f in findings} == {"fine"}
    assert findings[0].said("fr") == "BME280 : en ordre"
    assert healths
    assert set(healths) == {None}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "driver", "code", "said"),
    [
        ({"kind": "crossed", "board": ""}, BME, "crossed", "SDA et SCL sont inversés"),
        ({"kind": "other-chip", "sensor": BME}, BME, "other_chip", "c’est un BMP280, pas un BME280"),
        ({"kind": "moved", "sensor": BME, "to": 0x77}, BME, "moved", "répond à 0x77 au lieu de 0x76"),
        ({"kind": "absent", "sensor": BME}, BME, "bus_silent", "rien ne répond sur ce bus I2C : alimentation ?"),
        ({"kind": "absent", "sensor": PMS}, PMS, "uart_silent", "RX et TX ne sont-ils pas inversés ?"),
        ({"kind": "checksum", "sensor": PMS}, PMS, "uart_noise", "ce qui arrive est brouillé"),
        ({"kind": "absent", "sensor": "dba_meter"}, "dba_meter", "ground", "sa broche est à la masse (0 mV)"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(
    tmp_path: Path, fault: dict[str, Any], driver: str, code: str, said: str
) -> None:
    """One sensor is told what is wrong with it, all others are in order; health has told it before anybody asked."""
    findings, healths = ask(tmp_path, "air+noise", fault)

    assert keys(findings) == {BME: "fine", PMS: "fine", "dba_meter": "fine"} | {driver: code}
    (sentence,) = (f.said("fr") for f in findings if not f.fine)
    assert said in sentence
    assert keys(diagnose(healths[-1], [RECIPES["air"], RECIPES["noise"]])) == keys(findings)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "fault", "code"),
    [
        ("weather", {"kind": "absent", "sensor": "wind_vane"}, "supply"),
        ("soil", {"kind": "stuck", "sensor": "sen0193"}, "supply"),
        ("soil", {"kind": "absent", "sensor": "sen0193"}, "ground"),
        ("noise", {"kind": "offset", "channel": "noise_level", "size": 100}, "failing"),
    ],
)
@pytest.mark.parametrize("board", [min(REACH, key=REACH.__getitem__), max(REACH, key=REACH.__getitem__)])
def test_a_voltage_is_told_however_far_the_converter_reads(
    tmp_path: Path, recipe: str, board: str, fault: dict[str, Any], code: str
) -> None:
    """By the shortest and the longest of all boards: a cut cable and a short are at the supply, and a noise that is too loud is no fault of a wire."""
    findings, _ = ask(tmp_path, recipe, fault, board=board)

    assert [f.key for f in findings if not f.fine] == [code]


def air(found: list[int], *, faults: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """An answer of an air board whose I2C bus has these addresses."""
    return {"i2c": {"0": {"found": found, **more}}, "mv": {}, "faults": faults or {}}


def test_what_the_simulated_wires_do_not_show_is_told_too() -> None:
    """Another chip on the bus, a chip with a number that nobody knows, a vane at the supply, words of health, an old answer."""
    weather = [RECIPES["weather"]]
    vane = {"mv": {"wind_vane": 2269}, "faults": {"wind_vane": "absent", "rain_gauge": "stuck"}}

    assert keys(diagnose(air([0x40]), AIR))[BME] == "missing"
    assert "0x40" in diagnose(air([0x40]), AIR)[0].said("en")
    assert diagnose(air([0x76], ids={"118": 0x99}), AIR)[0].said("en").count("0x99") == 1
    assert keys(diagnose(air([0x76], ids={"118": 0x60}, faults={BME: "timeout"}), AIR))[BME] == "failing"
    assert keys(diagnose(vane, weather)) == {"wind_vane": "supply", "anemometer": "fine", "rain_gauge": "failing"}
    assert keys(diagnose({}, AIR)) == {BME: "fine", PMS: "fine"}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=lambda r: r.slug)
def test_a_silent_module_is_never_to_be_fed_otherwise_than_its_recipe_feeds_it(recipe: Recipe) -> None:
    """Whatever is said of a sensor that gives no sign of life, in both languages, names no other supply than its wiring table does."""
    silent = {"i2c": {"0": {"found": []}}, "mv": {}, "faults": {s.driver: "absent" for s in recipe.sensors}}
    fed = {w.sensor: w.pin for w in wires_of(recipe) if w.pin in VOLTS}

    for number, finding in enumerate(diagnose(silent, [recipe])):
        for lang in LANGUAGES:
            told = finding.said(lang)
            named = {pin for pin, volts in VOLTS.items() if pin in told or f"{decimal(volts, lang)} V" in told}
            wanted = {fed[number]} if finding.sensor.bus["kind"] in FED else set()
            assert wanted <= named <= {fed.get(number)}, told


def test_the_ultrasonic_sensor_is_never_to_be_fed_with_5_volts() -> None:
    """It would send them back to a pin that bears 3.3 V."""
    told = {"mv": {}, "faults": {"jsn_sr04t": "absent"}}
    (finding,) = diagnose(told, [RECIPES["water-level"]])

    assert "alimenté (3,3 V, de la broche 3V3)" in finding.said("fr")
    assert "power (3.3 V, from the pin 3V3)" in finding.said("en")


def test_every_word_of_health_has_its_sentence() -> None:
    """In both languages; a word from a newer board is passed on as it is."""
    for word in WORDS:
        assert why(word, "fr") != why(word, "en")
        assert f"« {word} »" not in why(word, "fr")
    assert "jammed" in why("jammed", "en")


def test_the_words_are_those_that_the_firmware_says() -> None:
    """Every word that a driver or the firmware raises or keeps as a fault has its sentence; tests know each of them and no other."""
    said = {word for file in (FIRMWARE / "girouette").rglob("*.py") for word in words_in(ast.parse(file.read_text()))}

    assert said <= set(WORDS)
    assert {f"wiring.word_{word}" for word in (*WORDS, "other")} == {
        key for key in catalogue() if key.startswith("wiring.word_")
    }


def words_in(tree: ast.Module) -> Iterator[str]:
    """What is given to a SensorError, and what is assigned to something called `fault` or `wrong`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "SensorError":
            yield from texts_in(node.args[0])
        if isinstance(node, ast.Assign):
            names = [getattr(target, "attr", getattr(target, "id", "")) for target in node.targets]
            if any(name.strip("_") in {"fault", "wrong"} for name in names):
                yield from texts_in(node.value)


def texts_in(value: ast.expr) -> Iterator[str]:
    """The texts that an expression may be: itself, or both ways of a choice."""
    if isinstance(value, ast.IfExp):
        yield from (*texts_in(value.body), *texts_in(value.orelse))
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value


def test_the_known_chips_are_of_drivers_on_i2c() -> None:
    """Every row is a driver's, and no number is both the right one and another's."""
    for driver, row in tomllib.loads(CHIPS.read_text(encoding="utf-8")).items():
        assert load_drivers()[driver].bus == "i2c"
        assert not set(row["is"]) & {n for numbers in row.get("others", {}).values() for n in numbers}
