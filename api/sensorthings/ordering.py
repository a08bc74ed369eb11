"""Sorting entities by the keys of `$orderby`: null first in ascending order, the id always last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from api.sensorthings.evaluate import Many
from api.sensorthings.grammar import Path
from api.sensorthings.model import Entity
from api.sensorthings.moments import Instant, Interval
from api.sensorthings.options import OrderBy

Worth = Callable[[Entity, Path], object]


def sorted_by(entities: Sequence[Entity], order: Sequence[OrderBy], worth: Worth) -> list[Entity]:
    """The entities in order; the sort is stable, so keys are applied from the last to the first."""
    found = sorted(entities, key=lambda e: e.id)
    for key in reversed(order):
        found.sort(key=lambda e, path=key.path: _rank(worth(e, path)), reverse=key.descending)  # type: ignore[misc]
    return found


def _rank(value: object) -> tuple[int, float, float, str]:
    """What a value sorts by: kinds apart, null before all."""
    match value:
        case Many(values):
            return _rank(values[0] if values else None)
        case None:
            return (0, 0.0, 0.0, "")
        case bool() | int() | float():
            return (1, float(value), 0.0, "")
        case Instant(at):
            return (2, at, at, "")
        case Interval(start, end):
            return (2, start, end, "")
    return (3, 0.0, 0.0, str(value))
