"""A latest reading as a page tells it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.catalogue import Catalogue, Shown
from api.web.speech import Speech
from api.web.told import tell, worst
from devices.quantity import load_quantities
from gateway.numerics.columns import READING

FR = Speech("fr", ZoneInfo("Europe/Paris"))
NOW_S = 1_795_615_200


@pytest.fixture
def shown(city: Any) -> Shown:
    """A series that is expected each minute."""
    return Catalogue(city.registry, load_quantities()).view().series(city.series("Quai ouest", "temperature"))


def reading(flag: int, age_s: int = 10) -> np.void:
    """Its newest reading."""
    row: np.void = np.array([(1, NOW_S - age_s, 21.5, flag, 0, np.nan)], READING)[0]
    return row


@pytest.mark.parametrize(("flag", "state"), [(1, "good"), (2, "good"), (3, "suspect"), (4, "fail"), (9, "stale")])
def test_a_flag_is_a_colour_a_word_and_a_sentence(shown: Shown, flag: int, state: str) -> None:
    """Never colour alone."""
    told = tell(shown, reading(flag), FR, NOW_S)

    assert told.state == state
    assert told.verdict
    assert told.meaning
    assert told.value == "21,5\u202f°C"


def test_an_old_reading_is_stale_and_says_since_when(shown: Shown) -> None:
    """Whatever its flag was."""
    told = tell(shown, reading(1, age_s=3600), FR, NOW_S)

    assert (told.state, told.stale) == ("stale", True)
    assert "60\xa0min" in told.meaning


def test_a_series_without_a_reading_says_so(shown: Shown) -> None:
    """No value, no age."""
    told = tell(shown, None, FR, NOW_S)

    assert (told.value, told.age, told.state) == ("–", "", "stale")


def test_a_place_is_as_bad_as_its_worst_reading(shown: Shown) -> None:
    """Stale only where all are."""
    rows = {n: tell(shown, reading(f, a), FR, NOW_S) for n, (f, a) in enumerate([(1, 1), (3, 1), (4, 1), (1, 9999)])}

    assert worst([rows[0], rows[1]]) == "suspect"
    assert worst([rows[0], rows[1], rows[2]]) == "fail"
    assert worst([rows[0], rows[3]]) == "good"
    assert worst([rows[3]]) == "stale"
