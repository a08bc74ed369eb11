"""How far a board is, for whoever watches: one bar for the whole with a line for each step that is done, or the lines alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deploy.flashing.flash import STEPS
from devices.words import say

if TYPE_CHECKING:
    from deploy.flashing.flash import Speak

TICK = "✓"


class Told:
    """Says each step once, when it is done: when the next one begins, for one may be gone back to."""

    def __init__(self, lang: str, line: Callable[[str], object]) -> None:
        self._lang, self._line = lang, line
        self._now: str | None = None
        self._share = 0.0

    def __call__(self, step: str, share: float) -> None:
        """Hear that a step is so far."""
        if step != self._now:
            self.end()
        self._now, self._share = step, share

    def end(self) -> None:
        """Nothing comes any more: the last step is told, if it was done."""
        if self._now is not None and self._share >= 1.0:
            self._line(f"{TICK} {say(f'flashing.{self._now}', self._lang)}")
        self._now = None


def position(step: str, share: float) -> float:
    """Where the bar is, in hundredths of the whole.

    >>> position("look", 0.0), position("stored", 1.0)
    (0.0, 100.0)
    """
    names = list(STEPS)
    return float(sum(STEPS[name] for name in names[: names.index(step)]) + STEPS[step] * share)


def doing(step: str, lang: str) -> str:
    """What is being done in a step."""
    return say(f"flashing.doing_{step}", lang)


@contextmanager
def shown(lang: str, *, watched: bool, silent: bool = False) -> Iterator[Speak]:
    """A function that hears how far a board is; on stderr, so that stdout is the result's."""
    if silent:
        yield lambda _step, _share: None
        return
    if not watched:
        told = Told(lang, lambda line: print(line, file=sys.stderr, flush=True))
        yield told
        told.end()
        return
    with bar(lang) as speak:
        yield speak


@contextmanager
def bar(lang: str) -> Iterator[Speak]:
    """One bar for the whole, in the terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (BarColumn(bar_width=30), TaskProgressColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as progress:
        task = progress.add_task("", total=100.0)
        told = Told(lang, progress.console.print)
        reached = 0.0

        def speak(step: str, share: float) -> None:
            nonlocal reached
            told(step, share)
            reached = max(reached, position(step, share))  # a line that broke off is written once more
            progress.update(task, completed=reached, description=doing(step, lang))

        yield speak
        told.end()
