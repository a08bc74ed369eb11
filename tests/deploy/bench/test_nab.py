"""The scorer against its rules, read row by row, and against the published check values where the data are at hand."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from deploy.bench.nab import (
    PROFILES,
    LayoutError,
    Profile,
    Series,
    best,
    candidates,
    gains,
    load,
    row_values,
    scaled,
    score_at,
    unused,
)
from deploy.cli import run

NAB = os.environ.get("GIROUETTE_NAB")
"""A folder with the development half of NAB: the check values hold there."""
STANDARD = PROFILES[0]


def folder(at: Path, files: dict[str, tuple[int, list[tuple[int, int]]]]) -> Path:
    """A folder as NAB's: for each name so many rows at five minutes, with these windows."""
    labels = {}
    for name, (count, windows) in files.items():
        file = at / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        stamps = [str(t).replace("T", " ") for t in np.datetime64("2014-04-01T00:00:00") + 300 * np.arange(count)]
        file.write_text("timestamp,value\n" + "".join(f"{stamp},{n % 7}\n" for n, stamp in enumerate(stamps)))
        labels[name] = [[stamps[first] + ".000000", stamps[last] + ".000000"] for first, last in windows]
    (at / "windows.json").write_text(json.dumps(labels))
    return at


def by_the_rules(series: Series, alarms: np.ndarray, profile: Profile) -> float:
    """The sum of one file with these alarms, one row after another as the rules are told."""
    total, found = 0.0, dict.fromkeys(series.windows, -math.inf)
    for row in np.flatnonzero(alarms):
        if row < series.warm:
            continue
        inside = [window for window in series.windows if window[0] <= row <= window[1]]
        past = [window for window in series.windows if window[1] < row]
        if inside:
            first, last = inside[0]
            v = sigmoid(-(last - row + 1) / (last - first + 1)) / sigmoid(-1)
            found[inside[0]] = max(found[inside[0]], v)
        elif past:
            first, last = past[-1]
            p = (row - last) / (last - first)
            total += profile.false * (-1 if p > 3 else sigmoid(p))
        else:
            total -= profile.false
    return total + sum(-profile.missed if v == -math.inf else profile.found * v for v in found.values())


def sigmoid(p: float) -> float:
    """The bent line of the rules."""
    return 2 / (1 + math.exp(5 * p)) - 1


@pytest.mark.slow
@given(some.lists(some.integers(0, 5), min_size=60, max_size=60), some.sampled_from(PROFILES))
def test_every_threshold_brings_what_the_rules_say(scores: list[int], profile: Profile) -> None:
    """Files, windows and thresholds together give what the rows give one by one."""
    series = Series("a", ("",) * 60, np.arange(60), np.zeros(60), ((20, 24), (30, 39)))
    levels = np.array(scores, float) / 5
    gained = gains(series, levels)

    told = gained.raw(np.array([0.0, 0.2, 0.6, 1.0, np.inf]), profile)

    wanted = [by_the_rules(series, levels >= t, profile) for t in (0.0, 0.2, 0.6, 1.0, math.inf)]
    np.testing.assert_allclose(told, wanted, atol=1e-12)


def test_silence_is_nothing_and_the_first_rows_are_all(tmp_path: Path) -> None:
    """Never speaking scores 0, speaking at the first row of each window 100, in each profile."""
    files = load(folder(tmp_path, {"a/x.csv": (400, [(100, 140), (300, 320)]), "b/y.csv": (80, [])}))
    firsts = [np.zeros(len(one.value)) for one in files]
    for one, score in zip(files, firsts, strict=True):
        score[[first for first, _ in one.windows]] = 1.0
    told = [gains(one, score) for one, score in zip(files, firsts, strict=True)]

    assert [one.name for one in files] == ["a/x.csv", "b/y.csv"]
    assert [score_at(told, math.inf, profile) for profile in PROFILES] == pytest.approx([0, 0, 0])
    assert [best(told, profile) for profile in PROFILES] == [(1.0, pytest.approx(100))] * 3


def test_the_best_threshold_is_the_best_of_all() -> None:
    """No candidate scores more; never speaking is one of them."""
    rng = np.random.default_rng(3)
    files = [
        gains(Series(name, ("",) * 300, np.arange(300), np.zeros(300), ((90, 120),)), rng.random(300).round(2))
        for name in "abc"
    ]

    threshold, score = best(files, STANDARD)

    assert score == pytest.approx(max(score_at(files, float(t), STANDARD) for t in candidates(files)))
    assert score == pytest.approx(score_at(files, threshold, STANDARD))
    assert np.isinf(candidates(files)[-1])


