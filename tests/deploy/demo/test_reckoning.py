"""The report of a run is read from the real store and from real logs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deploy.demo.cast import cast
from deploy.demo.founding import found, series_of
from deploy.demo.options import DemoOptions
from deploy.demo.reckoning import reckon
from deploy.demo.run import Run
from deploy.supervise import Crew
from devices.quantity import load_quantities
from devices.recipe import load_recipes
from gateway.numerics.columns import READING
from gateway.registry import Registry
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore

LOG = 'N 5 1\nS 5 1 1000 {"noise_level": 51.5}\nR 5 1 []\nN 5 2\nS 5 2 1002 {"noise_level": 52.5}\n'


def test_logs_are_held_against_the_store(tmp_path: Path) -> None:
    """One sample kept, one held; its reading by quantity and flag; what no board made is counted."""
    recipes, quantities = load_recipes(), load_quantities()
    players = [p for p in cast(recipes) if p.recipe == "noise"][:1]
    run = Run(tmp_path, DemoOptions(), players, recipes, quantities, Crew(tmp_path / "pids.json"), 1, 2, 3)
    (tmp_path / "serial.log").write_text(LOG)
    registry, store = Registry(run.store_url), SqliteStore(tmp_path / "girouette.sqlite")
    found(registry, players, recipes, start_s=500)
    ((_, series),) = series_of(registry).items()
    store.write(Batch(np.array([(series, 1000, 51.5, 1, 0, np.nan)], READING)))

    told = reckon(run, {players[0].id: tmp_path / "serial.log"}, first_reading_s=1.5)
    store.write(Batch(np.array([(series, 1001, 51.5, 1, 0, np.nan)], READING)))
    doubled = reckon(run, {players[0].id: tmp_path / "serial.log"}, first_reading_s=1.5)
    registry.close()
    store.close()

    assert {k: told[k] for k in ("sent", "kept", "held", "lost", "duplicated")} == {
        "sent": 2, "kept": 1, "held": 1, "lost": 0, "duplicated": 0,
    }  # fmt: skip
    assert told["readings"] == {"noise_level": {"1": 1}}
    assert told["first_reading_s"] == 1.5
    assert doubled["duplicated"] == 1
