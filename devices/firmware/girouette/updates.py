"""Orders to take a new version: taken in, gone on with after a restart, and answered; the work itself is loaded when it is due."""

import json
import os

import slots
from girouette.commands import LATER, Refused
from girouette.log import note

ORDER = "update.json"


class Updates:
    """What is under way, if anything is, and what became of the last one in this start."""

    def __init__(self, board):
        self._board = board
        self._job = self._task = None
        self.why: str | None = None

    @property
    def under_way(self) -> bool:
        """Is a new version being fetched?"""
        return self._job is not None

    def order(self, raw: dict) -> dict:
        """Begin with a new version, or go on with it; raises Refused."""
        if slots.trying():
            raise Refused("on-trial")
        try:
            from girouette import update

            job = self._job
            if job is None or job.order["serial"] != raw.get("serial"):
                kind = kind_of(raw)
                kind.check(raw, self._board.config)
                update.keep_order(raw)
                job = self._begin(kind, raw)
            job.order["id"] = raw["id"]
        except MemoryError:
            if not self._make_room(raw):
                raise Refused("memory")
        except OSError:
            raise Refused("disk")
        except ValueError as error:
            self.why = str(error)
            raise Refused(self.why)
        return LATER

    def go_on(self) -> None:
        """After a start: go on with what a restart interrupted, unless it was done."""
        try:
            with open(ORDER) as file:
                raw = json.load(file)
            self.order(raw)
        except OSError:
            return  # nothing was under way
        except ValueError as error:  # spoilt, refused, or a version that is on trial or was tried already
            note("update: not gone on with,", error)
            forget()

    def hear(self, payload: bytes) -> None:
        """A piece has come."""
        if self._job is not None:
            self._job.hear(payload)

    def _begin(self, kind, raw: dict):
        if self._task is not None:
            self._task.cancel()
        note("update: to", raw["version"])
        self._job, self.why = kind.Update(self._board, raw), None
        self._task = self._board.watchdog.spawn("update", self._run(self._job))
        return self._job

    async def _run(self, job) -> None:
        try:
            await job.run()
        except MemoryError:
            if not self._make_room(job.order):
                self._failed(job, "memory")
        except OSError as error:
            note("update:", error)
            self._failed(job, "disk")
        except (ValueError, LookupError) as error:
            self._failed(job, str(error))
        else:
            told = {"ok": True, "version": job.order["version"], "fetched": job.fetched, "pieces": job.pieces}
            self._board.commands.answer(job.order["id"], told)
            self._board.restart("update: try " + job.order["version"], job.order["id"])

    def _failed(self, job, why: str) -> None:
        note("update: failed,", why)
        forget()
        self._job, self.why = None, why
        self._board.commands.answer(job.order["id"], {"ok": False, "why": why})

    def _make_room(self, raw: dict) -> bool:
        """Start again without sensors, where there is memory for it; False where that is so already."""
        if slots.safe is not None:
            return False
        self._board.make_room(raw)
        return True


def kind_of(raw: dict):
    """The module that does what this order is about: a version of the firmware, or the interpreter."""
    if raw.get("what") == "interpreter":
        from girouette import flashing as kind
    else:
        from girouette import update as kind
    return kind


def forget() -> None:
    """Nothing is under way any more."""
    try:
        os.remove(ORDER)
    except OSError:
        pass  # there was none