def test_the_warm_up_counts_for_nothing() -> None:
    """Neither a false alarm nor a window's row before the end of the warm-up counts, nor a row without a score."""
    series = Series("a", ("",) * 100, np.arange(100), np.zeros(100), ((10, 30),))
    early, never = np.zeros(100), np.full(100, np.nan)
    early[:15] = 1.0

    assert series.warm == 15
    assert score_at([gains(series, early)], 0.5, STANDARD) == pytest.approx(0)
    assert score_at([gains(series, never)], -1.0, STANDARD) == pytest.approx(0)


def test_what_a_row_is_worth_falls() -> None:
    """1 at a window's first row, above 0 at its last, from just below 0 to -1 after it, and -1 before any."""
    value = row_values(100, [(20, 29)])

    assert value[20] == 1.0
    assert 0 < value[29] < 0.26
    assert (np.diff(value[20:50]) < 0).all()
    assert value[30] > -0.3
    assert (value[:20] == -1).all()
    assert (value[60:] == -1).all()


@pytest.mark.parametrize("stamp", ["2014-04-01 00:05:00", "2014-04-01T00:05:00Z", "2014-04-01T02:05:00+02:00"])
def test_stamps_are_read_as_they_are_written(tmp_path: Path, stamp: str) -> None:
    """With or without a zone; a missing value is none, and a repeated stamp is found at its first row."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text(f"timestamp,value\n{stamp},\n{stamp},2\n")
    (tmp_path / "windows.json").write_text(json.dumps({"x.csv": [[stamp, stamp]]}))

    read = load(tmp_path)[0]

    assert read.time_s.tolist() == [1396310700, 1396310700]
    assert read.windows == ((0, 0),)
    assert np.isnan(read.value[0])
    assert read.stamps == (stamp, stamp)


def test_columns_are_found_by_their_names(tmp_path: Path) -> None:
    """Others may stand beside them; a head without them is refused with its line."""
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "x.csv"
    file.write_text('value,note,timestamp\nNA,"a, b",2014-04-01 00:05:00\n')
    (tmp_path / "windows.json").write_text("{}")

    assert load(tmp_path)[0].stamps == ("2014-04-01 00:05:00",)
    file.write_text("a,b\n1,2\n")
    with pytest.raises(LayoutError, match=r"x\.csv, line 1"):
        load(tmp_path)


def test_labels_of_files_that_are_not_there_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """How many windows of which files do not count; nothing is said where all are there."""
    at = folder(tmp_path, {"a/x.csv": (400, [(100, 140)]), "a/y.csv": (400, [(100, 140), (300, 320)])})
    assert unused(at, load(at)) == {}
    (at / "data" / "a" / "y.csv").unlink()

    assert unused(at, load(at)) == {"a/y.csv": 2}
    assert run(["bench", "anomaly", str(at)]) == 0
    assert "a/y.csv" in capsys.readouterr().out


def test_without_windows_there_is_no_score() -> None:
    """A folder without labels has nothing to find."""
    assert math.isnan(scaled(0.0, 0, STANDARD))
    assert candidates([]).tolist() == [math.inf]


def rows(series: Series, where: str) -> np.ndarray:
    """Alarms as the table of check values names them."""
    score, value = np.zeros(len(series.value)), series.value
    if where.startswith("rows"):
        score[:: int(where.split()[1])] = 1
    elif where in {"first", "middle", "last"}:
        for first, last in series.windows:
            score[{"first": first, "middle": first + (last - first + 1) // 2, "last": last}[where]] = 1
    elif where != "never":
        high, low = np.maximum.accumulate(value), np.minimum.accumulate(value)
        score[1:] = (value[1:] > high[:-1]) | (value[1:] < low[:-1])
    return muted(score, math.floor(0.2 * series.warm)) if where == "outside, with a pause" else score


def muted(score: np.ndarray, rest: int) -> np.ndarray:
    """Alarms of which each mutes the rows after it."""
    left, until = np.zeros(len(score)), 0
    for row in np.flatnonzero(score):
        if row >= until:
            left[row], until = 1, row + rest
    return left


@pytest.mark.slow
@pytest.mark.nab
@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ("never", (0.00, 0.00, 0.00)),
        ("first", (100.00, 100.00, 100.00)),
        ("middle", (93.11, 93.11, 95.41)),
        ("last", (50.94, 50.94, 67.29)),
        ("rows 1", (-12922.78, -25945.57, -8581.86)),
        ("rows 100", (-41.32, -171.11, 2.91)),
        ("rows 500", (22.58, -3.57, 33.45)),
        ("outside", (63.40, 57.55, 66.98)),
        ("outside, with a pause", (64.44, 59.63, 67.68)),
    ],
)
def test_the_check_values_hold(where: str, wanted: tuple[float, float, float]) -> None:
    """The development half gives the check values to a hundredth."""
    told = [gains(one, rows(one, where)) for one in load(Path(str(NAB)))]

    assert [score_at(told, 1.0, profile) for profile in PROFILES] == pytest.approx(wanted, abs=0.0051)
