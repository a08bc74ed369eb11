"""An atelier on a real registry, a real store and a real file of passes, and browsers that come to it from here and from elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.settings import ApiSettings
from deploy.settings import Settings
from deploy.workshop.door import Bench, open_workshop
from deploy.workshop.passes import Terms
from devices.quantity import load_quantities
from gateway.registry import Registry
from gateway.store.sqlite import SqliteStore

NOW_S = 1_795_615_200
HERE, LAN = "127.0.0.1", "192.168.1.77"


@dataclass
class Room:
    """One atelier; `now_s` is the time there."""

    home: Path
    now_s: float = NOW_S
    public_url: str = ""
    registry: Registry = field(init=False)
    store: SqliteStore = field(init=False)
    bench: Bench = field(init=False)

    def __post_init__(self) -> None:
        """Open a new file."""
        path = self.home / "room.sqlite"
        self.store = SqliteStore(path)
        self.registry = Registry(f"sqlite:{path}")
        self.settle()

    def settle(self, **settings: Any) -> None:
        """The workshop, as it is set."""
        told = Settings(store=f"sqlite:{self.home / 'room.sqlite'}", public_url=self.public_url, **settings)
        made = open_workshop(told, self.registry, self.store)
        assert made is not None
        self.bench = made

    def close(self) -> None:
        """Let go of the file."""
        self.registry.close()
        self.store.close()

    def app(self) -> Any:
        """The public side, with the atelier."""
        told = ApiSettings(public_url=self.public_url, now_s=lambda: self.now_s)
        return create_app(
            registry=self.registry, store=self.store, quantities=load_quantities(), settings=told, workshop=self.bench
        )

    def link(self, **terms: Any) -> str:
        """A fresh one-time link."""
        return self.bench.guests.add_link(Terms(**terms), self.now_s)


class Browser:
    """Somebody's browser: keeps cookies, says where its pages come from."""

    def __init__(self, app: Any, *, at: str = HERE, site: str = "http://localhost:8000") -> None:
        self.site = site
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(at, 50123))
        self._client = httpx.AsyncClient(transport=transport, base_url=site)

    def __call__(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """One request; redirects are not followed."""
        return self._runner.run(self._client.request(method, path, **more))

    def post(self, path: str, value: Any, **headers: str) -> httpx.Response:
        """JSON from a page of this site."""
        told = {"Origin": self.site, "Sec-Fetch-Site": "same-origin", **headers}
        return self(path, "POST", json=value, headers=told)

    def enter(self, link: str) -> httpx.Response:
        """Press the button of the page that a link opens."""
        headers = {"Origin": self.site, "Sec-Fetch-Site": "same-origin"}
        return self("/atelier/enter", "POST", data={"link": link}, headers=headers)

    def close(self) -> None:
        """Close it."""
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """An atelier of the test's own."""
    with contextlib.closing(Room(tmp_path)) as made:
        yield made


@pytest.fixture
def browse() -> Iterator[Callable[..., Browser]]:
    """A function that opens a browser on an application."""
    with contextlib.ExitStack() as opened:
        yield lambda app, **where: opened.enter_context(contextlib.closing(Browser(app, **where)))
