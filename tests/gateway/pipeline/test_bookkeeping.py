"""What is taken of a batch, and how the journal calls it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gateway.admitted import Admitted
from gateway.bookkeeping import change, heard, new_readings, placed, to_quarantine
from gateway.journal import Entry
from gateway.numerics.columns import Columns
from gateway.receipts import PACK, SAMPLE, Absorbed, Account, Ledger, Refusal

EP = 7
NAMES = ("air-0", "air-1")


def admitted(*sqs: int, of: tuple[int, ...], refused: tuple[Refusal, ...] = ()) -> Admitted:
    """Samples of the second device, and for each reading the sample that it belongs to; values count up."""
    samples = np.array([(1, EP, sq) for sq in sqs], SAMPLE)
    readings = Columns(np.ones(len(of), np.int64), np.arange(len(of)), np.arange(len(of), dtype=np.float64))
    return Admitted(readings, np.array(of, np.int64), samples, np.array([(1, EP, 1, 0)], PACK), list(refused), [], {})


def refusal(sq: int, *, device: int = 1, ep: int = EP) -> Refusal:
    """A refusal of one sample."""
    return Refusal("past", "t", b"[]", 5, device, ep, sq)


def absorbed(batch: Admitted, *known: int) -> Absorbed:
    """What a ledger that holds these numbers makes of the batch."""
    edges = [edge for sq in known for edge in (sq, sq + 1)]
    return Ledger([Account(1, EP, edges=edges)]).absorb(batch.samples, batch.packs, refused=batch.refused, now_s=9)


def test_readings_of_known_samples_are_left_out() -> None:
    """New samples and readings without a number are taken, a sample that came twice in one batch once."""
    batch = admitted(1, 5, 5, of=(0, 0, 1, 2, -1))

    assert new_readings(batch, absorbed(batch)).value.tolist() == [0.0, 1.0, 2.0, 4.0]
    assert new_readings(batch, absorbed(batch, 1)).value.tolist() == [2.0, 4.0]


def test_without_numbers_everything_is_taken() -> None:
    """Packs of foreign boards have none."""
    batch = admitted(of=(-1, -1))

    assert len(new_readings(batch, absorbed(batch))) == 2


def test_a_refusal_of_a_known_sample_adds_nothing() -> None:
    """Resends of what is stored or quarantined are passed over; what has no number is told each time."""
    batch = admitted(1, 3, 3, of=(), refused=(refusal(1), refusal(3), refusal(-1, ep=-1)))

    assert [r.sq for r in to_quarantine(batch, absorbed(batch, 1))] == [3, -1]


def test_the_journal_hears_names() -> None:
    """Positions become names, what nobody registered has none."""
    batch = admitted(1, of=(0,), refused=(refusal(1), refusal(-1, device=-1, ep=-1)))
    made = change(batch, absorbed(batch), NAMES)

    assert made.entries == [Entry("air-1", EP, 1, 1, 0, 9, [1, 2])]
    assert [(r.device, r.sq) for r in made.refused] == [("air-1", 1), ("", -1)]
    assert made.forgotten == []


def test_entries_are_placed_where_their_device_is_known(town: Any) -> None:
    """Others wait until their device is registered."""
    entries = [Entry("air-1", EP, 4, 2, 1, 9, [2, 5]), Entry("unknown", EP, 1, 1, 0, 9, [])]

    assert list(placed(town.directory, entries)) == [Account(1, EP, 4, 2, 1, 9, [2, 5])]


def test_a_device_was_heard_when_its_newest_ep_was(town: Any) -> None:
    """The ledger remembers it over a restart, for devices that are not placed yet too."""
    ledger = Ledger([Account(0, 1, heard_s=5), Account(0, 2, heard_s=8), Account(1, 1, heard_s=3)])

    assert heard(ledger, town.directory, [Entry("unknown", 1, 0, 1, 0, 4, [])]) == {
        "air-0": 8.0,
        "air-1": 3.0,
        "unknown": 4.0,
    }
