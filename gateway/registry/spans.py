"""Intervals [start_s, end_s) of time, open-ended where end_s is None."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int | None]


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same times as disjoint spans, oldest first; empty ones vanish.

    >>> merged([(30, None), (0, 10), (10, 20), (5, 5)])
    [(0, 20), (30, None)]
    """
    out: list[Span] = []
    for start, end in sorted(spans, key=lambda span: span[0]):
        if end is not None and end <= start:
            continue
        if out and (out[-1][1] is None or start <= out[-1][1]):
            first, last = out[-1]
            out[-1] = (first, None if last is None or end is None else max(last, end))
        else:
            out.append((start, end))
    return out


def overlap(one: Span, other: Span) -> Span | None:
    """The times that lie in both.

    >>> overlap((0, None), (5, 8)), overlap((0, 5), (5, None))
    ((5, 8), None)
    """
    ends = [end for end in (one[1], other[1]) if end is not None]
    start, end = max(one[0], other[0]), min(ends, default=None)
    return None if end is not None and end <= start else (start, end)
