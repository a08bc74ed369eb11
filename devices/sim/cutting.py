"""Power cuts at every operation of a flash: what a piece of code leaves on the disk at each of them is booted and judged.

The code runs once, and every write and erase is written down; then the disk of each cut is made again from them, since a
board that has lost its power does nothing more. Each operation is cut twice: before it, and when half of its bytes are
done. What the console said before the cut is the truth, kept apart from the disk.
"""

import asyncio
import builtins
import io
import os
import sys

from flashchip import BLOCK, Flash, perform

MOST_TOLD = 10
LAST = 12


class Console:
    """What is printed, each line with the number of operations before it."""

    def __init__(self):
        self.lines: list[str] = []
        self._at: list[int] = []
        self._flash: Flash | None = None

    def open(self, flash: Flash) -> None:
        """Begin anew, with this flash's operations."""
        self.lines, self._at, self._flash = [], [], flash

    def hear(self, *words, **_how) -> None:
        """A line was printed."""
        self.lines.append(" ".join(str(word) for word in words))
        log = self._flash.log if self._flash is not None else None
        self._at.append(len(log) if log is not None else 0)

    def before(self, operation: int) -> list[str]:
        """What had been said when this operation began."""
        return [line for line, at in zip(self.lines, self._at) if at <= operation]


class Swept:
    """What a sweep found."""

    def __init__(self):
        self.operations = 0
        self.points = 0
        self.failures: list[list] = []
        self.failed = 0
        self.overwritten = 0

    def told(self) -> dict:
        """As JSON."""
        return {
            "operations": self.operations,
            "points": self.points,
            "failed": self.failed,
            "failures": self.failures,
            "overwritten": self.overwritten,
        }


class Sweep:
    """One scenario: `prepare()`, not cut; `live()`, cut everywhere; `again(said)`, the next boot, cut too; `judge(said, now)`,
    where `now` is what is said in its own boot.

    `again` is cut at every operation after each `every`-th cut of `live`; without it, or in between, `judge` boots at once.
    """

    def __init__(self, scenario: dict, blocks: int, every: int):
        self._prepare = scenario.get("prepare", nothing)
        self._live = scenario["live"]
        self._again = scenario.get("again")
        self._judge = scenario["judge"]
        self._blocks = blocks
        self._buffer = bytearray(blocks * BLOCK)
        self._every = every
        self._console = Console()
        self._print = builtins.print
        self.swept = Swept()

    def run(self) -> dict:
        """Try every cut; the figures, and the first failures with what was said before them."""
        home = os.getcwd()
        builtins.print = self._console.hear
        try:
            flash = Flash(self._blocks)
            flash.format()
            self._on(flash, self._prepare)
            start = bytearray(flash.content)
            said = self._console.lines
            self._on(flash, self._live, record=True)
            self._cut(start, flash, said)
        finally:
            builtins.print = self._print
            os.chdir(home)
        return self.swept.told()

    def _on(self, flash: Flash, piece, *, record: bool = False) -> None:
        """Run a piece of code as one boot on this flash."""
        flash.log = [] if record else None
        self._console.open(flash)
        asyncio.new_event_loop()
        flash.mount()
        try:
            piece()
        finally:
            flash.unmount()
            unload()

    def _cut(self, content: bytearray, flash: Flash, said: list[str]) -> None:
        """Judge each cut of what was done to a flash that held `content` before."""
        console, log = self._console, flash.log or []
        self._console = Console()
        builtins.print = self._console.hear
        self.swept.operations += len(log)
        self.swept.overwritten += flash.overwritten
        for number in range(len(log) + 1):
            before = said + console.before(number)
            self._cut_at([number, "before"], content, before)
            if number < len(log):
                written = log[number][2]
                half = (BLOCK if written is None else len(written)) // 2
                self._cut_at([number, "half"], content, before, (log[number], half))
                perform(content, log[number])

    def _cut_at(self, where: list, content: bytearray, said: list[str], torn: tuple | None = None) -> None:
        """Boot on this disk, and judge."""
        self.swept.points += 1
        if self._again is not None and self.swept.points % self._every == 0:
            self._cut_again(where, content, said, torn)
        flash = self._copy(content, torn)
        try:
            self._on(flash, lambda: self._judge(said, self._console.lines))
        except Exception as error:  # whatever a boot raises is a board that does not start
            self._fail(where, error, said)

    def _cut_again(self, where: list, content: bytearray, said: list[str], torn: tuple | None) -> None:
        """Let the next boot run, and cut it everywhere too."""
        again, self._again = self._again, None  # a third cut is as the second
        flash = self._copy(content, torn)
        start = bytearray(flash.content)
        try:
            self._on(flash, lambda: again(said), record=True)
        except Exception as error:
            self._fail(where, error, said)
        else:
            self._cut(start, flash, said)
        self._again = again

    def _copy(self, content: bytearray, torn: tuple | None) -> Flash:
        """A flash with this content, in a buffer that is used again and again, after half an operation if need be."""
        self._buffer[:] = content
        if torn is not None:
            perform(self._buffer, torn[0], torn[1])
        return Flash(self._blocks, self._buffer)

    def _fail(self, where: list, error: Exception, said: list[str]) -> None:
        self.swept.failed += 1
        if len(self.swept.failures) < MOST_TOLD:
            self.swept.failures.append(where + [traceback_of(error), said[-LAST:], self._console.lines[-LAST:]])


def nothing() -> None:
    """A disk that is empty."""


def unload() -> None:
    """Forget the modules that came from the board's disk, as a reset does; they may be others next time."""
    for name in [n for n, m in sys.modules.items() if getattr(m, "__file__", "").startswith("/disk")]:
        del sys.modules[name]


def traceback_of(error: BaseException) -> str:
    """An error with the lines that led to it."""
    text = io.StringIO()
    sys.print_exception(error, text)
    return text.getvalue()
