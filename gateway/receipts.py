"""Pure: what the ledger holds of each device, and so what a board may forget. The rules are WIRE's, "The receipt".

The ledger knows numbers of samples, not readings: a number in it is stored or in quarantine, and is never taken again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

SAMPLE = np.dtype([("device", "i8"), ("ep", "i8"), ("sq", "i8")])
"""A numbered sample that was heard, good or refused; `device` is its position in `Directory.devices`."""
PACK = np.dtype([("device", "i8"), ("ep", "i8"), ("lo", "i8"), ("dr", "i8")])
"""A pack that was heard, with what its board says it still holds and had to drop."""
NEW, KNOWN, NO_ROOM = range(3)
"""What becomes of a sample: taken, absorbed, or left to the board, which sends it again when older ones are in."""
LIVE = 2
"""So many `ep` of a device have ranges, those heard last; of others only n is remembered."""
REMEMBERED = 8
RANGES = 32
"""Open ranges an `ep`, hence 64 a device."""
EVERY_S = 1.0
ALSO = 8
"""Ranges that a receipt tells: the lowest ones and the highest."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What could not be admitted; `ep` and `sq` are -1 where they are not known, `device` where it is not registered."""

    code: str
    topic: str
    payload: bytes
    time_s: int
    device: int
    ep: int
    sq: int


@dataclass(slots=True)
class Account:
    """What the ledger holds of one `ep` of a device."""

    device: int
    ep: int
    n: int = 0
    """Every number up to here is stored, in quarantine, or below `lo`. Never falls."""
    lo: int = 1
    dr: int = 0
    heard_s: int = 0
    edges: list[int] = field(default_factory=list)
    """The stored numbers as half-open ranges a, b, a, b ... in rising order, those below n included."""
    why: tuple[int, str] | None = None

    def copy(self) -> Account:
        """The same, to be changed."""
        return Account(self.device, self.ep, self.n, self.lo, self.dr, self.heard_s, self.edges.copy(), self.why)

    def holds(self, sq: int) -> bool:
        """Is this number stored or in quarantine?"""
        return bisect_right(self.edges, sq) & 1 == 1

    def told(self, lo: int, dr: int) -> None:
        """The board says that it holds nothing below `lo` and dropped `dr` samples; both only grow."""
        self.lo, self.dr = max(self.lo, lo), max(self.dr, dr)
        self._reach(self.lo - 1)

    def take(self, sq: int) -> int:
        """NEW where the number was not held: it is now. KNOWN where it was, NO_ROOM where there are too many ranges.

        The successor of n is always taken, so that a board that sends its oldest samples again always gets on.
        """
        edges = self.edges
        at = bisect_right(edges, sq)
        if at & 1:
            return KNOWN
        joins_left, joins_right = at > 0 and edges[at - 1] == sq, at < len(edges) and edges[at] == sq + 1
        if joins_left and joins_right:
            del edges[at - 1 : at + 1]
        elif joins_left:
            edges[at - 1] = sq + 1
        elif joins_right:
            edges[at] = sq
        elif len(edges) < 2 * RANGES or sq == self.n + 1 or self._forget_lowest():
            at = bisect_right(edges, sq)
            edges[at:at] = (sq, sq + 1)
        else:
            return NO_ROOM
        self._reach(self.n)
        return NEW

    def also(self) -> list[list[int]]:
        """The stored ranges above n, both ends included: the seven lowest and the highest."""
        above = bisect_right(self.edges, self.n + 1)
        ranges = [[a, b - 1] for a, b in zip(self.edges[above::2], self.edges[above + 1 :: 2], strict=True)]
        return ranges if len(ranges) <= ALSO else [*ranges[: ALSO - 1], ranges[-1]]

    def add(self, other: Account) -> None:
        """This account also stands for what another ledger holds of the same `ep`, once its readings are here too.

        Both ledgers say of every number up to their n that it is stored with them or below `lo`: so it is, up to the higher one.
        """
        self.n, self.lo, self.dr = max(self.n, other.n), max(self.lo, other.lo), max(self.dr, other.dr)
        self.heard_s = max(self.heard_s, other.heard_s)
        self.edges = united(self.edges, other.edges)
        while len(self.edges) > 2 * RANGES and self._forget_lowest():
            pass
        self._reach(self.n)

    def _reach(self, n: int) -> None:
        """Raise n to this number, and on to the end of the range that follows it."""
        self.n = max(self.n, n)
        at = bisect_right(self.edges, self.n + 1)
        if at & 1:
            self.n = self.edges[at] - 1

    def _forget_lowest(self) -> bool:
        """Make room by a range below n: what comes again from there is stored again, which changes nothing."""
        if self.edges[1] > self.n + 1:
            return False
        del self.edges[:2]
        return True


@dataclass(frozen=True, slots=True)
class Absorbed:
    """What a batch does to the ledger. Nothing is changed until `Ledger.enter`, so that a commit may fail."""

    fate: NDArray[np.uint8]
    """For each sample NEW, KNOWN or NO_ROOM."""
    changed: list[Account]
    forgotten: list[tuple[int, int]]
    """(device, ep) of which even n is forgotten."""
    heard: list[tuple[int, int]]
    """(device, ep) of the packs: what a receipt is owed to, each once."""
    devices: dict[int, dict[int, Account]]
    """All accounts of the devices that the batch touches, as they are afterwards."""


