"""What every route shares."""

from __future__ import annotations

from typing import Any

import pytest

from api.catalogue import Catalogue
from api.front import Front
from api.problems import NotThere
from api.readings import Desk, Readings
from api.settings import ApiSettings
from devices.quantity import load_quantities


@pytest.fixture
def front(city: Any) -> Any:
    """The parts of the city's public side."""
    desk = Desk(short_in_loop=True)
    settings = ApiSettings(now_s=lambda: 17.0)
    yield Front(Catalogue(city.registry, load_quantities()), Readings(city.store), desk, settings)
    desk.close()


def test_an_empty_key_is_the_public(front: Any) -> None:
    """As a form that was sent without one."""
    assert front.view("") is front.view(None)


def test_a_key_opens_its_place(city: Any, front: Any) -> None:
    """A wrong one opens nothing, with a sentence."""
    view, place = front.opened(city.places["Parc"].key)

    assert (place.name, view.key) == ("Parc", city.places["Parc"].key)
    with pytest.raises(NotThere, match="ask who gave it"):
        front.opened("nobody's")
    front.answers()
    assert front.now_s() == 17.0
