"""The ledger, held against a plain set of numbers: whatever order, copies and cuts of the packs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts import (
    ALSO,
    KNOWN,
    NEW,
    NO_ROOM,
    PACK,
    RANGES,
    REMEMBERED,
    SAMPLE,
    Account,
    Ledger,
    Owed,
    Refusal,
    receipt,
)

DEVICE, EP = 3, 77


@dataclass(frozen=True)
class Pack:
    """A pack as a board sends it: what it holds, and which samples are in this one."""

    lo: int
    sqs: tuple[int, ...]
    ep: int = EP
    dr: int = 0


@dataclass
class Heard:
    """A ledger, and what its batches said of each sample."""

    ledger: Ledger = field(default_factory=Ledger)
    fates: list[int] = field(default_factory=list)

    def hear(self, *packs: Pack, refused: Sequence[Refusal] = (), now_s: int = 0) -> Heard:
        """One batch of these packs, entered."""
        samples = np.array([(DEVICE, p.ep, sq) for p in packs for sq in p.sqs], SAMPLE)
        heads = np.array([(DEVICE, p.ep, p.lo, p.dr) for p in packs], PACK)
        absorbed = self.ledger.absorb(samples, heads, refused=refused, now_s=now_s)
        self.fates += absorbed.fate.tolist()
        self.ledger.enter(absorbed)
        return self

    def told(self, ep: int = EP) -> dict[str, Any]:
        """The receipt of this `ep`."""
        account = self.ledger.account(DEVICE, ep)
        assert account is not None
        return receipt(account, "s")


def covered(told: dict[str, Any], sq: int) -> bool:
    """Does a receipt cover this number?"""
    return sq <= told["sq"] or any(a <= sq <= b for a, b in told["also"])


@st.composite
def packs(draw: st.DrawFn) -> list[Pack]:
    """Packs of one board in the order in which it made them: `lo` only grows, nothing is sent below it."""
    lo, made = 1, []
    for _ in range(draw(st.integers(1, 12))):
        lo += draw(st.integers(0, 3))
        first = lo + draw(st.integers(0, 12))
        made.append(Pack(lo, tuple(range(first, first + draw(st.integers(1, 4))))))
    return made


@given(packs(), st.data())
def test_order_copies_and_cuts_change_nothing(made: list[Pack], data: st.DataObject) -> None:
    """The same packs in another order, some twice, in batches cut elsewhere, leave the same account."""
    straight = Heard().hear(*made).told()
    shuffled = data.draw(st.permutations([*made, *data.draw(st.lists(st.sampled_from(made)))]))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(shuffled)))) | {0, len(shuffled)})

    heard = Heard()
    for start, end in itertools.pairwise(cuts):
        heard.hear(*shuffled[start:end])

    assert heard.told() == straight
    assert heard.fates.count(NEW) == len({sq for pack in made for sq in pack.sqs})


@given(packs(), st.randoms())
def test_nothing_is_covered_that_is_not_stored_or_below_lo(made: list[Pack], chance: Any) -> None:
    """After each pack a receipt covers stored numbers and those below `lo` alone, and n never falls."""
    chance.shuffle(made)
    heard, stored, lo, last = Heard(), set[int](), 1, 0

    for pack in made:
        told = heard.hear(pack).told()
        stored |= set(pack.sqs)
        lo = max(lo, pack.lo)
        assert [sq for sq in range(1, 100) if covered(told, sq) and sq >= lo and sq not in stored] == []
        assert told["sq"] >= last
        last = told["sq"]


@given(packs())
def test_each_stored_number_is_covered_while_there_are_few_ranges(made: list[Pack]) -> None:
    """What was stored is told, up to eight ranges of it."""
    heard = Heard().hear(*made)
    told = heard.told()

    if len(told["also"]) < ALSO:
        assert all(covered(told, sq) for pack in made for sq in pack.sqs)


def test_first_contact_begins_below_lo() -> None:
    """A gateway that meets a board at number 500 covers what the board holds no more."""
    assert Heard().hear(Pack(500, (502,))).told() == {"st": "s", "ep": EP, "sq": 499, "also": [[502, 502]]}


def test_what_comes_after_all_from_below_lo_is_stored() -> None:
    """Covered is not stored: a pack that waited in a broker while its board gave it up is taken, once."""
    heard = Heard().hear(Pack(1, (1,)), Pack(10, (10,)), Pack(5, (5, 6)), Pack(5, (5, 6)))

    assert heard.fates == [NEW, NEW, NEW, NEW, KNOWN, KNOWN]
    assert heard.told()["sq"] == 10


def test_a_receipt_tells_the_lowest_ranges_and_the_highest() -> None:
    """Of many holes a board learns the seven lowest ranges and where the newest sample is."""
    heard = Heard().hear(Pack(1, tuple(range(2, 42, 2))))

    assert heard.told()["also"] == [[n, n] for n in (*range(2, 16, 2), 40)]


def test_too_many_ranges_leave_a_sample_to_the_board_until_the_holes_are_filled() -> None:
    """The range that would be one too many is not taken; those that join others are, so the board always gets on."""
    odd = tuple(range(3, 3 + 2 * RANGES, 2))
    heard = Heard().hear(Pack(1, odd), Pack(1, (odd[-1] + 4,)))
    assert heard.fates[-1] == NO_ROOM

    assert heard.hear(Pack(1, (1, 2, 4, odd[-1] + 4))).fates[-4:] == [NEW, NEW, NEW, NEW]
    assert heard.told()["sq"] == 5


def test_ranges_below_n_make_room() -> None:
    """Holes that `lo` closed are forgotten before a new sample is refused."""
    odd = tuple(range(3, 3 + 2 * RANGES, 2))
    heard = Heard().hear(Pack(1, odd)).hear(Pack(1000, (1000,)), Pack(1000, (1002,)))

    assert heard.fates[-2:] == [NEW, NEW]
    assert heard.told() == {"st": "s", "ep": EP, "sq": 1000, "also": [[1002, 1002]]}


def test_a_third_ep_thins_the_oldest_whose_n_is_remembered() -> None:
    """A board that lost its counter twice is served; n of its first `ep` does not fall when that comes again."""
    heard = Heard().hear(Pack(1, (1, 2, 3), ep=1)).hear(Pack(1, (1,), ep=2), now_s=1).hear(Pack(1, (1,), ep=3), now_s=2)

    assert [a.edges for a in heard.ledger] == [[], [1, 2], [1, 2]]
    assert heard.hear(Pack(1, (5,), ep=1), now_s=3).told(1) == {"st": "s", "ep": 1, "sq": 3, "also": [[5, 5]]}
    assert [(a.ep, a.edges) for a in heard.ledger] == [(2, []), (3, [1, 2]), (1, [5, 6])]


def test_a_board_that_invents_ep_costs_a_bounded_ledger() -> None:
    """However many `ep` a device shows, in one batch or many, eight are remembered and two have ranges."""
    many = Heard().hear(*(Pack(1, (1,), ep=ep) for ep in range(30)))
    for ep in range(30, 60):
        many.hear(Pack(1, (1,), ep=ep))

    assert [a.ep for a in many.ledger] == list(range(60 - REMEMBERED, 60))
    assert [a.ep for a in many.ledger if a.edges] == [58, 59]


def test_what_is_forgotten_is_named_for_the_journal() -> None:
    """The ninth `ep` names the first, whose row can go; its own account is among those that changed."""
    heard = Heard()
    for ep in range(REMEMBERED):
        heard.hear(Pack(1, (1,), ep=ep))

    absorbed = heard.ledger.absorb(np.array([(DEVICE, 99, 1)], SAMPLE), np.array([(DEVICE, 99, 1, 0)], PACK))

    assert absorbed.forgotten == [(DEVICE, 0)]
    assert [a.ep for a in absorbed.changed] == [99, REMEMBERED - 2]


def test_the_newest_refusal_is_told_until_a_pack_is_whole() -> None:
    """`why` stands in the receipt, and is gone after the next pack without a refusal."""
    refusal = Refusal("wrong-unit", "t", b"", 0, DEVICE, EP, 2)
    heard = Heard().hear(Pack(1, (1, 2)), refused=[refusal])

    assert heard.told()["why"] == [2, "wrong-unit"]
    assert "why" not in heard.hear(Pack(1, (3,))).told()


def test_a_batch_that_is_not_entered_changes_nothing() -> None:
    """Where the commit fails the ledger is as before, so that the resend is taken."""
    heard = Heard().hear(Pack(1, (1,)))
    before = heard.told()

    heard.ledger.absorb(np.array([(DEVICE, EP, 2)], SAMPLE), np.array([(DEVICE, EP, 2, 0)], PACK))

    assert heard.told() == before
    assert heard.hear(Pack(1, (2,))).fates[-1] == NEW


def test_an_account_is_restored_in_the_order_of_hearing() -> None:
    """A ledger read back from the journal thins the same `ep` as the one that was written."""
    accounts = [Account(DEVICE, 1, heard_s=5, edges=[1, 2]), Account(DEVICE, 2, heard_s=4, edges=[1, 2])]
    heard = Heard(Ledger(accounts)).hear(Pack(1, (1,), ep=3), now_s=6)

    assert [(a.ep, a.edges) for a in heard.ledger] == [(2, []), (1, [1, 2]), (3, [1, 2])]
    assert heard.told(3)["sq"] == 1


def test_a_receipt_is_owed_once_for_many_packs() -> None:
    """Packs of one `ep` in one batch are answered together, absorbed ones too."""
    heads = np.array([(1, EP, 1, 0), (2, EP, 1, 0), (1, EP, 1, 0)], PACK)

    assert Ledger().absorb(np.empty(0, SAMPLE), heads).heard == [(1, EP), (2, EP)]


def test_dropped_samples_are_counted_by_the_board() -> None:
    """`dr` is the greatest that was told, whatever order the packs came in."""
    heard = Heard().hear(Pack(1, (1,), dr=4), Pack(1, (2,), dr=1))
    account = heard.ledger.account(DEVICE, EP)

    assert account is not None
    assert (account.dr, account.holds(2), account.holds(3)) == (4, True, False)


def test_a_receipt_goes_out_once_a_second_at_most() -> None:
    """What was paid less than a second ago waits; what was never asked for is never due; a clock that steps back holds nothing up."""
    owed = Owed()
    owed.owe([(1, EP), (2, EP), (1, EP)])
    assert owed.due(100.0) == [(1, EP), (2, EP)]
    owed.paid((1, EP), 100.0)

    assert owed.due(100.1) == [(2, EP)]
    owed.owe([(1, EP)])
    assert [owed.due(now_s) for now_s in (100.9, 101.0, 50.0)] == [[(2, EP)], [(2, EP), (1, EP)], [(2, EP), (1, EP)]]


@given(st.lists(st.integers(1, 60), max_size=60), st.lists(st.integers(1, 60), max_size=60), st.integers(1, 30))
def test_two_ledgers_of_one_board_stand_for_all_that_either_took(mine: list[int], theirs: list[int], lo: int) -> None:
    """After the sum each number that one of them took is held or covered, and none above that nobody took."""
    one, other = Account(0, 7), Account(0, 7)
    one.told(lo, 0)
    for sq in mine:
        one.take(sq)
    for sq in theirs:
        other.take(sq)
    n = max(one.n, other.n)

    one.add(other)

    taken = set(mine) | set(theirs)
    assert all(one.holds(sq) or sq <= one.n for sq in taken)
    assert {sq for sq in range(n + 1, 70) if one.holds(sq)} == {sq for sq in taken if sq > n}
    assert one.n >= n
