"""Golden sessions: the firmware, whole and unmodified, says to the millisecond what the files in `sessions/` say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sessions import Line, Session, play, read_session

SESSIONS = sorted((Path(__file__).parent / "sessions").glob("*.session"))
LONG = {"backlog", "given-up", "quiet", "stalled", "undated"}


@pytest.mark.parametrize(
    "file",
    [pytest.param(f, id=f.stem, marks=[pytest.mark.slow] if f.stem in LONG else []) for f in SESSIONS],
)
def test_a_board_says_what_its_golden_session_says(file: Path, tmp_path: Path) -> None:
    """Every message, connection, last will and drop of a session comes again, at its time and with its content."""
    written = read_session(file.read_text(encoding="utf-8"))

    played = play(written, tmp_path)

    if os.environ.get("GIROUETTE_GOLDEN") == "write":
        file.write_text(str(played), encoding="utf-8")
    else:
        assert [str(line) for line in played.said()] == [str(line) for line in written.said()]


def test_a_session_is_written_as_it_is_read() -> None:
    """A file that is read and written is the same session, so that writing golden files anew changes what changed."""
    session = Session(["# a title"], {"period_s": 1}, [{"kind": "offline"}], ["health"])
    session.lines = [
        Line(0, "connects", ()),
        Line(200, "says", ("state", {"online": True})),
        Line(1500, "hears", ("kept", {"ep": 1, "sq": 2})),
        Line(2000, "hears", ("cmd", "{")),
        Line(2500, "drops", (1, 4, "no-date")),
        Line(3000, "broker", ("dead",)),
        Line(3500, "power", ({"disk": 1},)),
        Line(4000, "note", ("a note",)),
    ]

    again = read_session(str(session))

    assert again == session
    assert session.ends_ms == 4000
    assert [line.what for line in session.said()] == ["connects", "says", "drops"]
