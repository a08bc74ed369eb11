"""`girouette quarantine`: what lies there is listed, shown and asked for once more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy.assembly import open_journal
from deploy.commands.quarantine import why
from deploy.faults import REFUSED, USAGE
from devices.words import catalogue
from gateway.admission import CODES
from gateway.journal import Change
from gateway.numerics.columns import no_columns
from gateway.quarantine import Refused

ROWS = (
    Refused("not-json", "", -1, -1, 100, "gir/1/82/air-1/obs", b'[{"\xff'),
    Refused("wrong-unit", "air-1", 7, 1, 200, "gir/1/82/air-1/obs", b"[1]"),
    Refused("wrong-unit", "noise-1", 7, 2, 300, "gir/1/19/noise-1/obs", b"[22]"),
)


@pytest.fixture
def three(home: Path) -> Path:
    """A file with three refusals."""
    with closing(open_journal(home / "girouette.sqlite")) as journal:
        journal.commit(no_columns(), Change(refused=ROWS), now_s=300)
    return home / "girouette.sqlite"


def test_the_newest_come_first_and_are_chosen_by_code_or_device(three: Path, girouette: Callable[..., Any]) -> None:
    """Each row tells id, code, device, time, topic and how many bytes, never the bytes."""
    rows = girouette("quarantine", "list", "--json").told

    assert rows[0] == {"id": 3, "code": "wrong-unit", "device": "noise-1", "time_s": 300, "topic": ROWS[2].topic,
                       "bytes": 4, "again": False}  # fmt: skip
    assert [row["id"] for row in rows] == [3, 2, 1]
    assert [r["id"] for r in girouette("quarantine", "list", "--code", "not-json", "--json").told] == [1]
    assert [r["id"] for r in girouette("quarantine", "list", "--device", "air-1", "--json").told] == [2, 1]
    assert [r["id"] for r in girouette("quarantine", "list", "--most", "1", "--json").told] == [3]


def test_people_read_a_table_and_the_sum(three: Path, girouette: Callable[..., Any]) -> None:
    """A line a row with its date, then how many there are of each code."""
    lines = girouette("quarantine", "list").out.splitlines()

    assert lines[0].split() == ["3", "1970-01-01", "00:05:00", "wrong-unit", "noise-1", "4", ROWS[2].topic]
    assert "not-json 1, wrong-unit 2" in lines[-1]


def test_one_row_is_shown_with_its_bytes(three: Path, girouette: Callable[..., Any]) -> None:
    """Bytes that are no text are written so that nothing is lost; a number that is not there is refused."""
    shown = girouette("quarantine", "show", "1", "--json").told
    assert (shown["payload"], shown["ep"]) == ('[{"\\xff', -1)
    assert "payload  [1]" in girouette("quarantine", "show", "2").out

    unknown = girouette("quarantine", "show", "9")
    assert (unknown.code, "girouette quarantine list" in unknown.err) == (REFUSED, True)


def test_people_read_what_a_code_means(three: Path, girouette: Callable[..., Any]) -> None:
    """Once below the table for each code in it, and below a row; a script's JSON has no sentence."""
    listed, shown = girouette("quarantine", "list").out, girouette("quarantine", "show", "2").out

    assert listed.count(why("wrong-unit")) == listed.count(why("not-json")) == 1
    assert shown.endswith(why("wrong-unit") + "\n")
    assert why("not-json") not in girouette("quarantine", "show", "1", "--json").out


def test_every_code_has_its_sentence_and_every_sentence_its_code() -> None:
    """In both languages; none is told without words, and none is left over."""
    told = {key.removeprefix("refusals.").replace("_", "-") for key in catalogue() if key.startswith("refusals.")}

    assert told == set(CODES)


def test_rows_are_asked_for_once_more(three: Path, girouette: Callable[..., Any]) -> None:
    """By number, by code or by device; what was asked for is seen in the list."""
    assert girouette("quarantine", "replay", "1", "9", "--json").told == {"asked": 1}
    assert girouette("quarantine", "replay", "--code", "wrong-unit", "--device", "air-1", "--json").told == {"asked": 1}

    assert [r["id"] for r in girouette("quarantine", "list", "--json").told if r["again"]] == [2, 1]
    assert "No refusal fits" in girouette("quarantine", "replay", "--code", "misspelt").out
    assert "will try 2 refusals once more" in girouette("quarantine", "replay", "--code", "wrong-unit").out


def test_replay_everything_must_be_meant(three: Path, girouette: Callable[..., Any]) -> None:
    """Without a number, a code or a device the line is not one of ours."""
    assert girouette("quarantine", "replay").code == USAGE


def test_a_file_that_is_not_there_is_not_made(home: Path, girouette: Callable[..., Any]) -> None:
    """A wrong folder is told, not filled."""
    typed = girouette("quarantine", "list")

    assert (typed.code, "there is no girouette.sqlite" in typed.err) == (REFUSED, True)
    assert list(home.glob("*.sqlite")) == []
