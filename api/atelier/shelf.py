"""What waits to be fetched: the pieces of boards that were just made, a while and in bounds."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from api.atelier.port import Piece

STAYS_S = 600.0
MOST_PIECES = 256
MOST_BYTES = 96 << 20


@dataclass(frozen=True, slots=True)
class _Laid:
    piece: Piece
    by: str
    until_s: float


class Shelf:
    """Pieces by their hash: who made a board alone fetches its secret ones, and once; the others, as long as they lie there.

    The oldest go first where there are more than MOST_PIECES, or more than MOST_BYTES.
    """

    def __init__(self) -> None:
        self._laid: OrderedDict[tuple[str, str], _Laid] = OrderedDict()

    def lay(self, piece: Piece, by: str, now_s: float) -> str:
        """Lay a piece down for somebody; its hash."""
        self._forget(now_s)
        key = (piece.sha256, by)
        self._laid.pop(key, None)
        self._laid[key] = _Laid(piece, by, now_s + STAYS_S)
        while len(self._laid) > MOST_PIECES or self._bytes() > MOST_BYTES:
            self._laid.popitem(last=False)
        return key[0]

    def take(self, sha256: str, by: str, now_s: float) -> bytes | None:
        """The bytes of this hash for who may have them; None where there are none, or no more."""
        self._forget(now_s)
        found = self._laid.get((sha256, by))
        if found is None:
            return None
        if found.piece.secret:
            del self._laid[sha256, by]
        return found.piece.content

    def _forget(self, now_s: float) -> None:
        for key in [key for key, laid in self._laid.items() if laid.until_s <= now_s]:
            del self._laid[key]

    def _bytes(self) -> int:
        """Bytes that are held: one content that lies there for many is held once."""
        return sum({id(laid.piece.content): len(laid.piece.content) for laid in self._laid.values()}.values())
