"""Reads the diary (log.py) piece by piece; loaded for the command `log` only."""

from girouette.log import Log

PIECE_BYTES = 1024
"""An answer to `log` has at most this much of the diary."""


def read(log: Log, start: int) -> tuple[str, int, int]:
    """Whole lines from a place on, where the next piece begins, and where the diary ends; what is gone is passed over."""
    files = log.files()
    end = files[-1][0] + files[-1][1] if files else 0
    for begin, size in files:
        if begin + size > start:
            start = max(start, begin)
            with open(log.path(begin), "rb") as file:
                file.seek(start - begin)
                piece = file.read(PIECE_BYTES)
            whole = piece[: piece.rfind(b"\n") + 1]
            return readable(whole), start + (len(whole) or len(piece)), end
    return "", end, end


def readable(piece: bytes) -> str:
    """The text of a piece; one that a power cut spoilt has question marks."""
    try:
        return piece.decode()
    except UnicodeError:
        return "".join(chr(b) if 31 < b < 127 or b == 10 else "?" for b in piece)
