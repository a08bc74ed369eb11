"""MicroPython for whoever asks: from a real address on loopback, held back as a slow network does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest
from wholes import whole

from api.atelier.port import WorkshopError
from deploy.settings import Settings
from deploy.workshop.larder import Larder
from deploy.workshop.making import Maker
from devices.flash import micropython
from devices.recipe import load_recipes
from gateway.registry import Registry


class Site(ThreadingHTTPServer):
    """A place to fetch from, that answers when it is let."""

    def __init__(self) -> None:
        self.asked, self.open, self.code = 0, threading.Event(), 200
        site = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """The file, once it is let."""
                site.asked += 1
                site.open.wait(20)
                self.send_response(site.code)
                self.end_headers()
                self.wfile.write(whole("c6") if site.code == 200 else b"")

            def log_message(self, *_: object) -> None:
                """Nothing."""

        super().__init__(("127.0.0.1", 0), Answer)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """micropython.org, here."""
    with Site() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{made.server_address[1]}/c6.bin"
        build = micropython.Build("c6", "c6.bin", url, "https://micropython.org/download/")
        monkeypatch.setattr(micropython, "builds", lambda: MappingProxyType({"c6": build}))
        monkeypatch.setenv("GIROUETTE_CACHE", str(tmp_path / "cache"))
        yield made
        made.open.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Maker]:
    """What asks."""
    registry = Registry(f"sqlite:{tmp_path / 'room.sqlite'}")
    yield Maker(Settings(store=f"sqlite:{tmp_path / 'room.sqlite'}"), registry, load_recipes())
    registry.close()


def test_nobody_waits_for_a_network_and_it_is_asked_once(
    site: Site, maker: Maker, until: Callable[..., None], tmp_path: Path
) -> None:
    """Who comes meanwhile is told to come again; afterwards it is there, from the cache too."""
    larder = Larder(at_once_s=0.05)
    for _ in range(3):
        with pytest.raises(WorkshopError) as told:
            larder.micropython(maker, "c6")
        assert (told.value.key, told.value.status, told.value.wait_s) == ("fetching", 503, 5)
    site.open.set()

    def there() -> bool:
        try:
            return larder.micropython(maker, "c6").chip == "c6"
        except WorkshopError:
            return False

    until(there, what="MicroPython")
    assert site.asked == 1
    assert Larder(at_once_s=10).micropython(maker, "c6").content == whole("c6")
    assert site.asked == 1


def test_what_failed_is_tried_again(site: Site, maker: Maker) -> None:
    """A refusal is told as it is, and forgotten."""
    site.open.set()
    site.code = 404
    larder = Larder(at_once_s=20)
    with pytest.raises(WorkshopError, match=r"c6\.bin from https://micropython\.org/download/"):
        larder.micropython(maker, "c6")

    site.code = 200

    assert larder.micropython(maker, "c6").chip == "c6"
    assert site.asked == 2
