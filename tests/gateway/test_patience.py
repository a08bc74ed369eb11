"""What a thread cannot write now it writes later; everything else is told at once."""

from __future__ import annotations

import asyncio
import threading

import pytest
from structlog.testing import capture_logs

from gateway.patience import Patience
from gateway.store.port import StoreAway, StoreFull, StoreMismatch

AWAY, FULL = StoreAway("no_answer", why="not now"), StoreFull("disk_full")


def test_what_is_full_or_away_is_waited_out_and_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three attempts fail and the fourth is taken; the fault stands meanwhile, each reason is logged once."""
    monkeypatch.setattr("gateway.patience.BACK_OFF_S", (0.001, 0.002))
    faults = iter([AWAY, AWAY, FULL])
    seen: list[str | None] = []

    async def test() -> None:
        thread = Patience("try")

        def write() -> int:
            seen.append(thread.fault)
            if (fault := next(faults, None)) is not None:
                raise fault
            return 7

        assert await thread.until_done(write) == 7
        assert thread.fault is None
        thread.close()

    with capture_logs() as logs:
        asyncio.run(test())
    assert seen == [None, str(AWAY), str(AWAY), str(FULL)]
    assert [entry.get("reason") for entry in logs] == [str(AWAY), str(FULL), None]


def test_other_faults_are_raised() -> None:
    """A schema that is not ours is no reason to wait."""

    async def test() -> None:
        thread = Patience("try")

        def refuse() -> None:
            raise StoreMismatch("newer", found=2, version=1)

        with pytest.raises(StoreMismatch):
            await thread.until_done(refuse)
        thread.close()

    asyncio.run(test())


def test_things_are_done_one_after_another_in_one_thread() -> None:
    """However many are asked for at once."""
    threads: set[str] = set()
    order: list[int] = []

    async def test() -> None:
        thread = Patience("one")

        def note(number: int) -> None:
            threads.add(threading.current_thread().name)
            order.append(number)

        await asyncio.gather(*(thread.once(lambda n=n: note(n)) for n in range(20)))
        thread.close()

    asyncio.run(test())
    assert order == list(range(20))
    assert len(threads) == 1
