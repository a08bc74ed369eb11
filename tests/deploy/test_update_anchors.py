"""A fleet is given its second authority over the air, and a version that forgets it does not take it away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import tls

from deploy.assembly import open_registry
from deploy.delivery import BACK, deliver
from deploy.faults import DONE
from deploy.orders import Broker
from devices.anchors import anchor_files, configured
from devices.image import firmware_for
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.update import Release, release

FIRST, NEXT, STRANGER = tls.authority(1), tls.authority(2), tls.authority(3)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not have_micropython(), reason="no MicroPython interpreter for this platform"),
]


@pytest.fixture(autouse=True)
def heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards with room: their heap is another test's matter."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", "220000")


@pytest.fixture
def broker(
    part: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path, until: Callable[..., None]
) -> Iterator[tls.SafeBroker]:
    """A broker by the first authority."""
    made = tls.SafeBroker(part("mosquitto"), (free_port(), free_port()), tmp_path)
    tls.show(tmp_path, FIRST)
    made.start(until)
    yield made
    made.kill()


@pytest.fixture
def board(
    broker: tls.SafeBroker, tmp_path: Path, service: Callable[..., Any], girouette: Callable[..., Any]
) -> Iterator[tls.SafeBoard]:
    """A registered board that knows the first authority, and a gateway."""
    place = ["--place", "48.11,-1.68"]
    told = girouette("device", "add", "--recipe", "noise", "--id", "b1", *place, "--json").told
    service("gateway", "--broker", f"mqtt://127.0.0.1:{broker.plain}", GIROUETTE_GATEWAY_HTTP_PORT=0)
    made = tls.SafeBoard(broker.port, tmp_path, [tls.anchor(FIRST)], update_key=told["update_key"])
    made.start()
    yield made
    made.cut()


def folder_of(tmp_path: Path, *known: bytes) -> str:
    """A folder of authorities as `girouette authority` keeps it."""
    folder = tmp_path / f"anchors-{len(list(tmp_path.glob('anchors-*')))}"
    folder.mkdir()
    for path, content in anchor_files(known).items():
        (folder / Path(path).name).write_bytes(content)
    return str(folder)


def test_the_second_authority_comes_over_the_air_and_stays(
    home: Path,
    broker: tls.SafeBroker,
    board: tls.SafeBoard,
    tmp_path: Path,
    until: Callable[..., None],
    girouette: Callable[..., Any],
) -> None:
    """Given both, the board follows the broker to the second; an update without any keeps them; wrong ones undo themselves."""
    url = f"mqtt://127.0.0.1:{broker.plain}"
    both = folder_of(tmp_path, tls.anchor(FIRST), tls.anchor(NEXT))
    until(lambda: "# connected" in board.remarks(), within_s=60, what="connected by the first authority")
    given = girouette("update", "b1", "--anchors", both, "--broker", url, "--wait", "90s", "--json")
    assert (given.code, given.told["devices"][0]["end"]) == (DONE, "kept"), given.err
    assert "-" in given.told["version"], "a fleet that runs this firmware already is told all the same"

    broker.kill()
    tls.show(tmp_path, NEXT)
    broker.start(until)
    more = girouette("update", "b1", "--broker", url, "--wait", "90s", "--json")
    assert (more.code, more.told["devices"][0]["end"]) == (DONE, "kept"), more.err
    slot = (tmp_path / "board/flash/slots.json").read_text()
    assert '"good": "b"' in slot
    assert len(list((tmp_path / "board/flash/b/anchors").iterdir())) == 2

    wrong = asyncio.run(deliver(stranger(update_key()), broker=Broker(url), wait_s=90))
    assert wrong.end == BACK
    until(
        lambda: board.remarks().count("# connected") >= 4, within_s=60, what="connected again by the authorities it had"
    )


def update_key() -> bytes:
    """The board's key, from the registry."""
    with closing(open_registry("sqlite:girouette.sqlite")) as known:
        return bytes.fromhex(next(row.update_key for row in known.devices()))


def stranger(key: bytes) -> Release:
    """A version by which the board would trust somebody else; it has twelve seconds, or two starts, to prove itself."""
    anchors = [tls.anchor(STRANGER)]
    image = {**firmware_for([load_recipes()["noise"]]), **anchor_files(anchors)}
    changes = {**configured(anchors), "firmware": "wrong"}
    return release(
        "b1", image, key=key, serial=int(time.time()) + 999, changes=changes, limits={"within_s": 12, "boots": 2}
    )
