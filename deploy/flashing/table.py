"""A workshop's boards in the terminal: a line for each, with how far it is, what it measures, or what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.faults import sentence
from deploy.flashing.bar import TICK, doing, position
from devices.words import decimal, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from deploy.flashing.flash import Done
    from deploy.flashing.many import Row
    from devices.quantity import Quantity

CROSS = "✗"
WIDTH = 12
Values = Callable[["Done"], str]
"""What a board measures, in words."""


def line_of(row: Row, lang: str, values: Values) -> str:
    """How far a board is."""
    if row.done is not None:
        told = values(row.done)
        return f"{TICK} {say('flashing.many_done', lang, values=told) if told else say('flashing.many_ready', lang)}"
    if row.error is not None:
        return f"{CROSS} {sentence(row.error, lang)}"
    filled = round(WIDTH * position(row.step, row.share) / 100)
    return f"{'━' * filled}{'╌' * (WIDTH - filled)} {doing(row.step, lang)}"


def table_of(rows: Sequence[Row], lang: str, values: Values) -> Table:
    """The table as it stands now."""
    from rich.table import Table

    table = Table(title=say("flashing.many_title", lang), title_justify="left", expand=True)
    for name in ("many_port", "many_device"):
        table.add_column(say(f"flashing.{name}", lang), no_wrap=True)
    table.add_column(say("flashing.many_state", lang), ratio=1, overflow="fold")
    for row in rows:
        table.add_row(row.port.path, row.done.device if row.done else "", line_of(row, lang, values))
    return table


@contextmanager
def shown(lang: str, values: Values, *, watched: bool) -> Iterator[Callable[[Sequence[Row]], object]]:
    """A function that shows the boards as they stand; where nobody watches, a line on stderr for each that is over."""
    if watched:
        from rich.console import Console
        from rich.live import Live

        with Live(
            table_of([], lang, values), console=Console(stderr=True, highlight=False), refresh_per_second=4
        ) as live:
            yield lambda rows: live.update(table_of(rows, lang, values))
        return
    told: set[int] = set()

    def look(rows: Sequence[Row]) -> None:
        for number, row in enumerate(rows):
            if row.over and number not in told:
                told.add(number)
                device = f"{row.done.device}: " if row.done else ""
                print(f"{row.port.path}: {device}{line_of(row, lang, values)}", file=sys.stderr, flush=True)

    yield look


def spoken(values: Mapping[str, float], quantities: Mapping[str, Quantity], lang: str) -> str:
    """Readings as people read them: `température 21,4 °C, humidité 48 %`; a channel without a quantity by its name."""
    told = []
    for channel, value in values.items():
        quantity = quantities.get(channel.rpartition(".")[2])
        if quantity is None:
            told.append(f"{channel} {decimal(f'{value:g}', lang)}")
        else:
            number = decimal(f"{value:.{quantity.digits}f}", lang)
            told.append(f"{quantity.name(lang).lower()} {number} {quantity.unit_text}")
    return ", ".join(told)
