"""Identities that were made in advance and were not used in time: ended, and off the broker's accounts, while the gateway runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from deploy.accounts import AccountsError, hang_up, write_accounts
from gateway.registry import Registry, RegistryError
from gateway.registry.identities import LATE_S

EVERY_S = 20.0

log = structlog.get_logger()


async def while_running(work: Awaitable[None], ending: Awaitable[None]) -> None:
    """Do the work, and the ending of identities beside it for as long as the work lasts."""
    beside = asyncio.ensure_future(ending)
    try:
        await work
    finally:
        beside.cancel()
        await asyncio.wait([beside])


async def end_unused(
    registry: Registry,
    accounts: Path | None,
    pid_file: Path | None,
    *,
    clock: Callable[[], float],
    every_s: float = EVERY_S,
) -> None:
    """End those that are overdue, again and again; what fails once is done the next time."""
    while True:
        try:
            await asyncio.to_thread(end_overdue, registry, accounts, pid_file, now_s=clock())
        except (RegistryError, AccountsError, OSError) as e:
            log.warning("expiry.away", reason=str(e))
        await asyncio.sleep(every_s)


def end_overdue(registry: Registry, accounts: Path | None, pid_file: Path | None, *, now_s: float) -> list[str]:
    """End those that were to be heard by now; the broker lets them in no more where its accounts are ours. Who that was."""
    ended = registry.identities.expire(at_s=int(now_s) - LATE_S)
    if ended:
        log.info("expiry.ended", devices=ended)
        if accounts is not None and write_accounts(accounts, registry.devices()):
            command = hang_up(pid_file, folder=accounts)
            if command is not None:
                log.warning("expiry.broker_not_told", command=command)
    return ended
