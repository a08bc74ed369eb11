"""Improv from the side of who holds the cable: frames among the lines of a log, in any pieces, and what a board refuses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.improv import (
    ERROR,
    RESULT,
    SCAN,
    SETTINGS,
    STATE,
    Frame,
    Heard,
    ImprovError,
    Listener,
    Talk,
    command,
    frame,
    strongest_known,
    texts_of,
)  # fmt: skip

LOG = (
    b"\r\n# girouette 1 b1 noise\r\n"
    + frame(STATE, b"\x02")
    + b"S 1 2 3 {}\r\nIMPROV half\n"
    + frame(RESULT, b"\x01\x00")
)


class Cable:
    """A line that says what it was told to, and keeps what is written to it."""

    def __init__(self, *said: bytes) -> None:
        self.said, self.written = list(said), b""

    def read(self, size: int = 1, /) -> bytes:
        """The next piece, whatever its size."""
        return self.said.pop(0) if self.said and size else b""

    def write(self, content: bytes, /) -> int:
        """Keep it."""
        self.written += content
        return len(content)


@given(st.lists(st.integers(1, len(LOG)), max_size=6))
def test_frames_and_lines_are_told_apart_in_any_pieces(cuts: list[int]) -> None:
    """Wherever the pieces end, the same frames and lines come, in their order."""
    bounds = [0, *sorted(cuts), len(LOG)]
    listener = Listener()

    heard = [h for a, b in pairwise(bounds) for h in listener.hear(LOG[a:b])]

    assert heard == [
        "# girouette 1 b1 noise",
        Frame(STATE, b"\x02"),
        "S 1 2 3 {}",
        "IMPROV half",
        Frame(RESULT, b"\x01\x00"),
    ]


def test_a_spoilt_frame_is_passed_over() -> None:
    """A wrong sum is noise on the line; what follows is heard."""
    spoilt = bytearray(frame(STATE, b"\x02"))
    spoilt[9] ^= 1

    assert list(Listener().hear(bytes(spoilt) + frame(ERROR, b"\x03"))) == [Frame(ERROR, b"\x03")]


@given(st.binary(max_size=300))
def test_texts_of_anything(told: bytes) -> None:
    """A result that is cut or nonsense gives whole texts, and raises nothing."""
    assert sum(1 + len(text.encode()) for text in texts_of(told)) <= 4 * len(told) + 1


def test_texts_come_back() -> None:
    """What a command is made of is what a result is read as."""
    told = command(SETTINGS, "café".encode(), b"a long key")[9:-2]

    assert texts_of(told[2:]) == ["café", "a long key"]


@pytest.mark.parametrize(("number", "word"), [(1, "invalid"), (2, "unknown_command"), (3, "unable"), (255, "failed")])
def test_a_refusal_is_a_sentence(number: int, word: str) -> None:
    """Each number that a board refuses with has its words, in both languages, and says what to do."""
    cable = Cable(b"# log\n" + frame(ERROR, b"\0") + frame(ERROR, bytes([number])))
    with pytest.raises(ImprovError) as refused:
        Talk(cable).give("hall", "a long key")

    assert refused.value.key == word
    assert "hall" in refused.value.said("fr") or word != "unable"


def test_what_a_board_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    """One result a network, then an empty one; of those that are known the strongest first."""
    rows = [(b"hall", b"-70", b"YES"), (b"yard", b"-50", b"NO")]
    told = [bytes([SCAN, sum(1 + len(t) for t in row)]) + b"".join(bytes([len(t)]) + t for t in row) for row in rows]
    cable = Cable(b"".join(frame(RESULT, t) for t in told) + frame(RESULT, bytes([SCAN, 0])))

    heard = Talk(cable).scan()

    assert heard == [Heard("hall", -70, closed=True), Heard("yard", -50, closed=False)]
    assert strongest_known(heard, ["hall", "yard", "x"]) == ["yard", "hall"]


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is asked for once a second; then it is said that the board is silent. Lines of its log are passed on."""
    heard: list[str] = []
    with pytest.raises(ImprovError) as silent:
        Talk(Cable(b"# something\n"), on_log=heard.append).wait_for(0.05)

    assert silent.value.key == "silent"
    assert heard == ["# something"]
