"""Identities that were made in advance end when nobody has used them, on the broker too, and the gateway's work goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from faking import ahead

from deploy.accounts import PASSWORDS, SERVICES, WATCHED
from deploy.assembly import open_registry, start_broker
from deploy.expiry import end_overdue, end_unused, while_running
from devices.recipe import load_recipes
from gateway.registry import Registry, RegistryError
from gateway.registry.enrol import Newcomer, enrol
from gateway.registry.identities import LATE_S
from gateway.registry.passwords import hash_password

ENDS_S = 2_000_000_000


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """One identity that ends and one that does not, and a folder of accounts that knows both."""
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / SERVICES).write_text(f"gateway-0:{hash_password('x', b'twelve bytes')}\n")
    with closing(open_registry(f"sqlite:{tmp_path / 'girouette.sqlite'}")) as made:
        pilot = made.add_pilot("rennes", "Rennes")
        for expires_s in (ENDS_S, None):
            enrol(made, Newcomer([load_recipes()["air"]], pilot.id, None, 60, 0, expires_s=expires_s))
        yield made


def end(registry: Registry, tmp_path: Path, now_s: float) -> list[str]:
    """What one look comes to."""
    return end_overdue(registry, tmp_path / "accounts", None, now_s=now_s)


def test_who_is_overdue_is_off_the_accounts(registry: Registry, tmp_path: Path) -> None:
    """Not before the gateway had the time to write down whom it heard; afterwards it is in none of the files."""
    assert end(registry, tmp_path, ENDS_S + LATE_S - 0.1) == []
    assert not (tmp_path / "accounts" / PASSWORDS).exists()

    assert end(registry, tmp_path, ENDS_S + LATE_S) == ["air-1"]

    written = (tmp_path / "accounts" / PASSWORDS).read_text()
    assert [line.split(":")[0] for line in written.splitlines()] == ["gateway-0", "air-2"]
    assert [d.stage for d in registry.devices()] == ["retired", "atelier"]


def test_without_accounts_the_registry_alone_says_so(registry: Registry) -> None:
    """The gateway refuses it by that."""
    assert end_overdue(registry, None, None, now_s=ENDS_S + 60) == ["air-1"]


def test_what_fails_once_is_done_the_next_time(registry: Registry, tmp_path: Path, until: Any) -> None:
    """A folder that takes no file harms neither the looking nor the gateway's work beside it."""
    (tmp_path / "accounts" / SERVICES).unlink()
    looks: list[float] = []

    def clock() -> float:
        looks.append(ENDS_S + 60)
        return looks[-1]

    async def work() -> None:
        await asyncio.to_thread(until, lambda: len(looks) >= 3, what="three looks")

    ending = end_unused(registry, tmp_path / "accounts", None, clock=clock, every_s=0.01)
    asyncio.run(while_running(work(), ending))

    assert [d.stage for d in registry.devices()] == ["retired", "atelier"]


def test_what_the_work_raises_comes_out() -> None:
    """And the looking ends with it."""

    async def work() -> None:
        raise RegistryError("away", why="gone")

    async def for_ever() -> None:
        await asyncio.sleep(3600)

    with pytest.raises(RegistryError, match="does not answer"):
        asyncio.run(while_running(work(), for_ever()))


@pytest.mark.slow
def test_a_running_gateway_ends_what_was_not_used(
    home: Path, girouette: Any, service: Any, part: Any, free_port: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hours later by the gateway's own clock: the unused identity is over, in the registry and in the broker's accounts."""
    (home / "accounts").mkdir()
    (home / "accounts" / SERVICES).write_text(f"gateway-0:{hash_password('x', b'twelve bytes')}\n")
    (home / "accounts" / WATCHED).touch()
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        pilot = registry.add_pilot("rennes", "Rennes")
        for hours in (1, 3):
            expires_s = int(time.time()) + 3600 * hours
            enrol(registry, Newcomer([load_recipes()["air"]], pilot.id, None, 60, 0, expires_s=expires_s))
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(home / "accounts"))
    girouette("deploy", "accounts")
    assert sorted(names(home)) == ["air-1", "air-2", "gateway-0"]

    port = free_port()
    broker = start_broker(home, port, kind="auto", log=home / "broker.log")
    later = ahead(part, 2 * 3600)
    gateway = service("gateway", "--broker", f"mqtt://127.0.0.1:{port}", GIROUETTE_GATEWAY_HTTP_PORT=0, **later)
    try:
        until(
            lambda: sorted(names(home)) == ["air-2", "gateway-0"],
            within_s=30,
            what="the unused identity off the accounts",
        )
        rows = girouette("device", "list", "--json").told
        assert [(row["stage"], row["revoked_s"] is None) for row in rows] == [("retired", False), ("atelier", True)]
        gateway.terminate()
        assert gateway.wait(20) == 0
    finally:
        broker.kill()
        broker.communicate()


def names(home: Path) -> list[str]:
    """Who has an account on the broker."""
    return [line.split(":")[0] for line in (home / "accounts" / PASSWORDS).read_text().splitlines()]
