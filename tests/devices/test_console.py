"""What a board says on its console is read back, half lines and all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devices.console import read_console

LOG = """\
# girouette 2f9ca0cd air-1 air
N 7 1
S 7 1 1795613243 {"temperature": 21.05, "humidity": 64.7}
N 7 2
N 7 3
P 7 1 2 2
P 7 1 1 1
R 7 1 []
S 7 3 1795613245 {"temperature": 21}
D 7 2 no-clock
R 7 1 [[3, 3]]
N 7 4
S 7 4 17956
"""


def test_a_log_is_read_back() -> None:
    """Numbers, times, values, packs, receipts and drops are those that the board told; the broken last line is a remark."""
    told = read_console(LOG)

    assert [(s.sq, s.time_s, s.receipted, s.dropped) for s in told.samples] == [
        (1, 1795613243, True, None),
        (2, None, False, "no-clock"),
        (3, 1795613245, True, None),
        (4, None, False, None),
    ]
    assert told.by_number[7, 1].values == {"temperature": 21.05, "humidity": 64.7}
    assert told.packs == [(7, 1, 2, 2), (7, 1, 1, 1)]
    assert told.receipts == 2
    assert told.remarks == ["# girouette 2f9ca0cd air-1 air", "S 7 4 17956"]


def test_what_a_board_says_of_itself() -> None:
    """Its name, the last word about its network, broker and clock since its start, and values that have no date yet."""
    told = read_console(
        "# device: old\n# clock: ntp\n# device: air-1\n# network: wrong-password\n# network: joined\n"
        "# broker: refused (refused: not authorised), again in 12 ms\n# clock: none\n# clocks: x\n#\n"
        'N 7 1\nV 7 1 {"noise_level": 57}\nV 7 2 {}\nN 7 3\nV 7 3 {"noi\n'
    )

    assert told.device == "air-1"
    assert told.words == {"network": "joined", "broker": "refused", "clock": "none"}
    assert [(s.sq, s.time_s, s.values) for s in told.samples] == [(1, None, {"noise_level": 57}), (3, None, {})]
    assert told.remarks[-2:] == ["V 7 2 {}", 'V 7 3 {"noi']


def test_what_waits_and_what_was_sent_again() -> None:
    """A sample waits until it is receipted or dropped; three samples in two packs of two are one resend."""
    told = read_console(LOG)

    assert [s.sq for s in told.waiting()] == [4]
    assert told.sent() == {(7, 1), (7, 2)}
    assert told.resent() == 1
    assert read_console("").resent() == 0


def test_a_receipt_covers_its_own_ep_only() -> None:
    """A counter made anew begins at 1 again; an old receipt does not cover it."""
    told = read_console("N 7 1\nN 8 1\nR 7 5 []\n")

    assert [(s.ep, s.receipted) for s in told.samples] == [(7, True), (8, False)]


def test_what_is_held_goes_on_under_other_numbers() -> None:
    """A new `ep`: what waits from a number on has a new one and keeps its content; what was receipted or dropped stays."""
    told = read_console(LOG + "N 7 5\nS 7 5 1795613249 {}\nM 7 4 -3 9\nR 9 1 []\n")

    assert [(s.ep, s.sq) for s in told.samples[-2:]] == [(9, 1), (9, 2)]
    assert told.by_number[9, 2].time_s == 1795613249
    assert [told.by_number[7, sq].dropped for sq in (1, 3, 4, 5)] == [None, None, "renumbered", "renumbered"]
    assert [s.sq for s in told.waiting()] == [2]


def test_what_a_board_never_numbered_is_a_remark() -> None:
    """A time for a sample without a number, and lines that begin like ours but are not, are kept to be read."""
    lines = ["S 7 9 1 {}", "N 7", "R 7 1 nonsense", "Traceback (most recent call last):", "D 7 9 full"]

    assert read_console("\n".join(lines)).remarks == lines[:4]


@given(st.integers(0, len(LOG)))
def test_a_log_that_ends_anywhere_is_read(cut: int) -> None:
    """A power cut can fall on any byte: nothing is raised, and no sample is invented."""
    told = read_console(LOG[:cut])

    assert {s.sq for s in told.samples} <= {1, 2, 3, 4}
    assert len(told.samples) == sum(line.startswith("N 7 ") and line[4:] != "" for line in LOG[:cut].splitlines())
