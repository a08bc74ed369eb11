"""The demonstration from its first line to its last: what is said, what is shown, what is counted."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy import assembly
from deploy.demo import status
from deploy.demo.founding import series_of
from deploy.demo.meter import age_s
from deploy.demo.run import Run, shows_a_reading
from devices.interpreter import have_micropython
from devices.words import say
from gateway.registry import Registry
from gateway.store.port import Reader

LOOK_S = 0.1
DRAIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Draw:
    """How progress is shown, and how often."""

    show: Callable[[float], None]
    every_s: float


class Show:
    """One run before its audience."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._console = Console()
        self._serials = {p.id: status.Serial(run.home / "boards" / p.id / "serial.log") for p in run.players}
        self._kills = sorted(run.options.kills, key=lambda kill: kill.at_s)
        self.first_reading_s: float | None = None

    def logs(self) -> dict[str, Any]:
        """Each board's serial log."""
        return {device: serial.log for device, serial in self._serials.items()}

    def say(self, word: str, **values: object) -> None:
        """Print a sentence of `words/demo.toml`."""
        self._console.print(
            say(f"demo.{word}", self._run.options.lang, **values), highlight=False, markup=False, soft_wrap=True
        )

    def play(self) -> None:
        """Set everything up, run for as long as was asked, and let the boards send what they hold."""
        run = self._run
        if not have_micropython():
            self.say("replay")
        generated = run.found()
        run.start_devices()
        if generated:
            self.say("past", readings=generated, days=round(run.options.backfill_s / 86_400))
        self.say("page", page=run.page)
        self.say("atelier", page=run.page)
        with self.drawing() as draw:
            self.last(run.options.for_s, draw)
        self.say("draining", seconds=round(DRAIN_S))
        run.fall_silent()
        self.drain()

    def last(self, for_s: float | None, draw: Draw) -> None:
        """Tend the processes and show progress until the time is over or a signal says stop."""
        began, shown = time.monotonic(), 0.0
        while not self._run.stopping.wait(LOOK_S):
            elapsed = time.monotonic() - began
            if for_s is not None and elapsed >= for_s:
                return
            self.tend(elapsed)
            if elapsed - shown >= draw.every_s:
                shown = elapsed
                draw.show(elapsed)

    def tend(self, elapsed_s: float) -> None:
        """Kill who is due, start again who died, look for the first reading."""
        while self._kills and self._kills[0].at_s <= elapsed_s:
            child = self._kills.pop(0).child
            self.say("killed", child=child)
            self._run.crew.kill(child)
        for child in self._run.tend():
            self.say("restarted", child=child)
        self.look()

    def look(self) -> None:
        """Note when the first measured reading is on the page."""
        if self.first_reading_s is None and shows_a_reading(self._run.page):
            self.first_reading_s = round(age_s(time.time()), 2)
            self.say("first", seconds=f"{self.first_reading_s:.0f}")

    def drain(self) -> None:
        """Wait until every board has its receipts, for a while."""
        deadline = time.monotonic() + DRAIN_S
        while time.monotonic() < deadline and not self._run.hurrying.wait(LOOK_S):
            self._run.tend()
            self.look()
            totals = self.totals()
            if totals["received"] >= totals["made"] and self.first_reading_s is not None:
                return

    def totals(self) -> dict[str, int]:
        """Samples made and received, over all boards."""
        known = self._serials.values()
        for serial in known:
            serial.read_on()
        return {"made": sum(s.numbered for s in known), "received": sum(s.covered for s in known)}

    @contextlib.contextmanager
    def drawing(self) -> Iterator[Draw]:
        """A live table on a terminal, a line now and then elsewhere."""
        if not self._console.is_terminal:
            yield Draw(lambda elapsed: self.say("line", elapsed=round(elapsed), **self.totals()), 10.0)
            return
        with (
            contextlib.closing(assembly.open_registry(self._run.store_url)) as registry,
            contextlib.closing(assembly.open_store(self._run.store_url, read_only=True)) as store,
            Live(console=self._console, auto_refresh=False) as live,
        ):
            yield Draw(lambda _: live.update(self.table(registry, store), refresh=True), 1.0)

    def table(self, registry: Registry, store: Reader) -> Table:
        """The live lines as they are now."""
        self.totals()
        run, series = self._run, series_of(registry)
        quantities = {s.id: run.quantities[s.quantity] for s in registry.series()}
        latest = {int(row["series"]): row for row in store.latest(list(series.values()))}
        lines = []
        for player in run.players:
            row = status.worst(latest, [n for (device, _), n in series.items() if device == player.id])
            quantity = None if row is None else quantities[int(row["series"])]
            age = None if row is None else max(0.0, time.time() - int(row["time_s"]))
            lines.append(status.Line(player, self._serials[player.id], row, quantity, age))
        return status.table(lines, run.options.lang, title=say("demo.title", run.options.lang, page=run.page))

    def close(self, told: dict[str, Any]) -> int:
        """Say what came of it, write the report, and give the exit code."""
        options, sound = self._run.options, told["lost"] == 0 and told["duplicated"] == 0
        if options.report is not None:
            options.report.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")
            self.say("report_in", file=options.report)
        self.say("sound" if sound else "unsound", folder=self._run.home, **told)
        if options.keep is not None:
            self.say("kept_in", folder=options.keep)
        if told["first_reading_s"] is None and not self._run.stopping.is_set():
            self.say("no_reading", folder=self._run.home)
            return 1
        return 0 if sound else 1
