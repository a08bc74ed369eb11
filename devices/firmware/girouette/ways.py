"""The ways in by which somebody gives the board a network: the console, its own Wi-Fi; and why a network leads nowhere.

Loaded by doors.py while one of them is needed.
"""

import asyncio
import gc

import micropython

from micropython import const

from girouette import doors
from girouette.log import note
from girouette.net import remembered

FIRST_S, USUAL_S = 120, 900
"""So long no network works before the board opens its own: if it was never on one, and else."""
_PAUSE_S = const(1200)
"""It is closed again for so long, twice as long each time."""
_SAYS_AGAIN_S = const(2)
_LOGIN_S = const(10)
"""A broker that is not reached so long after a network was joined may have a login page before it."""
_LOGIN_AGAIN_S = const(900)


class Ways:
    """What stands open now."""

    def __init__(self, board, of):
        """`of` are the doors of this board, which outlive this."""
        self._board = board
        self._doors = of
        self._portal = None
        self._without_s: int | None = None
        """Since when no network works."""
        self._opens_s, self._pause_s = 0, _PAUSE_S
        self._improv = None
        self._listens_s = self._says_s = 0
        self._deaf = False
        """Is there nobody who could type?"""
        self._joined_s: int | None = None
        self._asks_s = _LOGIN_S

    @property
    def busy(self) -> bool:
        """Is somebody giving the board a network?"""
        return self._portal is not None or self._spoken_to()

    def _spoken_to(self) -> bool:
        return self._improv is not None and self._improv.heard_lately()

    async def over(self) -> bool:
        """Do what is due now; is nothing left to be done, as long as all stays well?"""
        board = self._board
        self._say_again()
        if self._improv_is_due():
            self._listen()
        if self._portal is None and self._portal_is_due():
            self._open()
        await self._find_login()
        return board.client.online and self._improv_is_over() and self._improv is None and self._portal is None

    def _say_again(self) -> None:
        """A board that knows no network says so again and again, with what it measured last: the cable may have been plugged in just now."""
        board, now_s = self._board, self._board.uptime.s()
        if board.link.networks or board.link.up() or now_s < self._says_s:
            return
        self._says_s = now_s + _SAYS_AGAIN_S
        print("# network: none")
        sender = getattr(board, "sender", None)
        if sender is not None:  # in safe mode nothing is measured
            sender.say_last()

    def _improv_is_due(self) -> bool:
        if self._improv is not None or self._deaf or self._improv_is_over():
            return False
        return self._board.uptime.s() >= self._listens_s

    def _improv_is_over(self) -> bool:
        return self._board.link.works and self._board.uptime.s() >= self._doors.listens_s and not self._spoken_to()

    def _listen(self) -> None:
        """Listen to the console; where there is no room for that now, there may be later."""
        self._improv = doors.loaded("improv", "Improv", self._board.link, self._board.config)
        if self._improv is None:
            self._listens_s = self._board.uptime.s() + doors.AGAIN_S
            micropython.kbd_intr(3)
            doors.forget("improv", "known", "settings")
            return
        self._board.watchdog.spawn("improv", self._listening(self._improv))

    async def _listening(self, improv) -> None:
        try:
            await improv.run(self._improv_is_over)
            self._deaf = not self._improv_is_over()
        finally:
            self._improv = None
            doors.forget("improv", "known", "settings")

    def _portal_is_due(self) -> bool:
        """Is it time for the board's own network? Its key is made of the key of updates: without that one there is none."""
        board = self._board
        if board.link.works or not board.config.update_key:
            self._without_s = None
            return False
        now_s = board.uptime.s()
        if self._without_s is None:
            first_s = FIRST_S if remembered() is None else USUAL_S
            self._without_s, self._opens_s, self._pause_s = now_s, now_s + first_s, _PAUSE_S
        if board.config.batch:  # it is awake for moments only: at power-on somebody is there, and later nobody
            tried = board.link.why is not None or not board.link.networks
            return tried and not self._doors.woken and self._pause_s == _PAUSE_S and not self.busy
        return now_s >= self._opens_s and not self.busy

    def _open(self) -> None:
        """Open it for a while, where there is room for it."""
        self._opens_s = self._board.uptime.s() + self._pause_s
        self._pause_s = min(2 * self._pause_s, doors.LONGEST_PAUSE_S)
        self._portal = doors.loaded("portal", "Portal", self._board.link, self._board.config, room=0)
        if self._portal is None:
            doors.forget("portal", "dns", "page", "known", "settings")
            return
        self._portal.on_order = lambda: self._board.restart("move")
        self._board.watchdog.spawn("portal", self._opened(self._portal))

    async def _opened(self, portal) -> None:
        try:
            await portal.run()
        except (OSError, MemoryError) as error:
            note("portal:", error)
        finally:
            self._portal = None
            doors.forget("portal", "dns", "page", "known", "settings")

    async def _find_login(self) -> None:
        """Where the broker is not reached through a network that was joined, see whether it wants a login page first."""
        board = self._board
        now_s = board.uptime.s()
        if not board.link.up():
            self._joined_s = None
            return
        if self._joined_s is None:
            self._joined_s, self._asks_s = now_s, _LOGIN_S
        if board.client.online:
            board.link.let_through(True)
        elif now_s - self._joined_s >= self._asks_s:
            self._asks_s = now_s - self._joined_s + _LOGIN_AGAIN_S
            board.link.let_through(not await wants_login())


async def wants_login() -> bool:
    """Does this network want a login page? No where there is no room to find out."""
    gc.collect()
    try:
        from girouette import login

        return await login.is_wanted()
    except MemoryError:
        return False
    finally:
        doors.forget("login")
