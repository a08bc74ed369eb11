"""What an audience may see, at one revision of the registry."""

from __future__ import annotations

from typing import Any

import pytest

from api.catalogue import FOR_EVER_S, Catalogue, clip
from api.problems import NotThere
from devices.quantity import load_quantities


def test_a_view_is_made_anew_when_the_registry_moves(own_city: Any) -> None:
    """The same object while nothing changes, another after any change."""
    catalogue = Catalogue(own_city.registry, load_quantities())
    first = catalogue.view()

    assert catalogue.view() is first
    own_city.registry.set_stage("rain-1", "essai", at_s=own_city.now_s)
    assert catalogue.view() is not first
    assert own_city.series("Port", "rain") not in catalogue.view().shown


def test_a_key_adds_its_place_whole(city: Any) -> None:
    """What the public sees, and one place from its first reading on."""
    catalogue = Catalogue(city.registry, load_quantities())
    court = city.places["secret court"]
    public, opened = catalogue.view(), catalogue.view(court.key)

    assert set(opened.places) == set(public.places) | {court.id}
    assert {s.spans for s in opened.by_place[court.id]} == {((0, FOR_EVER_S),)}
    assert opened.opened == court.id
    with pytest.raises(NotThere, match="no place opens"):
        catalogue.view("nobody's")


def test_keys_that_were_asked_for_do_not_pile_up(own_city: Any) -> None:
    """Thirty renewed keys, each viewed once, leave a bounded number of views."""
    catalogue = Catalogue(own_city.registry, load_quantities())
    for _ in range(30):
        catalogue.view(own_city.registry.renew_key(own_city.places["Parc"].id).key)

    assert len(catalogue._kept) <= 16


def test_a_series_names_the_device_of_its_open_intervals(city: Any) -> None:
    """Not the one that came later and is hidden."""
    view = Catalogue(city.registry, load_quantities()).view()

    device = view.series(city.series("Toit", "wind_speed")).device
    assert device is not None
    assert device.id == "wind-1"
    with pytest.raises(NotThere, match="/api/series"):
        view.series(city.series("secret court", "temperature"))


def test_spans_are_clipped() -> None:
    """Half-open, in order, without empty pieces."""
    assert clip([(20, 30), (0, 10)], 5, 25) == [(5, 10), (20, 25)]
    assert clip([(0, 10)], 10, 20) == []
