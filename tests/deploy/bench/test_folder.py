"""Folders of faults made by others are read, or refused with the file and the line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from deploy.bench.folder import FOREVER_S, FolderError, load
from deploy.bench.table import seconds

SERIES = [{"id": "a", "quantity": "co2", "period_s": 60, "recipe": "indoor-air", "place": [48.1, -1.6]}]
FAULTS = [{"id": "a", "kind": "stuck", "start": "2026-05-01T00:05:00Z", "end": "2026-05-01T01:00:00Z"}]
ROWS = "time,value\n2026-05-01T00:00:00Z,21.4\n2026-05-01T00:01:00Z,21.5\n"


def write(folder: Path, *, series: object = SERIES, faults: object = FAULTS, rows: str = ROWS) -> Path:
    """A folder with one series."""
    (folder / "series").mkdir()
    (folder / "series.json").write_text(json.dumps(series), encoding="utf-8")
    (folder / "faults.json").write_text(json.dumps(faults), encoding="utf-8")
    (folder / "series" / "a.csv").write_text(rows, encoding="utf-8")
    return folder


def test_a_folder_is_read_as_it_is(tmp_path: Path) -> None:
    """Series, rows and faults come back with their times in seconds."""
    [one], [fault] = load(write(tmp_path))

    assert (one.name, one.period_s, one.place) == ("a", 60.0, (48.1, -1.6))
    assert one.value.tolist() == [21.4, 21.5]
    assert np.diff(one.time_s).tolist() == [60]
    assert (fault.kind, fault.start_s - int(one.time_s[0])) == ("stuck", 300)


@pytest.mark.parametrize(
    "stamp",
    ["2026-05-01T00:00:00Z", "2026-05-01 00:00:00", "2026-05-01T00:00:00.500+00:00", "2026-05-01T00:00:00+0000"],
)
def test_stamps_are_written_in_several_ways(tmp_path: Path, stamp: str) -> None:
    """Whatever ISO 8601 says for UTC is understood, and a value may be missing."""
    [one], _ = load(write(tmp_path, rows=f"time,value\n{stamp},\n{stamp},nan\n{stamp},7\n"))

    assert one.time_s.tolist() == [seconds("2026-05-01T00:00:00Z")] * 3
    assert np.isnan(one.value[:2]).all()


def test_a_fault_may_last(tmp_path: Path) -> None:
    """Without an end, a fault goes on for ever."""
    _, [fault] = load(write(tmp_path, faults=[{**FAULTS[0], "end": None}]))

    assert fault.end_s == FOREVER_S


@pytest.mark.parametrize("name", ["a b", "été", "air:1", "a..b", "-a", "température (nord)"])
def test_an_id_is_whatever_may_name_a_file(tmp_path: Path, name: str) -> None:
    """Spaces, accents and signs are taken; so is what others put into a CSV file."""
    folder = write(tmp_path, series=[{**SERIES[0], "id": name}], faults=[{**FAULTS[0], "id": name}])
    text = 'value,time,unit\nNA,"2026-05-01T02:00:00+02:00",°C\n21.5,2026-05-01T00:01:00Z,°C\n'
    (folder / "series" / f"{name}.csv").write_text(text, encoding="utf-8")

    [one], [fault] = load(folder)

    assert one.name == fault.series == name
    assert np.diff(one.time_s).tolist() == [60]
    assert np.isnan(one.value).tolist() == [True, False]


def rows(text: str) -> Callable[[Path], Path]:
    """A folder whose rows are these."""
    return lambda folder: write(folder, rows=text)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (rows("time,value\n2026-05-01T00:00:00Z,21\n2026-05-01T00:01:00Z,warm\n"), "a.csv, line 3"),
        (rows("time,value\nyesterday,21\n"), "a.csv, line 2"),
        (rows("when,what\n"), "a.csv, line 1"),
        (lambda f: write(f, series=[{**SERIES[0], "id": "b"}]), "b.csv"),
        *(
            (lambda f, name=name: write(f, series=[{**SERIES[0], "id": name}]), "entry 1: id")
            for name in ("../a", "..", "a/b", "a\\b", "a\n", "", "é" * 150, None)
        ),
        (lambda f: write(f, series=[]), "series.json has no series"),
        (lambda f: write(f, series=[{**SERIES[0], "quantity": 7}]), "entry 1: quantity"),
        (lambda f: write(f, series=[{**SERIES[0], "period_s": 0}]), "entry 1: period_s"),
        (lambda f: write(f, series=[{**SERIES[0], "place": [48]}]), "entry 1: place"),
        (lambda f: write(f, series=SERIES * 2), "entry 2: series a"),
        (lambda f: write(f, series={}), "a list of objects"),
        (lambda f: write(f, faults=[{**FAULTS[0], "id": "c"}]), "entry 1: series c"),
        (lambda f: write(f, faults=[{**FAULTS[0], "kind": "rust"}]), "no kind rust"),
        (lambda f: write(f, faults=[{**FAULTS[0], "start": "soon"}]), "entry 1: start"),
        (lambda f: write(f, faults=[{**FAULTS[0], "end": "2026-04-01T00:00:00Z"}]), "not after the start"),
        (lambda f: f, "there is no"),
    ],
)
def test_what_does_not_add_up_is_refused(tmp_path: Path, make: Callable[[Path], Path], says: str) -> None:
    """The sentence names the file, and the line or the entry, in both languages."""
    folder = make(tmp_path)

    with pytest.raises(FolderError) as refused:
        load(folder)

    assert says in refused.value.said("en")
    assert refused.value.said("fr")


def test_json_that_is_cut_is_refused_with_its_line(tmp_path: Path) -> None:
    """A file that ends in the middle is told with its line."""
    folder = write(tmp_path)
    (folder / "faults.json").write_text("[\n{", encoding="utf-8")

    with pytest.raises(FolderError, match=r"faults\.json, line 2"):
        load(folder)
