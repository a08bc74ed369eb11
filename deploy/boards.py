"""A file of many boards: read, tried line by line, and registered whole or not at all.

Nothing that is secret is made here: each board is given its secrets when it is flashed.
"""

from __future__ import annotations

import contextlib
import csv
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.commands.durations import seconds
from deploy.commands.pilots import POINT, chosen_pilot, chosen_place
from deploy.faults import CommandError
from deploy.groups import MARK
from devices.recipe import Recipe
from devices.refusal import SpokenError
from gateway.registry import Pilot, Place, Registry
from gateway.registry.enrol import Newcomer, register

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "device", "capteur", "identifiant"),
    "recipe": ("recipe", "recipes", "recette", "recettes"),
    "pilot": ("pilot", "pilote"),
    "lat": ("lat", "latitude"),
    "lon": ("lon", "lng", "long", "longitude"),
    "place": ("place", "lieu"),
    "name": ("name", "nom"),
    "period": ("period", "periode", "period_s", "periode_s"),
    "groups": ("groups", "group", "groupes", "groupe"),
}
"""Columns, and what their heads may say, in any case and with or without accents."""
DELIMITERS = ";\t,"
LONGEST_PERIOD_S = 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """One board of the file, as it is written there."""

    number: int
    """The line of the file on which it ends, the first being 1."""
    cells: Mapping[str, str]
    """What stands in it by column; columns without a word are left out."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of a line, or would."""

    line: int
    id: str
    recipe: str
    pilot: str
    place: str
    period_s: float
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a line cannot be registered."""

    line: int
    why: SpokenError


class _UndoneError(Exception):
    """Take back what was tried."""


def read_lines(file: Path) -> list[Line]:
    """The boards of a file, in its order. Raises CommandError for a file without boards or with a column that is none."""
    text = decoded(file.read_bytes())
    head = next((line for line in text.splitlines() if line.strip()), "")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count))
    columns: list[str] = []
    lines = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if not columns:
            columns = [column_of(cell, file) for cell in row]
            continue
        if len(row) > len(columns):
            raise CommandError("boards_too_wide", line=rows.line_num, file=file, columns=len(columns))
        cells = {column: cell.strip() for column, cell in zip(columns, row, strict=False) if cell.strip()}
        lines.append(Line(rows.line_num, cells))
    if not lines:
        raise CommandError("boards_empty", file=file)
    return lines


def decoded(content: bytes) -> str:
    """The text of a file: UTF-8 with or without a mark, else as spreadsheets in Western Europe write it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def column_of(written: str, file: Path) -> str:
    """The column that a head means. Raises CommandError.

    >>> column_of("Période", Path("boards.csv"))
    'period'
    """
    plain = unicodedata.normalize("NFKD", written.strip().lower()).encode("ascii", "ignore").decode()
    for column, heads in COLUMNS.items():
        if plain in heads:
            return column
    raise CommandError("boards_column", column=written.strip(), file=file, choices=CommandError("boards_columns"))


def register_lines(
    registry: Registry,
    lines: Sequence[Line],
    recipes_of: Callable[[str], Sequence[Recipe]],
    *,
    at_s: int,
    dry_run: bool,
) -> tuple[list[Registered], list[Refused]]:
    """Register the boards of these lines, all or none: none where a line is refused or nothing is meant in earnest.

    What comes back is the same either way. `recipes_of` gives the recipes that a cell names.
    """
    done: list[Registered] = []
    refused: list[Refused] = []
    named: dict[str, int] = {}
    with contextlib.suppress(_UndoneError), registry.together():
        for line in lines:
            try:
                if (
                    before := named.setdefault(line.cells.get("id", ""), line.number)
                ) != line.number and "id" in line.cells:
                    raise CommandError("boards_twice", name=line.cells["id"], line=before)
                with registry.attempt():
                    done.append(register_line(registry, line, recipes_of, at_s=at_s))
            except SpokenError as e:
                refused.append(Refused(line.number, e))
        if refused or dry_run:
            raise _UndoneError
    return done, refused


def register_line(
    registry: Registry, line: Line, recipes_of: Callable[[str], Sequence[Recipe]], *, at_s: int
) -> Registered:
    """Register one board. Raises SpokenError."""
    if "recipe" not in line.cells:
        raise CommandError("boards_no_recipe")
    mine = recipes_of(line.cells["recipe"])
    pilot = chosen_pilot(registry, line.cells.get("pilot"))
    at = place_of(registry, pilot, line)
    every_s = period_of(line) or min(recipe.period_s for recipe in mine)
    new = Newcomer(mine, pilot.id, at.id, every_s, at_s, id=line.cells.get("id"), groups=groups_of(line))
    row = register(registry, new)
    return Registered(line.number, row.id, row.recipe, pilot.slug, at.name, row.period_s, row.groups)


def place_of(registry: Registry, pilot: Pilot, line: Line) -> Place:
    """The place that a line means: by number, by point (where one is made that is missing), or by a name that is there already."""
    cells = line.cells
    lat, lon, place = (cells.get(column, "").replace(",", ".") for column in ("lat", "lon", "place"))
    if lat or lon:
        if place.isdecimal():
            raise CommandError("boards_two_places")
        return chosen_place(registry, pilot, f"{lat},{lon}", cells.get("name") or cells.get("place"))
    written = cells.get("place")
    if written is None:
        raise CommandError("boards_no_place")
    if written.isdecimal() or POINT.fullmatch(written):
        return chosen_place(registry, pilot, written, cells.get("name"))
    called = [row for row in registry.places() if row.pilot_id == pilot.id and row.name == written]
    if not called:
        raise CommandError("boards_unknown_place", name=written)
    if len(called) > 1:
        raise CommandError("boards_which_place", name=written)
    return called[0]


def period_of(line: Line) -> float | None:
    """The period that a line asks for. Raises CommandError."""
    written = line.cells.get("period")
    if written is None:
        return None
    every_s = seconds(written.replace(",", "."))
    if not 1 <= every_s <= LONGEST_PERIOD_S:
        raise CommandError("boards_period", value=written)
    return every_s


def groups_of(line: Line) -> tuple[str, ...]:
    """The groups that a line names, with blanks, commas, bars or semicolons between them, with or without an @."""
    return tuple(dict.fromkeys(_words(line.cells.get("groups", ""))))


def _words(text: str) -> Iterator[str]:
    for sign in ",|;":
        text = text.replace(sign, " ")
    return (word.removeprefix(MARK) for word in text.split())
