"""What an event says to people."""

from __future__ import annotations

import numpy as np
import pytest

from devices.quantity import package_quantities
from gateway.numerics.watch import EVENT, KINDS
from gateway.numerics.watch.telling import told, verdict

TEMPERATURE = package_quantities()["temperature"]


def event(kind: str, size: float, against: float, *, compared: int = 4, agreeing: int = 0) -> np.void:
    """One EVENT row."""
    row: np.void = np.array([(1, 0, 300, 0, KINDS.index(kind), size, against, compared, agreeing)], EVENT)[0]
    return row


def test_a_jump_is_told_with_its_size_and_its_neighbours() -> None:
    """Numbers are written as each language writes them, with their unit."""
    one = event("jump", 3.25, 0.5)

    assert told(one, TEMPERATURE, "fr") == (
        "saut de +3,2 °C en moins d’une heure (d’habitude moins de 0,5 °C) ; "
        "aucun des 4 lieux voisins ne l’a vu : c’est sans doute le capteur"
    )
    assert told(one, TEMPERATURE, "en").endswith("none of the 4 places nearby saw it: it is probably the sensor")


def test_what_several_places_share_is_news() -> None:
    """Half of the neighbours make it news; one of four does not; nobody can say without neighbours."""
    assert verdict(event("jump", 3, 1, agreeing=2)) == "news"
    assert verdict(event("jump", 3, 1, agreeing=1)) == "few"
    assert verdict(event("jump", 3, 1)) == "alone"
    assert verdict(event("jump", 3, 1, compared=0)) == "nobody"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_kind_has_its_sentence(kind: str, lang: str) -> None:
    """No kind of event is without words in either language, and none leaves a place unfilled."""
    sentence = told(event(kind, 4200.0, 3.0), TEMPERATURE, lang)

    assert sentence
    assert "{" not in sentence
