"""One series at one tier as an answer: whole where it is short, else streamed in blocks from the reader thread."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import JSON, PUBLIC_LIVE, PUBLIC_SLOW, headers, keeping, known, licence_links, ready, tag
from api.bounds import Bounds
from api.catalogue import Shown, View
from api.corrected import Corrector
from api.formats import CsvRows, Dialect, JsonRows, Writer
from api.front import Front
from api.listings import series_json
from api.percentiles import AT_ONCE, Ranker
from api.readings import BLOCK_ROWS, Readings, Rows
from gateway.numerics.columns import as_bytes
from gateway.store.port import Tier

CSV = "text/csv"
SHORT_ROWS = 2_000
"""An answer of fewer rows is made in one piece."""
CORRECTED_ROWS = 200
"""Corrected windows are made of their readings: so many at once."""
SETTLED_S = 86_400
"""What ended longer ago is kept longer by caches; not for ever: late readings come, and an interval may be hidden."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is asked of one series: from when to when, at which tier, and by whom."""

    view: View
    shown: Shown
    bounds: Bounds
    tier: Tier
    percentiles: tuple[int, ...] = ()

    def blocks(self, readings: Readings, *, after: int | None = None) -> Iterator[Rows]:
        """Its rows in blocks, oldest first; with `after`, only those that begin later."""
        start_s = self.bounds.start_s if after is None else after + 1
        rows = BLOCK_ROWS if self.tier == "raw" or not self.shown.corrections else CORRECTED_ROWS
        rows = AT_ONCE[self.tier] if self.percentiles else rows
        return readings.blocks(self.shown, start_s, self.bounds.end_s, tier=self.tier, rows=rows)

    def begins(self, readings: Readings) -> tuple[list[Rows], bool]:
        """Its first blocks, SHORT_ROWS or a little more in all, and whether they are all there is; one block with percentiles."""
        taken: list[Rows] = []
        short = AT_ONCE[self.tier] if self.percentiles else SHORT_ROWS
        start_s, end_s = self.bounds.start_s, self.bounds.end_s
        for block in readings.blocks(self.shown, start_s, end_s, tier=self.tier, rows=short):
            taken.append(block)
            if sum(map(len, taken)) >= short:
                return taken, False
        return taken, True

    def etag(self, readings: Readings, media: str) -> str:
        """Changes whenever a row may have: a late reading is counted, a new one is the newest, thresholds are a revision.

        Windows and the flags of neighbours change only with one of these.
        """
        newest = readings.latest([self.shown]).get(self.shown.id)
        last = b"" if newest is None else as_bytes(newest)
        there = readings.count(self.shown, 0, self.bounds.end_s)
        return tag(
            media,
            self.shown.id,
            self.tier,
            self.bounds,
            self.view.revision,
            there,
            last,
            self.corrector(readings).marks(),
        )

    def corrector(self, readings: Readings) -> Corrector:
        """Corrects its rows."""
        return Corrector(readings, self.view, self.shown)

    def texts(self, writer: Writer, readings: Readings, blocks: Iterable[Rows]) -> Iterator[str]:
        """What is sent, a piece a block: the head with the first, the tail by itself."""
        corrector, ranker = self.corrector(readings), Ranker(readings, self.shown, self.percentiles)
        before = writer.head()
        for block in blocks:
            yield before + writer.text(block, corrector.beside(block, self.tier), ranker.beside(block, self.tier))
            before = writer.between
        yield writer.tail() if before == writer.between else before + writer.tail()

    def cache(self, now_s: float) -> str:
        """How long others may keep it."""
        return keeping(self.view, PUBLIC_SLOW if self.bounds.end_s < now_s - SETTLED_S else PUBLIC_LIVE)

    def filename(self, ending: str) -> str:
        """What a browser calls it on disk: pilot, place, channel, tier, and from when to when."""
        bounds = [text[:10] for text in self.bounds.written() if text is not None]
        parts = [self.shown.pilot.slug, self.shown.place.name, self.shown.series.channel, self.tier, *bounds]
        return "_".join(slug(p) for p in parts) + ending


def slug(text: str) -> str:
    """A text in letters, digits, points and dashes that every disk takes.

    >>> slug("Quai de la Prévalaye, nº 3")
    'quai-de-la-prevalaye-no-3'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.") or "x"


async def csv_answer(request: Request, front: Front, table: Table, dialect: Dialect) -> Response:
    """The table as CSV, as a file to be saved."""
    more = {"Content-Disposition": f'attachment; filename="{table.filename(".csv")}"'}
    writer = CsvRows(table.shown, table.tier, dialect, percentiles=table.percentiles)
    return await _answer(request, front, table, writer, CSV, more)


async def json_answer(request: Request, front: Front, table: Table) -> Response:
    """The table as one JSON object."""
    about = series_json(table.shown, front.links(request, table.view))
    writer = JsonRows(table.shown, table.tier, about, table.bounds.written(), percentiles=table.percentiles)
    return await _answer(request, front, table, writer, JSON, {})


async def _answer(
    request: Request, front: Front, table: Table, writer: Writer, media: str, more: dict[str, str]
) -> Response:
    cache, link = table.cache(front.now_s()), licence_links([table.shown.pilot])
    read = front.desk.long if table.shown.corrections or table.percentiles else front.desk.short
    taken, whole = await read(lambda: table.begins(front.readings))
    if whole:
        body = (await read(lambda: "".join(table.texts(writer, front.readings, taken)))).encode()
        return ready(request, body, media, headers(cache=cache, etag=tag(body), link=link, more=more))
    etag = await front.desk.long(lambda: table.etag(front.readings, f"{media}{writer.head()}"))
    told = headers(cache=cache, etag=etag, link=link, more=more)
    if "ETag" in told and known(request, etag):
        return Response(status_code=304, headers=told)
    if request.scope.get("girouette.head"):  # its length is not known
        return StreamingResponse(iter(()), media_type=media, headers=told)
    last = taken[-1]
    rest = table.blocks(front.readings, after=int(last["time_s" if table.tier == "raw" else "start_s"][-1]))
    pieces = (text.encode() for text in table.texts(writer, front.readings, chain(taken, rest)))
    return StreamingResponse(front.desk.stream(pieces), media_type=media, headers=told)
