"""MicroPython for whoever asks: at once where it is there, and fetched meanwhile where it is not, so that no request waits for a network."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookLongError
from typing import TYPE_CHECKING

from api.atelier.port import WorkshopError
from devices.refusal import InterpreterError

if TYPE_CHECKING:
    from deploy.workshop.making import Maker
    from devices.flash.micropython import Whole

AT_ONCE_S = 4.0
"""So long a request waits: reading a file takes a tenth of that."""
AGAIN_S = 5


class Larder:
    """The images of MicroPython of one atelier, a kind of board at a time."""

    def __init__(self, at_once_s: float = AT_ONCE_S) -> None:
        self._at_once_s = at_once_s
        self._coming: dict[str, Future[Whole]] = {}
        self._lock = threading.Lock()
        self._carrier = ThreadPoolExecutor(2, thread_name_prefix="micropython")

    def micropython(self, maker: Maker, board: str) -> Whole:
        """MicroPython for this kind of board.

        Raises InterpreterError or OSError where it cannot be had (the next request tries again), WorkshopError with `wait_s` while
        it comes, and with the name of the file to bring where there is no Internet.
        """
        from devices.flash.micropython import builds

        with self._lock:
            coming = self._coming.get(board)
            if coming is None or (coming.done() and coming.exception() is not None):
                coming = self._coming[board] = self._carrier.submit(maker.micropython, board)
        try:
            return coming.result(self._at_once_s)
        except TookLongError:
            raise WorkshopError("fetching", wait_s=AGAIN_S) from None
        except InterpreterError as e:
            if e.key != "micropython_offline":
                raise
            raise WorkshopError("offline", file=builds()[board].file, page=builds()[board].page) from e
