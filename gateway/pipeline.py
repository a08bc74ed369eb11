"""From the inbox to the store: admit, commit, acknowledge, receipt, compute, store. `_take` is what happens to a message."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

import msgspec
import numpy as np
import structlog

from devices.quantity import Quantity
from devices.reading import topic_of
from gateway.admission import Admission
from gateway.admitted import Admitted
from gateway.bookkeeping import change, heard, new_readings, placed
from gateway.conflict import conflicts
from gateway.directory import Directory
from gateway.drain import Drain
from gateway.draining import Draining
from gateway.figures import Figures
from gateway.fleet import Fleet
from gateway.inbox.port import Inbox
from gateway.journal import Change, Journal
from gateway.message import Message, Outgoing
from gateway.numerics.columns import Columns, no_columns
from gateway.patience import Patience
from gateway.quarantine import Row
from gateway.receipts import KNOWN, NEW, NO_ROOM, Absorbed, Ledger, Owed, receipt
from gateway.registry import Registry, RegistryError
from gateway.store.port import Batch, Store, StoreMismatch, Tier
from gateway.takeover import look
from gateway.watching import Watching

LOOK_FIRST_S = 5.0
"""So long nothing is kept before the receipts on the broker are read: a broker with a full window (iotcore) tells them only then."""
LOOK_S = 0.1
"""How often it is looked whether receipts are due."""
FOLLOW_S = 1.0
"""How often the registry is asked whether it changed, the disk whether it has room, the quarantine what is to be replayed."""
MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400
PAUSE_S = 1.0
"""Before a task that failed begins again."""
NO_LIMIT = 1 << 40
"""Replayed packs wait in no queue."""

log = structlog.get_logger()


class Limits(Protocol):
    """What is set of the pipeline."""

    rate: float
    """Packs a second that one device may send in the long run."""
    burst: int
    raw_days: int
    """Days that a tier is kept; 0 is for ever."""
    m1_days: int
    h1_days: int
    d1_days: int


class Pipeline:
    """One gateway. `run` until cancelled; everything durable is in journal and store."""

    def __init__(
        self, inbox: Inbox, journal: Journal, store: Store, registry: Registry, quantities: Mapping[str, Quantity], *,
        clock: Callable[[], float], settings: Limits, adopt: bool = False,
    ) -> None:  # fmt: skip
        self._inbox, self._journal, self._store, self._registry = inbox, journal, store, registry
        self._clock, self._limits, self._adopt = clock, settings, adopt
        self._directory = Directory(registry, quantities)
        self._admission = Admission(self._directory, rate=settings.rate, burst=settings.burst)
        self._replays = Admission(self._directory, rate=NO_LIMIT, burst=NO_LIMIT)
        self._unplaced = journal.entries()
        self._ledger = Ledger()
        self._restored = Ledger()  # as it was at the start, to be held against the receipts on the broker
        self._restored.place(placed(self._directory, journal.entries()))
        self._place()
        self._owed = Owed()
        self._looked = asyncio.Event()
        self._fleet = Fleet(heard(self._ledger, self._directory, self._unplaced))
        self._fleet.know(registry)
        self._figures = Figures(started_s=clock())
        self._commits = Patience("commit")
        self._stores = self._commits if store.shares_journal else Patience("store")
        self._draining = Draining(
            Drain(store, self._directory), store, journal, commits=self._commits, stores=self._stores,
            figures=self._figures, conflicts=self._conflict,
        )  # fmt: skip
        self._watching = Watching(self._draining, store, self._directory, self._figures)

    async def run(self) -> None:
        """Take messages until cancelled. Raises TakeoverError, StoreMismatch or RegistryError with a sentence."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for name, work in (("inbox", self._inbox.run()), ("receive", self._receive()), ("look", self._look())):
                    tasks.create_task(work, name=name)
                for name, lasting in (
                    ("pay", self._pay), ("drain", self._draining.run), ("watch", self._watching.run), ("follow", self._follow), ("tell", self._tell),
                    ("retain", self._retain),
                ):  # fmt: skip
                    tasks.create_task(self._lasting(name, lasting), name=name)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group
        finally:
            for thread in (self._watching, self._draining, self._stores, self._commits):
                thread.close()

    def ready(self) -> str | None:
        """None while packs are taken and kept, else a sentence that says why not."""
        if self._commits.fault is not None:
            return self._commits.fault
        return self._inbox.ready() or (
            None if self._looked.is_set() else "the receipts on the broker are still being read"
        )

    def figures(self) -> dict[str, object]:
        """What it counted since its start."""
        told: dict[str, object] = dict(self._figures.told(self._clock()))
        told["journal_batches"] = self._draining.behind
        told["devices"] = len(self._directory.devices)
        told["watch_behind_s"], told["unwatched"] = self._watching.behind_s, self._watching.unwatched
        told["store"] = self._draining.fault or "answers"
        return told

    async def _receive(self) -> None:
        async for messages in self._inbox.batches():
            # What boards say now hides what they forgot under receipts that a restored ledger does not know.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_FIRST_S):
                    await self._looked.wait()
            await self._take(messages)

    async def _take(self, messages: Sequence[Message]) -> None:
        """What happens to a message: in this order, whatever else is slow or away."""
        now_s = self._clock()
        admitted = self._admission.admit(messages, now_s)
        absorbed = self._ledger.absorb(admitted.samples, admitted.packs, refused=admitted.refused, now_s=int(now_s))
        kept = new_readings(admitted, absorbed)
        await self._commit(kept, change(admitted, absorbed, self._directory.devices), now_s)
        self._ledger.enter(absorbed)
        self._inbox.acknowledge(messages)
        self._owed.owe(absorbed.heard)
        self._answer(messages, admitted, now_s)
        self._count(messages, admitted, absorbed, kept)

    async def _commit(self, columns: Columns, change: Change, now_s: float) -> None:
        """Afterwards it is on disk; while that cannot be, nothing is acknowledged and nobody gets a receipt."""
        if not len(columns) and not change:
            return
        seq = await self._commits.until_done(partial(self._write, columns, change, int(now_s)))
        if seq is not None:
            self._draining.committed(seq)

    def _write(self, columns: Columns, change: Change, now_s: int) -> int | None:
        """In the thread that commits: a file that it shares must have room for the store too."""
        self._room()
        return self._journal.commit(columns, change, now_s=now_s)

    def _room(self) -> None:
        """Raise why the file that journal and store share cannot be written to, where that is so."""
        if self._store.shares_journal and (why := self._store.ready()) is not None:
            raise why

    def _answer(self, messages: Sequence[Message], admitted: Admitted, now_s: float) -> None:
        """Note what devices say of themselves, and tell the time to those that ask now."""
        name = self._directory.devices
        self._fleet.hear((name[device] for device in np.unique(admitted.packs["device"]).tolist()), now_s)
        old = {message.topic for message in messages if message.retained} if admitted.said else set()
        for said in admitted.said:
            topic, up = topic_of(said.device), said.body.get("up")
            live = f"{topic}/{said.channel}" not in old
            self._fleet.told(said.device, said.channel, said.body, now_s, live=live)
            if said.channel == "state" and live and isinstance(up, int | float):
                told = msgspec.json.encode({"now": int(now_s), "up": up})
                self._inbox.send([Outgoing(f"{topic}/time", told)])

    def _count(self, messages: Sequence[Message], admitted: Admitted, absorbed: Absorbed, kept: Columns) -> None:
        fate = np.bincount(absorbed.fate, minlength=NO_ROOM + 1).tolist()
        self._figures.refused.update(refusal.code for refusal in admitted.refused)
        self._figures.add(
            batches=1, messages=len(messages), packs=len(admitted.packs), samples=fate[NEW], absorbed=fate[KNOWN],
            no_room=fate[NO_ROOM], readings=len(kept), shed=sum(admitted.shed.values()),
        )  # fmt: skip

    async def _pay(self) -> None:
        """Send the receipts that are due, as soon as it is known that they may be sent."""
        name, st = self._directory.devices, self._journal.st
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = time.monotonic()
            for device, ep in self._owed.due(now_s) if self._looked.is_set() else ():
                account = self._ledger.account(device, ep)
                told = msgspec.json.encode(receipt(account, st)) if account is not None else b""
                if not told or self._inbox.send([Outgoing(f"{topic_of(name[device])}/kept", told, retain=True)]):
                    self._owed.paid((device, ep), now_s)
                    self._figures.add(receipts=1)

    async def _look(self) -> None:
        """Read the receipts on the broker before any is sent. Raises TakeoverError where they are not ours."""
        receipts, known = await self._inbox.receipts(), await self._commits.once(self._journal.lost)
        found = look(receipts, self._restored, self._journal.st, self._directory, known=known)
        if (reason := found.reason) is not None:
            if not self._adopt:
                raise reason
            await self._commits.until_done(partial(self._journal.lose, found.lost, now_s=int(self._clock())))
            self._inbox.send([Outgoing(topic, b"", retain=True) for topic in found.others])  # they are ours from now on
            log.warning("pipeline.adopted", others=len(found.others), lost=len(found.lost))
        self._looked.set()

    async def _conflict(self, columns: Columns) -> None:
        """Another value for a second that is stored goes to quarantine."""
        now_s = self._clock()
        refused = conflicts(self._directory, columns, int(now_s))
        self._figures.refused.update(each.code for each in refused)
        await self._commit(no_columns(), Change(refused=refused), now_s)

    async def _follow(self) -> None:
        """What changed beside us: devices that were registered, rows to replay, room on the disk."""
        while True:
            try:
                await asyncio.to_thread(self._directory.note_welcomed)
                if await asyncio.to_thread(self._directory.refresh):
                    await asyncio.to_thread(self._fleet.know, self._registry)
                    self._place()
            except RegistryError as e:
                log.warning("pipeline.registry_away", reason=str(e))
            await self._commits.until_done(self._room)
            for row in await self._commits.once(self._journal.to_replay):
                await self._replay(row)
            await asyncio.sleep(FOLLOW_S)

    async def _replay(self, row: Row) -> None:
        """Admit a quarantined message once more: what is stored already is known by its second and value."""
        now_s = self._clock()
        admitted = self._replays.admit([Message(row.topic, row.payload, retained=False, qos=0, mid=0)], now_s)
        again = [(refusal.code, row.id) for refusal in admitted.refused[:1]]
        await self._commit(admitted.readings, Change(again=again, replayed=[] if again else [row.id]), now_s)

    async def _tell(self) -> None:
        """Points of fleet and gateway, each minute."""
        while True:
            now_s = self._clock()
            points = [*self._fleet.points(now_s), self._figures.point(now_s, {"ledger": self._journal.st})]
            await self._draining.write(Batch(points=points))
            with contextlib.suppress(RegistryError):  # what is not written down now is so in a minute
                await asyncio.to_thread(self._fleet.note_versions, self._registry)
            await asyncio.sleep(MINUTE_S - self._clock() % MINUTE_S)

    async def _retain(self) -> None:
        """Each hour tiers let go of what is older than they are asked to keep."""
        kept: dict[Tier, int] = {
            "raw": self._limits.raw_days, "m1": self._limits.m1_days, "h1": self._limits.h1_days,
            "d1": self._limits.d1_days,
        }  # fmt: skip
        while True:
            await asyncio.sleep(HOUR_S)
            for tier, days in kept.items():
                if days:
                    await asyncio.to_thread(self._store.trim, tier, int(self._clock()) - days * DAY_S)

    def _place(self) -> None:
        """Accounts of devices that the registry knows take their place in the ledger."""
        self._ledger.place(placed(self._directory, self._unplaced))
        self._unplaced = [entry for entry in self._unplaced if self._directory.number(entry.device) is None]

    async def _lasting(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Work that is begun again when it fails, counted and logged: receipts do not wait for a fault elsewhere."""
        while True:
            try:
                await work()
            except StoreMismatch:
                raise
            except Exception:  # the one place where one task is restarted
                self._figures.add(restarts=1)
                log.exception("pipeline.task_failed", task=name)
            await asyncio.sleep(PAUSE_S)
