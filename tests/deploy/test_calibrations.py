"""Corrections as an operator finds, records and undoes them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deploy.commands.calibrations import moment, written
from deploy.faults import REFUSED, USAGE, CommandError
from gateway.numerics.columns import GOOD, WINDOW
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore

START_S, HOUR_S = 1_790_640_000, 3600
"""2026-09-29T00:00:00Z."""
HOURS = 20 * 24
FILE = Path("girouette.sqlite")


def truth() -> Any:
    """Particles hour by hour."""
    return 15 + 8 * np.sin(np.arange(HOURS) / 20) + np.random.default_rng(1).standard_normal(HOURS)


def fill(series: int, values: Any) -> None:
    """Hours in the store of the working folder."""
    rows = np.zeros(len(values), WINDOW)
    rows["series"], rows["start_s"], rows["flag"] = series, START_S + HOUR_S * np.arange(len(values)), GOOD
    rows["count"] = rows["seen"] = rows["expected"] = 60
    rows["value"] = rows["min"] = rows["max"] = rows["first"] = rows["last"] = values
    rows["sum"], rows["completeness"] = 60 * rows["value"], 1.0
    with closing(SqliteStore(FILE)) as store:
        store.write(Batch(h1=rows))


@pytest.fixture
def bench(girouette: Callable[..., Any]) -> Callable[..., Any]:
    """Two devices a metre apart, of which the first says twice as much and three more than the second."""
    for name, at in (("air-1", "48.11,-1.68"), ("air-2", "48.11001,-1.68")):
        girouette("device", "add", "--recipe", "air", "--id", name, "--place", at, "--since", "90d")
    for one in girouette("device", "list", "--json").told:
        fill(one["series"]["pm2_5"], truth() * 2 + 3 if one["id"] == "air-1" else truth())
    return girouette


def reference(path: Path, values: Any) -> Path:
    """A station's file, as spreadsheets write it."""
    times = (START_S + HOUR_S * np.arange(len(values))).astype("M8[s]").tolist()
    rows = [f"{t:%Y-%m-%dT%H:%M:%SZ};{v:.6f};ok".replace(".", ",") for t, v in zip(times, values, strict=True)]
    path.write_text("\ufeffTime;Value;state\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_dry_run_says_what_would_be_and_leaves_nothing(bench: Callable[..., Any]) -> None:
    """Slope, offset, R2, RMSE, pairs and dates are shown; nothing is listed afterwards."""
    told = bench("calibrate", "air-1", "--channel", "pm2_5", "--beside", "air-2", "--json").told
    shown = bench("calibrate", "air-1", "--channel", "pm2_5", "--beside", "air-2").out

    assert told["numbers"] == {"slope": pytest.approx(0.5), "offset": pytest.approx(-1.5)}
    assert (told["evidence"]["n"], told["evidence"]["days"], told["evidence"]["r2"]) == (HOURS, 20.0, 1.0)
    assert (told["applied"], told["id"], told["evidence"]["beside"]) == (False, None, ["air-2"])
    assert "--apply" in shown
    assert bench("calibration", "list", "--all", "--json").told == []


def test_what_is_applied_is_listed_and_undone(bench: Callable[..., Any], tmp_path: Path) -> None:
    """Against a station's file: recorded under a name, listed, refused a second time, removed, and kept on record."""
    words = (
        "calibrate",
        "air-1",
        "--channel",
        "pm2_5",
        "--reference",
        reference(tmp_path / "station.csv", truth()),
        "--apply",
    )

    made = bench(*words, "--json").told
    again = bench(*words)
    listed = bench("calibration", "list", "--json").told
    gone = bench("calibration", "remove", made["number"])

    assert (made["id"], made["evidence"]["reference"]) == ("linear@1", "station.csv")
    assert again.code == REFUSED
    assert "calibration remove 1" in again.err
    assert [(one["number"], one["id"], one["device_id"], one["removed"]) for one in listed] == [
        (1, "linear@1", "air-1", "")
    ]
    assert gone.code == 0
    assert bench("calibration", "list", "--json").told == []
    assert [bool(one["removed"]) for one in bench("calibration", "list", "--all", "--json").told] == [True]
    assert bench("calibration", "remove", made["number"]).code == REFUSED


@pytest.mark.slow
def test_too_little_is_refused_with_what_to_do(bench: Callable[..., Any], tmp_path: Path) -> None:
    """Dates that leave a week, a reference that does not vary, and one of another year."""
    week = bench("calibrate", "air-1", "--channel", "pm2_5", "--beside", "air-2", "--to", "2026-10-06", "--apply")
    flat = bench(
        "calibrate", "air-1", "--channel", "pm2_5", "--reference", reference(tmp_path / "f.csv", np.full(HOURS, 9.0))
    )
    apart = bench("calibrate", "air-1", "--channel", "pm2_5", "--beside", "air-2", "--from", "2027-01-01")

    assert [typed.code for typed in (week, flat, apart)] == [REFUSED] * 3
    assert "7 days measured together" in week.err
    assert "does not vary" in flat.err
    assert "never measured at the same time" in apart.err
    assert bench("calibration", "list", "--json").told == []


@pytest.mark.slow
def test_a_formula_is_recorded_between_dates(bench: Callable[..., Any]) -> None:
    """With all its numbers, those that nobody said included."""
    made = bench(
        "calibrate", "air-1", "--channel", "pm2_5", "--formula", "kappa-koehler-2018", "--set", "kappa=0.3",
        "--since", "2026-10-01", "--until", "2026-11-01T00:00:00+01:00", "--apply", "--json",
    ).told  # fmt: skip

    assert made["id"] == "kappa-koehler-2018@1"
    assert made["numbers"] == {"kappa": 0.3, "density": 1.65}
    assert (made["start_s"], made["end_s"]) == (1_790_812_800, 1_793_487_600)


REFUSED_LINES = (
    (("air-1", "--channel", "pm2_5"), USAGE, "--reference, --beside"),
    (("air-1", "--channel", "pm2_5", "--beside", "air-2", "--formula", "linear"), USAGE, "--reference, --beside"),
    (("air-1", "--channel", "pm2_5", "--beside", "air-2", "--set", "slope=2"), USAGE, "--formula"),
    (("air-1", "--channel", "pm2_5", "--beside", "air-1"), USAGE, "its own reference"),
    (("air-1", "--channel", "pm2_5", "--beside", "air-9"), REFUSED, "air-9"),
    (("air-9", "--channel", "pm2_5", "--beside", "air-2"), REFUSED, "air-9"),
    (("air-1", "--channel", "noise", "--beside", "air-2"), REFUSED, "pm2_5"),
    (("air-1", "--channel", "temperature", "--formula", "barkjohn-2021"), REFUSED, "not made for temperature"),
    (("air-1", "--channel", "pm2_5", "--formula", "linear", "--set", "slope"), USAGE, "NAME=NUMBER"),
    (("air-1", "--channel", "pm2_5", "--formula", "linear", "--since", "soon"), USAGE, "2026-11-25"),
)
"""Words of a command line, its exit code, and what is said."""


def test_what_does_not_fit_is_said(bench: Callable[..., Any]) -> None:
    """A sentence and the exit code that belongs to it; nothing is recorded."""
    for words, code, said in REFUSED_LINES:
        typed = bench("calibrate", *words, "--apply")

        assert (typed.code, said in typed.err) == (code, True), (words, typed.err)
    assert bench("calibration", "list", "--json").told == []


def test_numbers_and_moments_are_read() -> None:
    """As they are written on a command line."""
    assert written(["slope=0.9", "offset=-1"]) == {"slope": 0.9, "offset": -1.0}
    assert (moment(None), moment("1970-01-02")) == (None, 86_400)
    with pytest.raises(CommandError):
        moment("yesterday")
