"""Observations straight from the store: keyset pages, counts, and a refusal where neither time nor memory would be bounded."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from api.catalogue import Shown
from api.problems import Malformed, TooMuch
from api.readings import Readings
from api.sensorthings.evaluate import Lens, check, passes, worth
from api.sensorthings.model import Entity, Kind, observation_of
from api.sensorthings.options import Options, OrderBy
from api.sensorthings.ordering import sorted_by
from api.sensorthings.plan import IDS, TIMES, Plan, plan
from api.sensorthings.world import observation

MOST_READ = 200_000
MOST_SORTED = 50_000
_TOKEN = re.compile(r"(\d{1,12})\.(\d{1,8})")
Row = tuple[int, int, float, int]
"""Time, series, value, flag: what orders first stands first."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some Observations, and what the next page is asked with: a name of an option and its text."""

    entities: list[Entity]
    following: tuple[str, str] | None


class Budget:
    """How many readings one request may still read."""

    def __init__(self, rows: int, refusal: str) -> None:
        self.left = rows
        self.refusal = refusal

    def take(self, rows: int) -> None:
        """Count rows as read. Raises TooMuch past the bound."""
        self.left -= rows
        if self.left < 0:
            raise TooMuch(self.refusal)


class Observations:
    """The set of Observations of one view."""

    def __init__(self, readings: Readings, lens: Lens) -> None:
        self._readings = readings
        self._lens = lens

    def one(self, number: int, scope: Sequence[Shown]) -> Entity | None:
        """The Observation of this id, where it is one of the scope's and visible."""
        series, time_s = observation_of(number)
        shown = next((s for s in scope if s.id == series), None)
        if shown is None:
            return None
        rows = self._readings.read(shown, time_s, time_s + 1)
        return self._lens.world.observation(rows[0]) if len(rows) else None

    def count(self, scope: Sequence[Shown], options: Options) -> int:
        """How many pass the filter, whatever `$top` and `$skip` say."""
        wanted = self._plan(scope, options)
        if wanted.exact:
            return sum(self._readings.count(s, wanted.start_s, wanted.end_s) for s in wanted.shown)
        budget = _budget("counting")
        return sum(1 for s in wanted.shown for _ in self._walk(wanted, s, wanted.start_s, wanted.end_s, 10_000, budget))

    def page(self, scope: Sequence[Shown], options: Options) -> Page:
        """The rows that `$filter`, `$orderby`, `$skip`, `$top` and the token ask for."""
        for key in options.order:
            check(key.path, Kind.OBSERVATION)
        wanted = self._plan(scope, options)
        if options.top == 0:
            return Page([], None)
        direction = _by_time(options.order, len(wanted.shown))
        return (
            self._sorted(wanted, options) if direction is None else self._by_time(wanted, options, direction == "desc")
        )

    def _plan(self, scope: Sequence[Shown], options: Options) -> Plan:
        if options.filter is not None:
            check(options.filter, Kind.OBSERVATION)
        return plan(options.filter, scope, self._lens)

    def _by_time(self, wanted: Plan, options: Options, descending: bool) -> Page:  # noqa: FBT001 - two orders of time there are
        after = _read_token(options.token) if options.token is not None else None
        rows = _first_rows(options.skip + options.top + 1, len(wanted.shown))
        budget = _budget("this page")
        sources = []
        for shown in wanted.shown:
            start, end = _resumed(wanted, shown.id, after, descending)
            sources.append(self._walk(wanted, shown, start, end, rows, budget, descending=descending))
        key: Callable[[Row], tuple[int, int]] = (lambda r: (-r[0], r[1])) if descending else (lambda r: (r[0], r[1]))
        merged = sources[0] if len(sources) == 1 else heapq.merge(*sources, key=key)
        found = list(islice(merged, options.skip, options.skip + options.top + 1))
        more = len(found) > options.top
        last = found[options.top - 1] if more else None
        following = None if last is None else ("skiptoken", f"{last[0]}.{last[1]}")
        return Page([self._entity(r) for r in found[: options.top]], following)

    def _sorted(self, wanted: Plan, options: Options) -> Page:
        budget = Budget(
            MOST_SORTED,
            f"an order other than phenomenonTime sorts in memory, and more than {MOST_SORTED} readings would be sorted: "
            "narrow phenomenonTime in $filter, or take one Datastream",
        )
        walks = (self._walk(wanted, s, wanted.start_s, wanted.end_s, 10_000, budget) for s in wanted.shown)
        entities = [self._entity(r) for walk in walks for r in walk]
        ordered = sorted_by(entities, options.order, lambda entity, path: worth(path, entity, self._lens))
        page = ordered[options.skip : options.skip + options.top]
        more = len(ordered) > options.skip + options.top
        return Page(page, ("skip", str(options.skip + options.top)) if more else None)

    def _walk(
        self,
        wanted: Plan,
        shown: Shown,
        start_s: int,
        end_s: int,
        rows: int,
        budget: Budget,
        *,
        descending: bool = False,
    ) -> Iterator[Row]:
        """Rows of one series that pass the filter, in the order of time, read in growing blocks."""
        if start_s >= end_s:
            return
        blocks = self._descend(shown, start_s, end_s, rows) if descending else self._ascend(shown, start_s, end_s, rows)
        for block in blocks:
            budget.take(len(block))
            kept = block[wanted.mask(block["value"])] if wanted.on_result else block
            for row in zip(*(kept[n].tolist() for n in ("time_s", "series", "value", "flag")), strict=True):
                if all(passes(node, self._entity(row), self._lens) for node in wanted.rest):
                    yield row

    def _ascend(self, shown: Shown, start_s: int, end_s: int, rows: int) -> Iterator[np.ndarray]:
        """Blocks oldest first, each by its own question: no cursor stays open between two rows."""
        while True:
            block = next(self._readings.blocks(shown, start_s, end_s, rows=rows), None)
            if block is None:
                return
            yield block
            start_s, rows = int(block["time_s"][-1]) + 1, min(10_000, rows * 2)

    def _descend(self, shown: Shown, start_s: int, end_s: int, rows: int) -> Iterator[np.ndarray]:
        while True:
            block = next(self._readings.newest_first(shown, start_s, end_s, rows=rows), None)
            if block is None:
                return
            yield block
            end_s, rows = int(block["time_s"][-1]), min(10_000, rows * 2)

    def _entity(self, row: Row) -> Entity:
        return observation(self._lens.world.view.shown[row[1]], row[0], row[2], row[3])


