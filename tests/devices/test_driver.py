"""What drivers.toml says of each driver is what the firmware's driver says of itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import devices
from devices.driver import Driver, load_drivers, read_driver
from devices.pinout import PINS_OF
from devices.quantity import UNITS
from devices.refusal import RecipeError
from devices.table import Table
from devices.wires import POWER

ROOM = Path(devices.__file__).parent
FIRMWARE = ROOM / "firmware/girouette/drivers"
MODELS = ROOM / "sim/models"


def constants(file: Path) -> dict[str, object]:
    """The constants of a firmware module that are written as they are."""
    found: dict[str, object] = {}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def test_every_driver_has_its_row_and_its_model() -> None:
    """A driver of the firmware without a row cannot be asked for, one without a model cannot be simulated."""
    written = {f.stem for f in FIRMWARE.glob("*.py") if f.stem != "__init__"}

    assert written == set(load_drivers())
    assert written <= {f.stem for f in MODELS.glob("*.py")}


@pytest.mark.parametrize("driver", load_drivers().values(), ids=lambda d: d.slug)
def test_a_row_says_what_the_driver_says(driver: Driver) -> None:
    """Bus and keys are the module's own; options are asked for in its code; units and wires exist."""
    file = FIRMWARE / f"{driver.slug}.py"
    said = constants(file)

    assert (said["BUS"], said["KEYS"]) == (driver.bus, tuple(driver.keys))
    assert set(driver.keys.values()) <= UNITS
    for option in driver.options:
        assert f'options.get("{option}"' in file.read_text(encoding="utf-8")
    assert set(driver.pins.values()) - set(POWER) == set(PINS_OF[driver.bus])
    assert "GND" in driver.pins.values()
    if driver.resistors:
        assert next(iter(driver.pins.values())) not in POWER, (
            "a resistor is drawn above its pin, so that pin comes first"
        )
    for name, (ohm, to) in zip(
        ("PULL_UP_OHM", "PULL_DOWN_OHM"), sorted(driver.resistors, key=lambda r: r[1] != "3V3"), strict=False
    ):
        if name in said:
            assert (said[name], to) == (ohm, "3V3" if name == "PULL_UP_OHM" else "GND")
            assert constants(MODELS / f"{driver.slug}.py")[name] == ohm
    assert driver.name("fr")
    assert driver.name("en")


def test_a_driver_of_no_bus_is_refused() -> None:
    """Whoever adds a driver reads which buses there are."""
    row = Table({"name": {"fr": "a", "en": "a"}, "bus": "spi"}, "drivers.toml, mine", RecipeError)

    with pytest.raises(
        RecipeError, match=r"^drivers\.toml, mine: bus is spi; choose among i2c, uart, adc, pulse, onewire, echo, i2s$"
    ):
        read_driver("mine", row)
