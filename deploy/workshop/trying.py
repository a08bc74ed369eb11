"""`girouette try`: a recipe for a minute, from its firmware to its page, drawn in the terminal; nothing is left behind.

The parts are the demonstration's (deploy/demo), with one board: its readings go through a real broker and the real
gateway to a page on loopback.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from deploy.demo.cast import CENTRE, Player
from deploy.demo.options import DemoOptions
from deploy.demo.run import Run, folder, free_port, page_port, shows_a_reading, signals
from deploy.demo.status import Serial
from deploy.supervise import Crew
from deploy.workshop.curves import between, curve
from devices.console import Sample
from devices.quantity import load_quantities
from devices.recipe import Recipe, package_recipes
from devices.trial import line_of, measured, number
from devices.words import say

DEVICE = "essai"
WIDTH = 30
LOOK_S = 0.2


class Trying:
    """One trial before its audience."""

    def __init__(self, run: Run, recipe: Recipe, console: Console) -> None:
        self._run, self._recipe, self._console = run, recipe, console
        self._serial = Serial(run.home / "boards" / DEVICE / "serial.log")
        self._on_page = False
        self.samples: list[Sample] = []

    def say(self, word: str, **values: object) -> None:
        """Print a sentence of `words/rehearsal.toml`."""
        told = say(f"rehearsal.{word}", self._run.options.lang, **values)
        self._console.print(told, highlight=False, markup=False, soft_wrap=True)

    def play(self, for_s: float) -> None:
        """Set everything up, and draw what the board measures for so long."""
        run = self._run
        self.say("try_begins", recipe=self._recipe.name(run.options.lang))
        run.start_services()
        run.found()
        run.start_devices()
        self.say("try_page", page=run.page)
        if self._console.is_terminal:
            with Live(console=self._console, auto_refresh=False) as live:
                for _ in self.last(for_s):
                    live.update(self.drawn(), refresh=True)
            return
        for fresh in self.last(for_s):
            for sample in fresh:
                moment = time.strftime("%H:%M:%S", time.localtime(sample.time_s))
                self._console.print(
                    f"{moment}   {line_of(sample, self._recipe, run.options.lang)}", highlight=False, soft_wrap=True
                )
        self._console.print(self.drawn())

    def last(self, for_s: float) -> Iterator[list[Sample]]:
        """What is measured meanwhile, as it comes, until the time is over or a signal says stop."""
        until_s = time.monotonic() + for_s
        while time.monotonic() < until_s and not self._run.stopping.wait(LOOK_S):
            self._run.tend()
            self._serial.read_on()
            self._on_page = self._on_page or shows_a_reading(self._run.page)
            known = len(self.samples)
            self.samples = measured(self._run.boards[DEVICE])
            yield self.samples[known:]

    def drawn(self) -> Group:
        """The curves, and how far the readings have come."""
        lang = self._run.options.lang
        told = say("rehearsal.try_counts", lang, measured=len(self.samples), kept=self._serial.covered)
        told += say(f"rehearsal.try_{'shown' if self._on_page else 'not_shown'}", lang)
        return Group(table(self._recipe, self.samples, lang), Text(told))


def table(recipe: Recipe, samples: Sequence[Sample], lang: str) -> Table:
    """A line for each channel: its curve, the last value with its unit, the lowest and the highest."""
    heads = {name: say(f"rehearsal.column_{name}", lang) for name in ("quantity", "curve", "now", "between")}
    drawn = Column(heads["curve"], min_width=WIDTH, no_wrap=True)
    shown = Table(heads["quantity"], drawn, heads["now"], heads["between"], box=None, pad_edge=False)
    for channel in recipe.channels:
        quantity = recipe.quantities[channel.quantity]
        values = [s.values[channel.name] for s in samples if s.values.get(channel.name) is not None]
        name = quantity.name(lang)
        name += f"\n[dim]{channel.name}[/dim]" if channel.name != quantity.slug else ""
        if not values:
            shown.add_row(name, "", say("rehearsal.try_waits", lang), "")
            continue
        now, high, low = (number(value, quantity, lang) for value in (values[-1], max(values), min(values)))
        drawing = "\n".join(curve(between(values), width=WIDTH))
        shown.add_row(name, f"[cyan]{drawing}[/cyan]", f"[bold]{now}[/bold]", f"[dim]{high}\n{low}[/dim]")
    return shown


def try_recipe(recipe: Recipe, *, for_s: float, port: int | None, lang: str) -> int:
    """Try a recipe for so long; how many samples its board took. Raises DemoError where the port is taken."""
    own = () if recipe.slug in package_recipes() or "+" in recipe.slug else (recipe.folder.resolve(),)
    options = DemoOptions(for_s=for_s, port=port, backfill_s=0.0, recipes=own, lang=lang)
    player = Player(DEVICE, recipe.slug, say("rehearsal.try_place", lang), CENTRE)
    with folder(None) as home:
        run = Run(
            home, options, [player], {recipe.slug: recipe}, load_quantities(own), Crew(home / "pids.json"),
            broker_port=free_port(), gateway_port=free_port(), page_port=page_port(port),
        )  # fmt: skip
        trying = Trying(run, recipe, Console())
        with signals(run):
            try:
                trying.play(for_s)
            finally:
                run.stop()
        if trying.samples:
            trying.say("try_over", recipe=recipe.slug)
        return len(trying.samples)