class Ledger:
    """The accounts of all devices; it outlives the process in the journal."""

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._accounts: dict[int, dict[int, Account]] = {}
        """Device -> ep -> account, the one heard last at the end."""
        self.place(accounts)

    def place(self, accounts: Iterable[Account]) -> None:
        """Accounts as they were when they were written down; those of a device come together."""
        for account in sorted(accounts, key=lambda a: a.heard_s):
            self._accounts.setdefault(account.device, {})[account.ep] = account

    def __iter__(self) -> Iterator[Account]:
        return (account for of_device in self._accounts.values() for account in of_device.values())

    def account(self, device: int, ep: int) -> Account | None:
        """What is held of this `ep`."""
        return self._accounts.get(device, {}).get(ep)

    def absorb(
        self, samples: NDArray[np.void], packs: NDArray[np.void], *, refused: Sequence[Refusal] = (), now_s: int = 0
    ) -> Absorbed:
        """What these samples (SAMPLE) and packs (PACK) do, in any order and however often they come."""
        page = _Page(self._accounts, now_s)
        for device, ep, lo, dr in packs.tolist():
            account = page.account(device, ep)
            account.told(lo, dr)
            account.why = None
        fate = [page.account(device, ep).take(sq) for device, ep, sq in samples.tolist()]
        for refusal in refused:
            if refusal.sq >= 0 and (refusal.device, refusal.ep) in page.touched:
                page.touched[refusal.device, refusal.ep].why = (refusal.sq, refusal.code)
        heard = list(dict.fromkeys(zip(packs["device"].tolist(), packs["ep"].tolist(), strict=True)))
        changed = [account for key, account in page.touched.items() if key not in page.forgotten]
        return Absorbed(np.array(fate, np.uint8), changed, list(page.forgotten), heard, page.devices)

    def enter(self, absorbed: Absorbed) -> None:
        """The batch is durable: the ledger holds it from now on."""
        self._accounts.update(absorbed.devices)


class _Page:
    """Copies of the accounts that a batch touches."""

    def __init__(self, accounts: dict[int, dict[int, Account]], now_s: int) -> None:
        self._accounts = accounts
        self._now_s = now_s
        self.devices: dict[int, dict[int, Account]] = {}
        self.touched: dict[tuple[int, int], Account] = {}
        self.forgotten: dict[tuple[int, int], None] = {}

    def account(self, device: int, ep: int) -> Account:
        """The copy of this account; it counts as the one heard last."""
        account = self.touched.get((device, ep))
        if account is None:
            of_device = self.devices.get(device)
            if of_device is None:
                of_device = self.devices[device] = dict(self._accounts.get(device, {}))
            known = of_device.pop(ep, None)
            account = Account(device, ep) if known is None else known.copy()
            account.heard_s = self._now_s
            of_device[ep] = self.touched[device, ep] = account
            self.forgotten.pop((device, ep), None)
            if len(of_device) > LIVE:
                self._thin(of_device)
        return account

    def _thin(self, of_device: dict[int, Account]) -> None:
        """Of all but the newest `ep` only n is remembered, of the oldest nothing."""
        for ep in list(of_device)[: -LIVE or None]:
            account = of_device[ep]
            if account.edges:
                account = of_device[ep] = self.touched[account.device, ep] = account.copy()
                account.edges.clear()
        for ep in list(of_device)[:-REMEMBERED]:
            self.forgotten[of_device.pop(ep).device, ep] = None


class Owed:
    """Which receipts are owed: at most one a second, device and `ep`."""

    def __init__(self) -> None:
        self._owed: dict[tuple[int, int], None] = {}
        self._sent_s: dict[tuple[int, int], float] = {}

    def owe(self, heard: Iterable[tuple[int, int]]) -> None:
        """Packs of these (device, ep) were heard."""
        self._owed.update(dict.fromkeys(heard))

    def due(self, now_s: float) -> list[tuple[int, int]]:
        """Those to be sent now; they are owed until `paid`."""
        self._sent_s = {key: sent_s for key, sent_s in self._sent_s.items() if 0 <= now_s - sent_s < EVERY_S}
        return [key for key in self._owed if key not in self._sent_s]

    def paid(self, key: tuple[int, int], now_s: float) -> None:
        """This one was sent."""
        self._owed.pop(key, None)
        self._sent_s[key] = now_s


def united(edges: Sequence[int], others: Sequence[int]) -> list[int]:
    """Half-open ranges that hold what either holds, in rising order.

    >>> united([1, 5, 9, 10], [3, 7, 7, 8, 12, 13])
    [1, 8, 9, 10, 12, 13]
    """
    found: list[int] = []
    for start, end in sorted(
        [*zip(edges[::2], edges[1::2], strict=True), *zip(others[::2], others[1::2], strict=True)]
    ):
        if found and start <= found[-1]:
            found[-1] = max(found[-1], end)
        else:
            found += [start, end]
    return found


def receipt(account: Account, st: str) -> dict[str, object]:
    """What the board is told: WIRE's `kept`.

    >>> account = Account(0, 77)
    >>> account.take(1), account.take(2), account.take(5)
    (0, 0, 0)
    >>> receipt(account, "s")
    {'st': 's', 'ep': 77, 'sq': 2, 'also': [[5, 5]]}
    """
    told: dict[str, object] = {"st": st, "ep": account.ep, "sq": account.n, "also": account.also()}
    if account.why is not None:
        told["why"] = list(account.why)
    return told
