"""Whose receipts does the broker hold? Those of another ledger, or of ours before it was restored, are a reason to stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from gateway.directory import Directory
from gateway.journal import Lost
from gateway.message import Message
from gateway.receipts import Account, Ledger
from gateway.store.port import StoreError


class TakeoverError(StoreError):
    """Boards forgot samples under receipts that this ledger does not stand for."""

    words = "gateway"


class _Kept(msgspec.Struct, frozen=True):
    """What is read of a receipt."""

    st: str
    ep: int
    sq: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the broker's receipts tell of samples that this ledger does not hold."""

    others: tuple[str, ...]
    """Topics of receipts of another ledger."""
    lost: tuple[Lost, ...]

    @property
    def reason(self) -> TakeoverError | None:
        """Why the gateway should not run, with what to do; None where nothing stands against it."""
        if self.others:
            return TakeoverError("other_ledger", devices=len(self.others))
        if self.lost:
            count = sum(each.last - each.first + 1 for each in self.lost)
            return TakeoverError("restored_ledger", samples=count)
        return None


def look(
    receipts: Iterable[Message], ledger: Ledger, st: str, directory: Directory, *, known: Sequence[Lost] = ()
) -> Found:
    """Hold the receipts on the broker against the ledger whose id is `st`; devices that are not registered are not ours.

    What is `known` to be lost was adopted before, and is no reason to stop again.
    """
    others, lost = [], []
    for message in receipts:
        device = message.topic.split("/")[3]
        number = directory.number(device)
        try:
            kept = msgspec.json.decode(message.payload, type=_Kept)
        except (ValueError, RecursionError):
            continue
        if number is None:
            continue
        if kept.st != st:
            others.append(message.topic)
        lost += [
            Lost(device, kept.ep, first, last) for first, last in _missing(ledger.account(number, kept.ep), kept.sq)
        ]
    return Found(tuple(others), tuple(each for each in lost if not any(_within(each, one) for one in known)))


def _within(each: Lost, known: Lost) -> bool:
    """Is all of it known?"""
    same = (each.device, each.ep) == (known.device, known.ep)
    return same and known.first <= each.first and each.last <= known.last


def _missing(account: Account | None, n: int) -> Iterator[tuple[int, int]]:
    """The ranges of numbers up to n that the account does not cover."""
    if account is None:
        if n >= 1:
            yield 1, n
        return
    first = account.n + 1
    for start, end in zip(account.edges[::2], account.edges[1::2], strict=True):
        if first <= n and end > first:
            if start > first:
                yield first, min(start - 1, n)
            first = end
    if first <= n:
        yield first, n
