"""A new recipe's folder: one known part, everything that a recipe must say, and a test that passes at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from devices.driver import Driver, load_drivers
from devices.recipe import FILE, SLUG, Recipe, load_recipes, read_folder
from devices.refusal import RecipeError
from devices.sensor import Sensor
from devices.sheet import sheet_of
from devices.wires import ohms
from devices.words import decimal

TEMPLATE = Path(__file__).parent / "template"
PARTS = (
    ("Carte ESP32 (voir les cartes possibles plus bas)", "ESP32 board (possible boards: see below)", 10),
    ("Module {fr}", "{en} module", 10),
    ("Plaque d’essai 830 points et fils", "Breadboard with 830 holes, and wires", 8),
    ("Alimentation USB 5 V, 1 A, et son câble", "USB supply 5 V, 1 A, with cable", 9),
)
"""What nearly every recipe needs, in euros; the prices are to be looked up."""


def write_recipe(shelf: Path, slug: str, driver: str, *, month: str) -> Recipe:
    """Write the folder `shelf/slug` of a recipe with this part, measured as the first recipe that has it does; give the recipe.

    Raises RecipeError for a slug that no recipe can have or one has, and for a part that no recipe has.
    """
    folder = shelf / slug
    if not SLUG.fullmatch(slug):
        raise RecipeError("bad_recipe_slug", where=folder, value=slug)
    if folder.exists() or slug in load_recipes():
        raise RecipeError("recipe_twice", where=folder, slug=slug)
    if driver not in load_drivers():
        raise RecipeError("unknown_driver", where=folder, value=driver, choices=", ".join(load_drivers()))
    model, sensor = recipe_with(driver)
    part = load_drivers()[driver]
    folder.mkdir(parents=True)
    texts = {
        FILE: recipe_text(slug, sensor, part, month),
        "signal.toml": "\n".join(signal_text(c.name, model.signals[c.name]) for c in sensor.channels),
        "README.md": readme_text(slug, part),
        f"test_{slug.replace('-', '_')}.py": template("recipe_test.txt", {"slug": slug}),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (recipe,) = read_folder(folder)
    for file, content in sheet_of(recipe).items():
        file.write_text(content, encoding="utf-8")
    return recipe


def recipe_with(driver: str) -> tuple[Recipe, Sensor]:
    """The first recipe that has this part, and its sensor."""
    return next((r, s) for r in load_recipes().values() for s in r.sensors if s.driver == driver)


def recipe_text(slug: str, sensor: Sensor, part: Driver, month: str) -> str:
    """Its `recipe.toml`."""
    name = slug.replace("-", " ").replace("_", " ").capitalize()
    boards = recipe_with(sensor.driver)[0].boards
    return "\n".join([
        f'name = {{ fr = "{name}", en = "{name}" }}',
        f'summary = {{ fr = "Ce que mesure un {part.name_fr}.", en = "What a {part.name_en} measures." }}',
        "period_s = 60",
        f'priced = "{month}"',
        'scale = "bronze"',
        f"boards = {toml(list(boards))}",
        "", *sensor_lines(sensor), *part_lines(part), "",
    ])  # fmt: skip


def sensor_lines(sensor: Sensor) -> Iterator[str]:
    """The table of its sensor."""
    yield "[[sensors]]"
    yield f'driver = "{sensor.driver}"'
    yield f'bus = "{sensor.socket}"'
    if "addr" in sensor.bus:
        yield f"addr = {sensor.bus['addr']:#x}"
    if sensor.options:
        yield f"options = {toml(sensor.options)}"
    yield f"channels = {toml({c.name: c.key for c in sensor.channels})}"


def part_lines(part: Driver) -> Iterator[str]:
    """The shopping list."""
    resistors = [
        (f"Résistance de {decimal(ohms(ohm), 'fr')}", f"Resistor of {ohms(ohm)}", 0.2) for ohm, _ in part.resistors
    ]
    for fr, en, price in (*PARTS, *resistors):
        names = fr.format(fr=part.name_fr), en.format(en=part.name_en)
        yield from ("", "[[parts]]", f'name = {{ fr = "{names[0]}", en = "{names[1]}" }}')
        yield from (f"price_eur = {price}", 'shop = "electronics"')


def signal_text(channel: str, signal: Mapping[str, Any]) -> str:
    """One table of its `signal.toml`."""
    return "\n".join([f'["{channel}"]', *(f"{key} = {toml(value)}" for key, value in signal.items()), ""])


def readme_text(slug: str, part: Driver) -> str:
    """Its README, with what is left to be said."""
    name = slug.replace("-", " ").replace("_", " ").capitalize()
    return template("readme.txt", {
        "slug": slug, "name_fr": name, "name_en": name, "module_fr": part.name_fr, "module_en": part.name_en,
        "summary_fr": f"Ce que mesure un {part.name_fr}.", "summary_en": f"What a {part.name_en} measures.",
    })  # fmt: skip


def template(file: str, values: Mapping[str, str]) -> str:
    """A file of `template/` with its places filled."""
    text = (TEMPLATE / file).read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def toml(value: object) -> str:
    """A number, a text, a list or a table on one line, as TOML writes it.

    >>> toml({"pm2_5": "pm2_5", "n": [1, 2.5]})
    '{ "pm2_5" = "pm2_5", "n" = [1, 2.5] }'
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f'"{key}" = {toml(item)}' for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
