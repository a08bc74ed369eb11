"""The gateway's word: which samples are kept, as far as this board has heard."""

import json

from micropython import const

_MOST_RANGES = const(16)
_MOST_EPS = const(4)


class Receipt:
    """What one `ep` has: everything up to `n`, and some ranges beyond."""

    def __init__(self, n: int, also: list):
        self.n = n
        self.also = also


def read_receipt(payload: bytes) -> tuple[int, int, list] | None:
    """`ep`, `n` and `also` of a `kept` message, or None when it is not one."""
    try:
        raw = json.loads(payload)
        ep, n, also = raw["ep"], raw["sq"], raw.get("also") or []
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not whole(ep) or not whole(n) or not isinstance(also, list) or len(also) > _MOST_RANGES:
        return None
    for pair in also:
        if not isinstance(pair, list) or len(pair) != 2 or not whole(pair[0]) or not whole(pair[1]):
            return None
    return ep, n, also


def whole(value) -> bool:
    """Is it a whole number, not below 0?"""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


class Receipts:
    """The greatest `n` and the last `also` of each `ep` that the board still holds something of."""

    def __init__(self):
        self._known: dict[int, Receipt] = {}

    def hear(self, ep: int, n: int, also: list) -> None:
        """Take a receipt in; `n` never falls."""
        known = self._known.get(ep)
        if known is None:
            if len(self._known) >= _MOST_EPS:
                return
            self._known[ep] = Receipt(n, also)
        else:
            known.n = max(known.n, n)
            known.also = also

    def keep_only(self, eps: list[int]) -> None:
        """Forget the receipts of every other `ep`: nothing of it is held."""
        for ep in [e for e in self._known if e not in eps]:
            del self._known[ep]

    def covers(self, ep: int, sq: int) -> bool:
        """Is this sample kept?"""
        return self.covers_all(ep, sq, sq)

    def covers_all(self, ep: int, first: int, last: int) -> bool:
        """Is everything from `first` to `last` kept?"""
        known = self._known.get(ep)
        if known is None:
            return False
        return last <= known.n or any(max(a, 1) <= max(first, known.n + 1) and last <= b for a, b in known.also)

    def beyond(self, ep: int, sq: int) -> bool:
        """Is a later sample of this `ep` kept?"""
        known = self._known.get(ep)
        return known is not None and (known.n > sq or any(b > sq for _, b in known.also))
