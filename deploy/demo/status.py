"""The live lines of the demonstration: one a device, read off its serial log and the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from deploy.demo.cast import Player
from devices.quantity import Quantity
from devices.words import decimal, say
from gateway.numerics.sentences import sentence


@dataclass(slots=True)
class Serial:
    """The counts of one board, read on from where its serial log was left."""

    log: Path
    numbered: int = 0
    dropped: int = 0
    covered: int = 0
    """How many numbers the newest receipt covers in a row; numbers begin at 1."""
    _at: int = 0
    _rest: bytes = b""

    def read_on(self) -> None:
        """Take in what the board has said since."""
        if not self.log.exists():
            return
        with self.log.open("rb") as file:
            file.seek(self._at)
            fresh = file.read()
        self._at += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        for line in lines:
            kind, _, rest = line.partition(b" ")
            if kind == b"N":
                self.numbered += 1
            elif kind == b"D":
                self.dropped += 1
            elif kind == b"R":
                self.covered = int(rest.split(b" ", 2)[1])


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says."""

    player: Player
    serial: Serial
    latest: np.void | None
    """The reading of its series with the worst flag, as READING."""
    quantity: Quantity | None
    age_s: float | None


def table(lines: Sequence[Line], lang: str, *, title: str) -> Table:
    """The lines as a table for the terminal."""
    columns = ("device", "place", "made", "received", "value", "age", "meaning")
    shown = Table(
        *(say(f"demo.column_{name}", lang) for name in columns), title=title, title_justify="left", expand=True
    )
    for line in lines:
        shown.add_row(*row(line, lang), style=style(line))
    return shown


def row(line: Line, lang: str) -> list[str]:
    """The cells of a line."""
    serial, latest, quantity = line.serial, line.latest, line.quantity
    head = [line.player.id, line.player.place, str(serial.numbered), str(serial.covered)]
    if latest is None or quantity is None or line.age_s is None:
        return [*head, "", "", say("demo.waiting", lang)]
    value = decimal(f"{latest['value']:.{quantity.digits}f} {quantity.unit_text}", lang)
    told = sentence(latest, quantity, lang)
    if line.player.told is not None:
        told += f" ({say(f'demo.{line.player.told}', lang)})"
    return [*head, value, f"{line.age_s:.0f} s", told]


def style(line: Line) -> str:
    """The colour of a line, which repeats what its words say."""
    if line.latest is None or line.age_s is None or line.age_s > 15:
        return "dim"
    return {3: "yellow", 4: "red"}.get(int(line.latest["flag"]), "")


def worst(rows: Mapping[int, np.void], series: Sequence[int]) -> np.void | None:
    """Of the newest readings of a device's series, the one with the worst flag."""
    found = [rows[number] for number in series if number in rows]
    return max(found, key=lambda r: {4: 3, 3: 2, 1: 1}.get(int(r["flag"]), 0), default=None)
