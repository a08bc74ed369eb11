"""A pilot for the demonstration, in the real registry and the real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.demo.cast import cast
from deploy.demo.founding import found, give_past, series_of
from deploy.demo.run import PERIOD_S
from devices.quantity import load_quantities
from devices.recipe import load_recipes
from gateway.registry import Registry
from gateway.store.port import FAR_S
from gateway.store.sqlite import SqliteStore

NOW_S = 1_795_000_000
START_S = NOW_S - 86_400


@pytest.mark.slow
def test_a_pilot_has_a_labelled_public_past(tmp_path: Path) -> None:
    """A day of readings a series, public from its start, labelled as generated, windows and states with it."""
    recipes, quantities = load_recipes(), load_quantities()
    players, file = cast(recipes), tmp_path / "girouette.sqlite"
    registry, store = Registry(f"sqlite:{file}"), SqliteStore(file)
    found(registry, players, recipes, start_s=START_S)
    made = give_past(registry, store, players, recipes, quantities, start_s=START_S, now_s=NOW_S)
    found(registry, players, recipes, start_s=START_S)

    series = registry.series()
    assert len(series) == len(series_of(registry)) == sum(len(recipes[p.recipe].channels) for p in players)
    assert made == len(series) * 48
    assert {s.generated_until_s for s in series} == {NOW_S}
    assert {s.period_s for s in series} == {PERIOD_S}
    assert set(store.states()) == {s.id for s in series}
    for one in series:
        assert registry.public_spans(one.id)[0][0] <= START_S
        rows, hours = store.read(one.id, 0, FAR_S), store.read(one.id, 0, FAR_S, tier="h1")
        assert START_S <= rows["time_s"][0] <= rows["time_s"][-1] < NOW_S
        assert (rows["flag"] != 4).all(), one.channel
        assert (hours["completeness"][1:-1] == 1).all()
    assert registry.pilots()[0].demo
    registry.close()
    store.close()


@pytest.mark.slow
def test_a_kept_folder_goes_on_and_only_who_is_new_gets_a_past(tmp_path: Path) -> None:
    """A second run on the same folder registers nobody twice and generates nothing; who joins later has a past of their own."""
    recipes, quantities = load_recipes(), load_quantities()
    players, file = cast(recipes), tmp_path / "girouette.sqlite"
    registry, store = Registry(f"sqlite:{file}"), SqliteStore(file)
    made = []
    for there in (players[:2], players[:2], players[:3]):
        new = found(registry, there, recipes, start_s=START_S)
        past = give_past(registry, store, new, recipes, quantities, start_s=START_S, now_s=NOW_S)
        made.append(([p.id for p in new], past))

    channels = len(recipes["air"].channels)
    assert made == [
        ([p.id for p in players[:2]], 2 * channels * 48), ([], 0), ([players[2].id], channels * 48),
    ]  # fmt: skip
    registry.close()
    store.close()