def _first_rows(needed: int, series: int) -> int:
    """How many rows to read of each series at first: a merge of many needs few of each."""
    return min(10_000, needed if series <= 1 else max(16, 2 * needed // series))


def _budget(what: str) -> Budget:
    return Budget(MOST_READ, f"{what} would read more than {MOST_READ} readings: narrow phenomenonTime in $filter")


def _by_time(order: Sequence[OrderBy], series: int) -> str | None:
    """`asc` or `desc` where the order is that of time, None where rows must be sorted."""
    if not order:
        return "asc"
    first, *others = order
    steps = first.path.steps
    if steps in IDS and series <= 1:
        return "desc" if first.descending else "asc"
    plain = all(o.path.steps in IDS and not o.descending for o in others)
    if steps not in TIMES or not (series <= 1 or plain):
        return None
    return "desc" if first.descending else "asc"


def _read_token(text: str) -> tuple[int, int]:
    found = _TOKEN.fullmatch(text)
    if found is None:
        raise Malformed("this $skiptoken is not one that a nextLink gave")
    return int(found[1]), int(found[2])


def _resumed(wanted: Plan, series: int, after: tuple[int, int] | None, descending: bool) -> tuple[int, int]:  # noqa: FBT001
    """The bounds of one series once everything up to the token was given: equal times go by series number."""
    if after is None:
        return wanted.start_s, wanted.end_s
    time_s, last = after
    again = series > last
    if descending:
        return wanted.start_s, min(wanted.end_s, time_s + 1 if again else time_s)
    return max(wanted.start_s, time_s if again else time_s + 1), wanted.end_s
