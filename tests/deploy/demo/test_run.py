"""The processes of a demonstration: ports, folder, and the question whether the page shows a reading."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.demo.options import DemoError
from deploy.demo.run import folder, page_port, shows_a_reading


@pytest.fixture
def page() -> Iterator[tuple[str, list[bool]]]:
    """A page on loopback that tells of one reading for each element of a list: was it generated?"""
    told: list[bool] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer every path alike."""
            self.send_response(200)
            self.end_headers()
            latest = [{"generated": g} for g in told]
            self.wfile.write(json.dumps({"features": [{"properties": {"latest": latest}}]}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", told
        server.shutdown()


def test_only_a_measured_reading_counts(page: tuple[str, list[bool]]) -> None:
    """Generated ones are on the page before the first board speaks."""
    address, told = page
    seen = [shows_a_reading(address)]
    told.append(True)
    seen.append(shows_a_reading(address))
    told.append(False)
    seen.append(shows_a_reading(address))

    assert seen == [False, False, True]


def test_nobody_at_home_shows_nothing(free_port: Callable[[], int]) -> None:
    """A page that does not answer yet is no error."""
    assert not shows_a_reading(f"http://127.0.0.1:{free_port()}/")


def test_a_taken_port_is_refused_only_when_asked_for() -> None:
    """The sentence names the option; the usual port gives way to a free one."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(DemoError, match="--port"):
            page_port(taken)
        assert page_port(None) != taken


def test_a_passing_folder_is_gone_and_a_kept_one_stays(tmp_path: Path) -> None:
    """`--keep` makes the folder where it is missing."""
    with folder(None) as passing:
        (passing / "some").write_text("thing")
    with folder(tmp_path / "a" / "b") as kept:
        (kept / "some").write_text("thing")

    assert not passing.exists()
    assert (tmp_path / "a" / "b" / "some").exists()
