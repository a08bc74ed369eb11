"""A file of many boards: as spreadsheets write it, all or none, each refusal with its line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy.assembly import open_registry
from deploy.boards import COLUMNS, Line, column_of, decoded, groups_of, period_of, read_lines
from deploy.faults import DONE, REFUSED, USAGE, CommandError

ENGLISH = (
    "id,recipe,lat,lon,name,period,groups\n,air,48.11,-1.68,Mairie,,ecole nord\nstreet,noise,48.12,-1.66,Rue,10m,\n"
)
FRENCH = (
    "\ufeffIdentifiant;RECETTE;Latitude;longitude;Nom;Période;Groupes\r\n"
    ";air;48,11;-1,68;Mairie;;@ecole, nord\r\n;;;;;;\r\nstreet;noise;48,12;-1,66;Rue;600;\r\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (ENGLISH.encode(), [2, 3]),
        (FRENCH.encode(), [2, 4]),
        (FRENCH.removeprefix("\ufeff").encode("cp1252"), [2, 4]),
        (ENGLISH.replace(",", "\t").encode(), [2, 3]),
    ],
    ids=["commas", "semicolons and a mark", "an old Excel", "tabs"],
)
def test_a_table_is_read_as_spreadsheets_write_it(
    content: bytes, lines: list[int], girouette: Callable[..., Any], home: Path
) -> None:
    """French or English heads, decimal points or commas, empty lines; the same two devices come of it."""
    (home / "boards.csv").write_bytes(content)
    told = girouette("device", "add", "--file", "boards.csv", "--json").told

    assert told == {
        "applied": True,
        "devices": [
            {"line": lines[0], "id": "air-1", "recipe": "air", "pilot": "pilote", "place": "Mairie", "period_s": 60.0,
             "groups": ["ecole", "nord"]},
            {"line": lines[1], "id": "street", "recipe": "noise", "pilot": "pilote", "place": "Rue", "period_s": 600.0,
             "groups": []},
        ],
        "refused": [],
    }  # fmt: skip
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        assert [(p.lat, p.lon) for p in registry.places()] == [(48.11, -1.68), (48.12, -1.66)]


@pytest.mark.slow
def test_a_dry_run_shows_the_same_and_writes_nothing(girouette: Callable[..., Any], home: Path) -> None:
    """Not even a file where there is none yet; afterwards in earnest the same names are given."""
    (home / "boards.csv").write_text(ENGLISH)
    tried = girouette("device", "add", "--file", "boards.csv", "--dry-run")
    assert (tried.code, [p.name for p in home.iterdir()]) == (DONE, ["boards.csv"])
    assert "nothing was written" in tried.out
    assert tried.out.splitlines()[0].split() == ["line", "device", "recipe", "place", "period", "groups"]

    done = girouette("device", "add", "--file", "boards.csv")
    assert done.out.splitlines()[:-1] == tried.out.splitlines()[:-1]
    again = girouette("device", "add", "--file", "boards.csv", "--dry-run", "--json").told
    assert (again["applied"], [one["line"] for one in again["refused"]]) == (False, [2, 3])
    assert len(girouette("device", "list", "--json").told) == 2


@pytest.mark.slow
def test_no_secret_is_told_or_made(girouette: Callable[..., Any], home: Path) -> None:
    """Nobody comes in by these names until their boards are flashed."""
    (home / "boards.csv").write_text(ENGLISH)
    typed = girouette("device", "add", "--file", "boards.csv")

    assert "girouette flash" in typed.out
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        rows = registry.devices()
    assert {(row.password_hash, row.update_key) for row in rows} == {("", "")}
    assert not any(row.link in typed.out for row in rows)


def test_one_bad_line_and_none_is_registered(girouette: Callable[..., Any], home: Path) -> None:
    """Every line that cannot be is named with its number and what to do, at once; good ones are shown all the same."""
    girouette("place", "add", "Halles", "--at", "48,2")
    for _ in range(2):
        girouette("place", "add", "Gare", "--at", "48.2,2")
    (home / "boards.csv").write_text(
        "id,recipe,lat,lon,place,period\n"
        "a,air,,,Halles,\n"  # 2: good
        "B 1,air,48.3,2,,\n"
        "c,smell,48.4,2,,\n"
        "d,air,99,2,,\n"
        "e,air,,,,\n"
        "a,air,48.5,2,,\n"
        "f,noise,48.6,2,,2d\n"
        "g,air,,,1,\n"  # 9: where a stands
        "h,noise,,,Gare,\n"
        "i,noise,,,Port,\n"
        "j,,48.7,2,,\n"
        "k,noise,48.8,2,1,\n"
        "watch,noise,48.9,2,,\n"
        "l,noise,,,1,\n"  # 15: good, beside a
    )
    refused = girouette("device", "add", "--file", "boards.csv")
    told = [line.split(": ", 1) for line in refused.err.splitlines()]

    assert refused.code == REFUSED
    assert [head for head, _ in told] == [f"line {n}" for n in range(3, 15)]
    for (_, why), part in zip(
        told,
        ["cannot name", "no recipe is called smell", "is nowhere", "fill in lat and lon", "stands on line 2", "of 2d does not fit",
         "a measures temperature", "several places", "no place is called 'Port'", "fill in the column recipe", "given twice",
         "is the name of a service"],
        strict=True,
    ):  # fmt: skip
        assert part in why
    assert [line.split()[:2] for line in refused.out.splitlines()[1:-1]] == [["2", "a"], ["15", "l"]]
    assert girouette("device", "list", "--json").told == []
    assert len(girouette("place", "list", "--json").told) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "has no board"),
        ("id,recipe\n", "has no board"),
        ("id,colour\nx,red\n", "no column is called 'colour'"),
        ("recipe,lat,lon\nair,48,11,-1,68\n", "line 2: more cells"),
    ],
)
def test_a_table_that_is_none_is_refused_whole(
    content: str, sentence: str, girouette: Callable[..., Any], home: Path
) -> None:
    """With what a table looks like."""
    (home / "boards.csv").write_text(content)

    assert sentence in girouette("device", "add", "--file", "boards.csv").err
    assert not (home / "girouette.sqlite").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--file", "b.csv", "--recipe", "air"), "come from the table"),
        (("--file", "b.csv", "--id", "x"), "come from the table"),
        (("--recipe", "air"), "--place is missing"),
        (("--place", "48,2"), "--recipe is missing"),
        (("--recipe", "air", "--place", "48,2", "--dry-run"), "--file is missing"),
    ],
)
def test_a_table_and_a_single_device_are_two_things(
    words: tuple[str, ...], sentence: str, girouette: Callable[..., Any], home: Path
) -> None:
    """What is missing, or one too many, is said."""
    (home / "b.csv").write_text(ENGLISH)
    typed = girouette("device", "add", *words)

    assert (typed.code, sentence in typed.err) == (USAGE, True)


def test_heads_are_known_in_both_languages() -> None:
    """With or without accents, in any case; every column has a French head."""
    assert [column_of(word, Path("x")) for word in ("PÉRIODE", " lieu ", "Pilote", "recettes")] == [
        "period", "place", "pilot", "recipe",
    ]  # fmt: skip
    assert all(len(heads) > 1 for heads in COLUMNS.values())
    with pytest.raises(CommandError):
        column_of("", Path("x"))


def test_cells_are_read_as_people_write_them(tmp_path: Path) -> None:
    """Groups with whatever stands between them, periods in seconds or with a unit, quoted cells over two lines."""
    assert groups_of(Line(2, {"groups": "@a|b, c;a"})) == ("a", "b", "c")
    assert [period_of(Line(2, {"period": p})) for p in ("90", "1,5m", "1h")] == [90, 90, 3600]
    assert period_of(Line(2, {})) is None
    assert decoded("Période".encode("cp1252")) == "Période"
    file = tmp_path / "boards.csv"
    file.write_text('recipe,name\nair,"Place\ndu marché"\nnoise,Rue\n', encoding="utf-8")
    assert [(line.number, line.cells["name"]) for line in read_lines(file)] == [(3, "Place\ndu marché"), (4, "Rue")]
