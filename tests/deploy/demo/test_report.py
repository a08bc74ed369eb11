"""The count at the end: each sample has one fate, and the store holds what boards made, once."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.demo.report import count
from devices.console import read_console

SERIES = {("air-1", "temperature"): 7}
LOG = """\
N 5 1
S 5 1 1000 {"temperature": 20.5}
N 5 2
S 5 2 1002 {"temperature": 20.6}
P 5 1 2 2
R 5 1 []
N 5 3
"""


def counted(stored: dict[tuple[int, int], float], log: str = LOG, **more: Any) -> Any:
    """The count of one board's log."""
    return count({"air-1": read_console(log)}, SERIES, stored, **more)


def test_every_sample_has_one_fate() -> None:
    """Kept where the store has it, receipt or not; held where it waits."""
    told = counted({(7, 1000): 20.5, (7, 1002): 20.6})

    assert (told.sent, told.acknowledged, told.kept, told.held) == (3, 1, 2, 1)
    assert (told.lost, told.duplicated, told.refused, told.dropped) == (0, 0, 0, 0)


def test_a_receipt_without_a_row_is_a_loss() -> None:
    """A sample that was receipted and is nowhere is lost; so is one whose value differs."""
    assert counted({(7, 1002): 20.6}).lost == 1
    assert counted({(7, 1000): 99.0, (7, 1002): 20.6}).lost == 1


def test_what_no_board_made_is_counted_as_doubled() -> None:
    """A reading at a second at which its board made none."""
    assert counted({(7, 1000): 20.5, (7, 1001): 20.5, (7, 1002): 20.6}).duplicated == 1


def test_refused_and_dropped_are_told_apart() -> None:
    """What lies in quarantine is refused, what its board gave up is dropped."""
    told = counted({(7, 1002): 20.6}, LOG + "D 5 3 full\n", refused={("air-1", 5, 1)})

    assert (told.refused, told.dropped, told.kept, told.lost) == (1, 1, 1, 0)


def test_a_renumbered_sample_is_counted_once() -> None:
    """It goes on under another number."""
    told = counted(
        {(7, 1000): 20.5, (7, 1002): 20.6},
        LOG + 'D 5 2 renumbered\nN 6 1\nS 6 1 1002 {"temperature": 20.6}\nR 6 1 []\n',
    )

    assert (told.sent, told.kept, told.held) == (3, 2, 1)


@pytest.mark.parametrize("packs", [1, 3])
def test_resent_counts_what_was_sent_again(packs: int) -> None:
    """Each pack of two samples beyond the first is two."""
    assert counted({}, LOG + "P 5 1 2 2\n" * (packs - 1)).resent == 2 * (packs - 1)
