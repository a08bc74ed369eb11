"""A town with known faults, made from the recipes' signals."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from deploy.bench.folder import KINDS, FolderError, load
from deploy.bench.making import make
from devices.quantity import package_quantities
from devices.recipe import package_recipes


def made(folder: Path, seed: int) -> Path:
    """Nine days of a town."""
    make(folder, seed, package_recipes(), quantities=package_quantities(), days=9)
    return folder


@pytest.mark.slow
def test_a_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    """The same seed makes the same folder, another one another, and a folder that is not empty is left alone."""
    one, same, other = (made(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    names = sorted(path.relative_to(one) for path in one.rglob("*.*"))

    assert all((one / name).read_bytes() == (same / name).read_bytes() for name in names)
    assert any((one / name).read_bytes() != (other / name).read_bytes() for name in names)
    with pytest.raises(FolderError, match="not empty"):
        made(one, 3)


@pytest.mark.slow
def test_a_town_has_neighbours_and_faults_of_their_own(tmp_path: Path) -> None:
    """Places lie within a kilometre, faults are of known kinds, begin after the quiet days, and overlap in no series."""
    folder = made(tmp_path / "town", 5)
    series, faults = load(folder)
    places = np.array(sorted({one.place for one in series}))
    real = [fault for fault in faults if fault.kind != "event"]

    assert np.ptp(places[:, 0]) * 111_195 < 1000
    assert {fault.kind for fault in faults} <= set(KINDS)
    assert min(fault.start_s for fault in faults) - min(int(one.time_s[0]) for one in series) >= 5 * 86_400 - 60
    for one in series:
        mine = sorted((fault.start_s, fault.end_s) for fault in real if fault.series == one.name)
        assert all(end < start for (_, end), (start, _) in itertools.pairwise(mine))
    assert json.loads((folder / "series.json").read_text(encoding="utf-8"))[0]["recipe"] in {"air", "noise", "weather"}
