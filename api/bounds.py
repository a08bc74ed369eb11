"""From when to when: the `from` and `to` of a request, read or refused with a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from api.catalogue import FOR_EVER_S
from api.problems import Malformed
from api.sensorthings.moments import iso, read_instant

From = Annotated[
    str | None,
    Query(
        alias="from",
        description="The first moment wanted: `2026-11-24`, or `2026-11-24T10:00:00Z`; UTC where no offset is given",
        examples=["2026-11-24"],
    ),
]
To = Annotated[
    str | None,
    Query(
        alias="to",
        description="The moment before which it ends, itself not wanted any more",
        examples=["2026-11-25T00:00:00Z"],
    ),
]


@dataclass(frozen=True, slots=True)
class Bounds:
    """[start_s, end_s), in seconds since 1970 UTC."""

    start_s: int = 0
    end_s: int = FOR_EVER_S

    def written(self) -> tuple[str | None, str | None]:
        """Both as ISO 8601, None where there is no bound.

        >>> Bounds(1795564800).written()
        ('2026-11-25T00:00:00Z', None)
        """
        first = iso(self.start_s) if self.start_s > 0 else None
        return first, iso(self.end_s) if self.end_s < FOR_EVER_S else None


def read_bounds(start: str | None, end: str | None) -> Bounds:
    """The bounds that two texts name. Raises Malformed where one is no time, or the end does not come after the start."""
    start_s = 0 if start is None else max(0, math.ceil(_moment("from", start)))
    end_s = FOR_EVER_S if end is None else max(0, math.ceil(_moment("to", end)))
    if end_s <= start_s:
        raise Malformed(f"to ({end}) must come after from ({start or 'the beginning'}); it is not included itself")
    return Bounds(start_s, end_s)


def _moment(name: str, text: str) -> float:
    try:
        return read_instant(text).s
    except Malformed as error:
        raise Malformed(f"{name}: {error.detail}") from None
