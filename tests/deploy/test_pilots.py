"""Pilots and places, as an operator registers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploy.commands.pilots import point
from deploy.faults import REFUSED, CommandError


def test_a_pilot_is_made_and_listed(girouette: Callable[..., Any]) -> None:
    """Licence, zone and attribution are as given, else those of a French town."""
    made = girouette("pilot", "add", "rennes", "Rennes", "--attribution", "Ville de Rennes", "--json").told

    assert made == {"id": 1, "slug": "rennes", "name": "Rennes", "timezone": "Europe/Paris", "licence": "etalab-2.0",
                    "attribution": "Ville de Rennes", "demo": False}  # fmt: skip
    assert girouette("pilot", "list", "--json").told == [made]
    assert "rennes" in girouette("pilot", "list").out


def test_a_pilot_is_refused_with_what_to_do(girouette: Callable[..., Any]) -> None:
    """The same short name twice, and a zone that does not exist."""
    girouette("pilot", "add", "rennes", "Rennes")

    again = girouette("pilot", "add", "rennes", "Rennes")
    zone = girouette("pilot", "add", "redon", "Redon", "--timezone", "Redon")

    assert (again.code, zone.code) == (REFUSED, REFUSED)
    assert "choose another short name" in again.err
    assert "write it like Europe/Paris" in zone.err


def test_there_is_always_somebody_to_name_as_the_source(girouette: Callable[..., Any]) -> None:
    """A licence asks for it: the pilot's name where nobody said another, also for the pilot that is made in passing."""
    girouette("device", "add", "--recipe", "air", "--place", "48.11,-1.68")
    girouette("pilot", "add", "rennes", "Ville de Rennes")

    assert [p["attribution"] for p in girouette("pilot", "list", "--json").told] == ["Pilote", "Ville de Rennes"]


def test_an_unknown_licence_is_taken_and_said_to_be_one(girouette: Callable[..., Any]) -> None:
    """A town may have its own; who misspelt one reads it at once."""
    known = girouette("pilot", "add", "rennes", "Rennes", "--licence", "ODbL-1.0")
    own = girouette("pilot", "add", "redon", "Redon", "--licence", "https://redon.example/licence")
    misspelt = girouette("pilot", "add", "vitre", "Vitré", "--licence", "etalab")

    assert ["etalab-2.0" in typed.out for typed in (known, own, misspelt)] == [False, False, True]
    assert [typed.code for typed in (known, own, misspelt)] == [0, 0, 0]


def test_a_place_belongs_to_the_pilot_that_is_meant(girouette: Callable[..., Any]) -> None:
    """The only pilot needs no name; of two, one must be named; a name that nobody has is refused."""
    girouette("pilot", "add", "rennes", "Rennes")
    first = girouette("place", "add", "Mairie", "--at", "48.11, -1.68", "--json").told
    girouette("pilot", "add", "redon", "Redon")
    unclear = girouette("place", "add", "Gare", "--at", "48.10,-1.67")
    unknown = girouette("place", "add", "Gare", "--at", "48.10,-1.67", "--pilot", "vitre")
    second = girouette("place", "add", "Quai", "--at", "47.65;-2.08", "--pilot", "redon", "--json").told

    assert (first["pilot_id"], second["pilot_id"]) == (1, 2)
    assert (first["lat"], first["lon"], second["lat"]) == (48.11, -1.68, 47.65)
    assert "say which one with --pilot" in unclear.err
    assert "no pilot is called vitre; there are rennes, redon" in unknown.err
    assert [row["name"] for row in girouette("place", "list", "--json").told] == ["Mairie", "Quai"]


def test_a_place_shows_the_key_that_opens_it(girouette: Callable[..., Any]) -> None:
    """Somebody who makes a place may show it before it is public."""
    girouette("pilot", "add", "rennes", "Rennes")
    made = girouette("place", "add", "Mairie", "--at", "48.11,-1.68")
    listed = girouette("place", "list", "--json").told

    assert listed[0]["key"] in made.out


@pytest.mark.parametrize("written", ["here", "48.11", "48,11,-1,68", "48.11,-1.68,30", "N48 W1"])
def test_what_is_no_point_is_refused(written: str) -> None:
    """The sentence shows how a point is written."""
    with pytest.raises(CommandError, match=r"like 48\.11,-1\.68"):
        point(written)


def test_nowhere_on_earth_is_refused(girouette: Callable[..., Any]) -> None:
    """A latitude beyond the pole is the registry's to refuse."""
    girouette("pilot", "add", "rennes", "Rennes")

    assert "is nowhere" in girouette("place", "add", "Pole", "--at", "95,0").err
