"""When the wiring is looked at: when other sensors begin to fail than before, and when somebody asks. The look is loaded for it."""

import gc
import sys

from girouette.commands import LATER

FIRST_S = 10
"""After power-on: every sensor has been read by then."""
AGAIN_S = 60


class Inspector:
    """What the last look found while sensors fail; nothing while none does."""

    def __init__(self, board):
        self._board = board
        self._faulty: list[str] = []
        self._due_s = FIRST_S
        self.found: dict | None = None

    def glance(self) -> None:
        """Look, if others fail than at the last look, but not more than once a minute."""
        faulty = [s.name for s in self._board.sensors if s.fault not in (None, "warm-up")]
        now_s = self._board.uptime.s()
        if not faulty:
            self._faulty, self.found = faulty, None
        elif faulty != self._faulty and now_s >= self._due_s:
            self._faulty, self._due_s = faulty, now_s + AGAIN_S
            self._board.watchdog.spawn("look", self._look(None))

    def order(self, raw: dict) -> dict:
        """The command `check`: the answer comes when the look is over."""
        self._board.watchdog.spawn("look", self._look(raw["id"]))
        return LATER

    async def _look(self, command) -> None:
        from girouette.look import look

        found = await look(self._board)
        if sys.modules.pop("girouette.look", None) is not None:
            setattr(sys.modules["girouette"], "look", None)
        gc.collect()
        if command is None:
            self.found = found
        else:
            found["ok"] = True
            self._board.commands.answer(command, found)
