"""The curve of a battery's days."""

from __future__ import annotations

import pytest

from devices.energy import Life, days
from devices.energy_curve import PERIODS_S, draw_energy, lives, name_of, period_text, table_of, x_of, y_of
from devices.recipe import load_recipes

LIFE = Life(period_s=600, batch=4, battery_mah=2000)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_curve_is_the_table_drawn(lang: str) -> None:
    """A point for each period and way of sending, where the table says; the same bytes each time."""
    recipe = load_recipes()["climate"]
    drawing = draw_energy(recipe, LIFE, lang)

    assert drawing == draw_energy(recipe, LIFE, lang)
    assert drawing.count("<circle") == 3 * len(PERIODS_S)
    for row in table_of(recipe, LIFE):
        assert all(f'cy="{round(y_of(count), 2):g}"' in drawing for count in row)
    assert all(name_of(one, lang) in drawing for one in lives(LIFE))


def test_the_table_has_the_days_of_each_way_of_sending() -> None:
    """Rows are periods; columns send one by one, by batches, and by batches from a development board."""
    recipe = load_recipes()["climate"]

    (row,) = table_of(recipe, LIFE, [300])

    assert row == [days(recipe, Life(300, *more)) for more in ((1, 2000), (4, 2000), (4, 2000, True))]


def test_what_is_off_the_scale_is_drawn_at_its_edge() -> None:
    """Nothing is drawn outside of the paper, and longer periods and lives are farther out."""
    assert y_of(0.01) == y_of(1) > y_of(100) > y_of(3000) == y_of(1e9)
    assert x_of(60) < x_of(600) < x_of(3600)


def test_a_period_is_told_in_minutes_where_it_is_whole() -> None:
    """Else in seconds."""
    assert [period_text(s, "en") for s in (60, 90)] == ["1 min", "90 s"]
