"""A board dies or is stolen, another one takes its place: as an operator types it, and what the gateway makes of both."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from deploy.assembly import open_registry
from deploy.faults import DONE, REFUSED
from devices.quantity import load_quantities
from devices.reading import topic_of
from gateway.admission import Admission
from gateway.directory import Directory
from gateway.message import Message

HERE = ("--place", "48.11,-1.68", "--name", "Mairie")


@pytest.fixture
def public(girouette: Callable[..., Any]) -> Any:
    """A public device at the town hall."""
    told = girouette("device", "add", "--recipe", "air", *HERE, "--since", "2h", "--json").told
    girouette("device", "stage", "air-1", "public")
    return told


def test_a_new_board_goes_on_where_the_old_one_stood(public: Any, girouette: Callable[..., Any]) -> None:
    """The same series, in public; the new one's secrets are told once, and the old one is in stock."""
    series = girouette("device", "list", "--json").told[0]["series"]

    told = girouette("device", "replace", "air-1", "--json").told

    old, new = girouette("device", "list", "--json").told
    assert (told["old"], told["new"], told["stage"], told["place"]) == ("air-1", "air-2", "public", public["place"])
    assert (old["stage"], old["place"], new["stage"], new["place"]) == ("atelier", None, "public", "Mairie")
    assert new["series"] == series
    assert len(told["device"]["password"]) == 43
    assert {told["device"][key] for key in ("password", "update_key", "page")}.isdisjoint(public.values())


@pytest.mark.slow
def test_a_board_from_stock_takes_the_place_and_the_old_one_is_told_of(
    public: Any, girouette: Callable[..., Any]
) -> None:
    """By its name; no secret is told, since it has them."""
    girouette("device", "replace", "air-1")
    typed = girouette("device", "replace", "air-2", "air-1")

    assert typed.code == DONE
    assert "air-1 goes on in the place of air-2 (stage public)" in typed.out
    assert "air-2 is in stock" in typed.out
    assert "password" not in typed.out
    assert "has no secrets yet" not in typed.out


@pytest.mark.slow
def test_a_stolen_board_is_revoked_with_it(public: Any, girouette: Callable[..., Any]) -> None:
    """In one command or after `girouette revoke`; its private page is gone either way."""
    assert "is not taken in" in girouette("device", "replace", "air-1", "--revoke").out
    girouette("revoke", "air-2")
    assert "air-2 is revoked" in girouette("device", "replace", "air-2").out

    rows = girouette("device", "list", "--json").told
    assert [row["revoked_s"] is None for row in rows] == [False, False, True]
    assert rows[2]["stage"] == "public"
    assert "None" not in girouette("device", "list").out

    girouette("revoke", "air-1", "--undo")
    assert "air-1 has no secrets yet: girouette flash air-1" in girouette("device", "replace", "air-3", "air-1").out


@pytest.mark.slow
def test_another_recipe_is_refused_with_what_would_be_missing(public: Any, girouette: Callable[..., Any]) -> None:
    """Neither a board nor a place changes; one that measures more may take it."""
    refused = girouette("device", "replace", "air-1", "--recipe", "noise")
    assert refused.code == REFUSED
    assert "would be missing" in refused.err
    assert [row["id"] for row in girouette("device", "list", "--json").told] == ["air-1"]

    girouette("device", "replace", "air-1", "--recipe", "air+noise", "--id", "air-noise")
    assert "noise_level" in girouette("device", "list", "--json").told[1]["series"]


@pytest.mark.slow
def test_corrections_of_the_old_board_do_not_go_along(public: Any, girouette: Callable[..., Any]) -> None:
    """They were its own: whoever replaces it reads so."""
    made = girouette("calibrate", "air-1", "--channel", "temperature", "--formula", "linear", "--set", "slope=1",
                     "--set", "offset=0.5", "--apply")  # fmt: skip
    assert made.code == DONE

    assert "calibrate air-2 in its turn" in girouette("device", "replace", "air-1").out
    assert "calibrate" not in girouette("device", "replace", "air-2").out


@pytest.mark.slow
def test_what_the_old_board_still_holds_is_its_own_past(public: Any, girouette: Callable[..., Any]) -> None:
    """Measured before the change it is taken in, afterwards refused; the new board has its own numbers, from the first one on."""
    girouette("device", "replace", "air-1", "--since", "10m")
    now_s = int(time.time())
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        admission = Admission(Directory(registry, load_quantities()), rate=100, burst=100)
        (series,) = {row.id for row in registry.series() if row.channel == "temperature"}

    def said(device: str, age_s: int) -> Any:
        head = {"bn": f"{device}/", "bt": now_s - age_s, "ep": 7, "sq": 1, "n": "temperature", "u": "Cel", "v": 20.0}
        pack = Message(f"{topic_of(device)}/obs", json.dumps([head]).encode(), retained=False, qos=1, mid=1)
        return admission.admit([pack], now_s)

    held, later, new, too_early = said("air-1", 900), said("air-1", 300), said("air-2", 300), said("air-2", 900)

    assert held.readings.series.tolist() == new.readings.series.tolist() == [series]
    assert [len(one.readings) for one in (later, too_early)] == [0, 0]
    assert [r.code for one in (later, too_early) for r in one.refused] == ["unknown-channel"] * 2
    assert [one.samples["device"].tolist() for one in (held, new)] == [[0], [1]], "one ledger account a device"


@pytest.mark.slow
def test_who_stands_nowhere_cannot_be_replaced(public: Any, girouette: Callable[..., Any]) -> None:
    """Nor can a stranger."""
    girouette("device", "replace", "air-1")

    assert "stands nowhere" in girouette("device", "replace", "air-1").err
    assert "no device is called" in girouette("device", "replace", "air-9").err
    assert [row["id"] for row in girouette("device", "list", "--json").told] == ["air-1", "air-2"]
