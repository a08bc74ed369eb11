"""`girouette bench anomaly`: a table for people, a value for programs, scores in files, refusals that name the line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.commands.anomaly import aligned
from deploy.faults import REFUSED


@pytest.fixture
def nab(home: Path) -> Path:
    """A folder laid out like NAB's with one file and one window."""
    stamps = [str(t).replace("T", " ") for t in np.datetime64("2014-04-01T00:00:00") + 300 * np.arange(800)]
    value = np.round(20 + np.random.default_rng(1).normal(0, 1, 800), 2)
    value[600:610] += 30
    file = home / "nab" / "data" / "made" / "one.csv"
    file.parent.mkdir(parents=True)
    rows = (f"{stamp},{each}\n" for stamp, each in zip(stamps, value, strict=True))
    file.write_text("timestamp,value\n" + "".join(rows))
    windows = {"made/one.csv": [[stamps[580] + ".000000", stamps[640] + ".000000"]], "made/other.csv": []}
    (home / "nab" / "windows.json").write_text(json.dumps(windows))
    return home / "nab"


def test_it_is_scored_at_the_best_and_the_shipped_threshold(girouette: Callable[..., Any], nab: Path) -> None:
    """All three profiles, beside what others published; a threshold that is given takes their place."""
    told = girouette("bench", "anomaly", nab, "--json").told
    table = girouette("bench", "anomaly", nab).out
    given = girouette("bench", "anomaly", nab, "--threshold", "0.9").out

    assert (told["files"], told["windows"], told["rows"], told["threshold"]) == (1, 1, 800, 0.5)
    assert set(told["profiles"]) == {"standard", "reward_low_FP_rate", "reward_low_FN_rate"}
    assert told["profiles"]["standard"]["best"] > 80
    assert "Numenta HTM" in table
    assert f"{told['profiles']['standard']['shipped']:.2f}" in table
    assert "best (threshold)" in table
    assert "threshold given (0.9)" in given
    assert "best (threshold)" not in given


def test_scores_are_written(girouette: Callable[..., Any], nab: Path, home: Path) -> None:
    """One file a file, of as many rows."""
    girouette("bench", "anomaly", nab, "--scores", "out")

    lines = (home / "out" / "made" / "one.csv").read_text().splitlines()
    assert lines[0] == "timestamp,score"
    assert len(lines) == 801
    assert max(float(line.split(",")[1]) for line in lines[500:]) >= 0.5


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda folder: (folder / "windows.json").unlink(), "windows.json"),
        (lambda folder: (folder / "windows.json").write_text("[1]"), "windows.json"),
        (lambda folder: (folder / "windows.json").write_text('{"made/one.csv": [["x", "y"]]}'), "x - y"),
        (lambda folder: (folder / "data" / "made" / "one.csv").write_text("timestamp,value\nnow,1\n"), "line 2"),
        (lambda folder: (folder / "data" / "made" / "one.csv").unlink(), "data/<category>"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(
    girouette: Callable[..., Any], nab: Path, break_it: Callable[[Path], object], named: str
) -> None:
    """With a sentence that names what is wrong."""
    break_it(nab)
    typed = girouette("bench", "anomaly", nab)

    assert typed.code == REFUSED
    assert named in typed.err


def test_a_folder_without_windows_has_scores_and_no_figures(girouette: Callable[..., Any], nab: Path) -> None:
    """Null in JSON, and a table all the same."""
    (nab / "windows.json").write_text("{}")

    assert girouette("bench", "anomaly", nab, "--json").told["profiles"]["standard"]["shipped"] is None
    assert girouette("bench", "anomaly", nab, "--folds", "2").code == 0


def test_columns_are_aligned() -> None:
    """Names to the left, numbers to the right."""
    assert aligned([["a", "1"], ["bcd", "10"]]) == ["a     1", "bcd  10"]
