"""The gateway's figures of itself."""

from __future__ import annotations

from gateway.figures import RECENT, Figures


def test_counts_add_up_and_codes_are_told_apart() -> None:
    """What is added is told, refusals by code and in all."""
    figures = Figures(started_s=1000)
    figures.add(packs=2, readings=5)
    figures.add(packs=1)
    figures.refused.update(["past", "past", "future"])
    told = figures.told(1060.5)

    assert (told["packs"], told["readings"], told["up_s"]) == (3, 5, 60.5)
    assert (told["refused"], told["refused_by_code"]) == (3, {"past": 2, "future": 1})
    assert isinstance(told["rss_mib"], float)
    assert told["rss_mib"] > 1


def test_delays_are_those_of_the_newest_batches() -> None:
    """Median and 99th percentile, nothing where nothing was stored; old ones are forgotten."""
    figures = Figures(started_s=0)
    assert figures.told(1)["delay_s"] == 0.0
    for _ in range(RECENT):
        figures.stored(9.0)
    for number in range(RECENT):
        figures.stored(number / 1000)

    assert figures.told(1)["delay_s"] == 0.128
    assert figures.told(1)["delay_p99_s"] == 0.253


def test_a_point_holds_numbers_alone() -> None:
    """As the store wants it."""
    figures = Figures(started_s=0)
    figures.refused.update(["past"])
    point = figures.point(7.9, {"ledger": "s"})

    assert (point.measurement, point.time_s, point.tags) == ("gateway", 7, {"ledger": "s"})
    assert point.fields["refused"] == 1.0
    assert all(isinstance(value, float) for value in point.fields.values())
