"""What the gateway tells of itself over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import pytest

from deploy.probes import probes


@dataclass
class Told:
    """A pipeline's answers, as a test wants them."""

    why: str | None = None
    numbers: dict[str, object] = field(default_factory=dict)

    def ready(self) -> str | None:
        """Why not."""
        return self.why

    def figures(self) -> dict[str, object]:
        """The numbers."""
        return self.numbers


async def ask(told: Told, path: str, method: str = "GET") -> httpx.Response:
    """Ask the application, without a network."""
    transport = httpx.ASGITransport(app=probes(told))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.request(method, path)


@pytest.fixture
def asked() -> object:
    """A function that asks, and waits for the answer."""
    import asyncio

    def ask_now(told: Told, path: str, method: str = "GET") -> httpx.Response:
        return asyncio.run(ask(told, path, method))

    return ask_now


def test_what_cannot_keep_packs_is_alive_and_not_ready(asked: object) -> None:
    """`/healthz` is 200 all the same, so that nobody restarts it for a full disk; `/readyz` says why."""
    full = Told(why="the disk is full")

    ready = asked(full, "/readyz")  # type: ignore[operator]
    assert (ready.status_code, ready.json()) == (503, {"status": "not ready", "why": "the disk is full"})
    assert asked(full, "/healthz").status_code == 200  # type: ignore[operator]
    assert asked(Told(), "/readyz").json() == {"status": "ready"}  # type: ignore[operator]


def test_figures_are_told_and_kept_by_nobody(asked: object) -> None:
    """The numbers as JSON, never from a cache; HEAD is answered, POST is not."""
    told = Told(numbers={"packs": 3})

    figures = asked(told, "/figures")  # type: ignore[operator]
    assert (figures.json(), figures.headers["cache-control"]) == ({"packs": 3}, "no-store")
    assert asked(told, "/figures", "HEAD").status_code == 200  # type: ignore[operator]
    assert asked(told, "/figures", "POST").status_code == 405  # type: ignore[operator]
