"""`girouette update`: real boards, a real broker and the gateway's own receipts; versions that are bad come back by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from on_board import run

from deploy.commands.updates import changes_in, percent, word
from deploy.delivery import BACK, REFUSED, Outcome, deliver
from deploy.faults import DONE, USAGE, CommandError
from deploy.orders import Broker
from devices.console import read_console
from devices.flash.bytecode import compiled
from devices.image import Identity, Image, build_image, firmware_version, shard_of, sources
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board, stop_sampling
from devices.update import Release, piece, release

ROOM = "260000"
"""What these boards find free at power-on: their heap is another test's matter."""
TIGHT = "170000"
"""Room for the `air` recipe, which needs some 156,000 bytes here, and none for an update beside it."""
KEY = bytes(range(32))
NAME = "noise-1"
real = pytest.mark.skipif(not have_micropython(), reason="no MicroPython interpreter for this platform")


@pytest.fixture(autouse=True)
def heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards with room."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", ROOM)


def image_of(port: int, key: bytes = KEY, name: str = NAME) -> Image:
    """The image of a noise board that samples each second."""
    identity = Identity(name, shard_of(name), name, "", "127.0.0.1", port, period_s=1, update_key=key.hex())
    return build_image([load_recipes()["noise"]], identity)


@contextlib.contextmanager
def powered(image: Image, folder: Path) -> Iterator[Board]:
    """A running board, which is started again whenever it resets itself."""
    around = Surroundings(load_recipes()["noise"].signals)
    folder.mkdir(exist_ok=True)
    with start_board(image, directory=folder, around=around, log=folder / "log") as board:
        try:
            yield board
        finally:
            board.kill()


def changed(image: Image, **code: str) -> Image:
    """The image with more code at the end of some modules."""
    more = {}
    for module, text in code.items():
        path = f"/girouette/{module}"
        more[f"{path}.mpy"] = compiled(f"{path}.py", sources()[f"{path}.py"] + text.encode())
    return replace(image, files={**image.files, **more})


def version(image: Image, name: str, serial: int, key: bytes = KEY, changes: dict[str, Any] | None = None) -> Release:
    """A version for the board, which has to have proved itself within eight seconds, or one start."""
    return release(
        NAME,
        image.files,
        key=key,
        serial=serial,
        changes={**(changes or {}), "firmware": name},
        limits={"within_s": 8, "boots": 1},
    )


def give(made: Release, port: int, wait_s: float = 90) -> Outcome:
    """What becomes of a version."""
    return asyncio.run(deliver(made, broker=Broker(f"mqtt://127.0.0.1:{port}"), wait_s=wait_s))


@pytest.fixture
def gateway(home: Path, mosquitto: int, service: Callable[..., Any], girouette: Callable[..., Any]) -> Any:
    """A registered noise board's key, and a gateway with its journal."""
    told = girouette("device", "add", "--recipe", "noise", "--id", NAME, "--place", "48.11,-1.68", "--json").told
    service("gateway", "--broker", f"mqtt://127.0.0.1:{mosquitto}", GIROUETTE_GATEWAY_HTTP_PORT=0)
    return bytes.fromhex(told["update_key"])


@real
@pytest.mark.slow
def test_a_running_board_is_updated_while_it_samples(
    home: Path, mosquitto: int, gateway: bytes, until: Callable[..., None], girouette: Callable[..., Any]
) -> None:
    """By the command, over the broker, kept by the gateway's receipt; no sample is lost or doubled, and the registry knows."""
    url = f"mqtt://127.0.0.1:{mosquitto}"
    old = changed(image_of(mosquitto, gateway), net="OLD = 1\n")
    config = json.loads(old.files["/config.json"]) | {"firmware": "before"}
    before = replace(old, files={**old.files, "/config.json": json.dumps(config).encode()})
    with powered(before, home / "board") as board:
        until(lambda: read_console(board.log.read_text()).samples, within_s=60, what="a sample")
        typed = girouette("update", NAME, "--broker", url, "--wait", "90s", "--json")
        assert typed.code == DONE, typed.err
        (device,) = typed.told["devices"]
        assert (device["end"], typed.told["version"]) == ("kept", firmware_version())
        assert 0 < device["pieces"] < 12, "only what differs is fetched"
        stop_sampling(board)
        until(lambda: not read_console(board.log.read_text()).waiting(), within_s=60, what="a receipt for each")
        told = read_console(board.log.read_text())
    rows = girouette("device", "list", "--json").told
    again = girouette("update", "noise", "--broker", url, "--json").told

    assert [row["firmware"] for row in rows] == [firmware_version()]
    assert "update_key" not in rows[0]
    assert again["devices"] == []
    assert not [s for s in told.samples if s.dropped]
    assert len({s.ep for s in told.samples}) == 1
    until(lambda: kept(home) == [s.sq for s in told.samples], what="each sample kept once")


@real
@pytest.mark.slow
def test_a_board_without_room_takes_a_whole_image_and_keeps_it(
    home: Path, mosquitto: int, service: Callable[..., Any], until: Callable[..., None], girouette: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Every file of it is another, and its sensors need what memory there is: it starts without them, fetches, and goes on."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", TIGHT)
    url, air = f"mqtt://127.0.0.1:{mosquitto}", load_recipes()["air"]
    told = girouette("device", "add", "--recipe", "air", "--id", "air-1", "--place", "48.11,-1.68", "--json").told
    service("gateway", "--broker", url, GIROUETTE_GATEWAY_HTTP_PORT=0)
    identity = Identity(
        "air-1", shard_of("air-1"), "air-1", "", "127.0.0.1", mosquitto, period_s=2, update_key=told["update_key"]
    )
    old = aged(build_image([air], identity))
    folder = home / "board"
    folder.mkdir()
    with start_board(old, directory=folder, around=Surroundings(air.signals), log=folder / "log") as board:
        until(lambda: "\nR " in board.log.read_text(), within_s=90, what="a receipt")
        typed = girouette("update", "air-1", "--broker", url, "--wait", "120s", "--json")
        log = board.log.read_text()
        board.kill()

    assert typed.code == DONE, typed.err + typed.out
    (device,) = typed.told["devices"]
    assert device["end"] == "kept"
    assert device["sent"] > 0.9 * sum(len(code) for path, code in old.files.items() if path.endswith(".mpy"))
    assert log.count("# safe mode: update") == 1
    assert "MemoryError" not in log
    assert restarted(folder) == ("a", False), "kept, in its place or by the file that the next start makes good"


def restarted(folder: Path) -> tuple[str, bool]:
    """What the rule says at the next start: where the version lies that runs, and whether it is on trial."""
    return tuple(run("import rule, slots\nresult = [rule.begin(slept=False), slots.trial]", folder))  # type: ignore[return-value]


def aged(image: Image) -> Image:
    """The image as it was before: no module of it is what it is today."""
    old = {
        path: compiled(f"{path[:-4]}.py", sources()[f"{path[:-4]}.py"] + b"OLD = 1\n")
        for path in image.files
        if path.endswith(".mpy")
    }
    return replace(image, files={**image.files, **old})


def kept(home: Path) -> list[int]:
    """The numbers of all samples that the gateway's journal holds, in order."""
    with contextlib.closing(sqlite3.connect(f"file:{home / 'girouette.sqlite'}?mode=ro", uri=True)) as file:
        ((edges,),) = file.execute("SELECT edges FROM journal_ledger").fetchall()
    ends = json.loads(edges)
    return [sq for first, after in zip(ends[::2], ends[1::2], strict=True) for sq in range(first, after)]


BAD = {
    "crashes for want of memory": ({"app": "HOARD = [bytearray(100) for _ in range(10000)]\n"}, {}, "boots"),
    "never connects": ({}, {"broker": {"host": "127.0.0.1", "port": 9, "user": "", "password": ""}}, "time"),
    "measures nothing": ({"sampler": "async def _none(*_):\n    pass\nSampler.sample = _none\n"}, {}, "time"),
}


@real
@pytest.mark.slow
@pytest.mark.parametrize("fault", BAD)
def test_a_bad_version_comes_back_by_itself(
    home: Path, mosquitto: int, gateway: bytes, until: Callable[..., None], fault: str
) -> None:
    """The board is again what it was, sampling, and says which version it gave up and why."""
    code, changes, why = BAD[fault]
    image = image_of(mosquitto, gateway)
    with powered(image, home / "board") as board:
        until(lambda: "# connected" in board.log.read_text(), within_s=60, what="connected")
        outcome = give(version(changed(image, **code), "bad", 5, gateway, changes), mosquitto)
        count = len(read_console(board.log.read_text()).samples)
        until(lambda: len(read_console(board.log.read_text()).samples) > count, what="samples of the old version")

    assert (outcome.end, outcome.why) == (BACK, why)
    assert json.loads((home / "board/flash/slots.json").read_text())["good"] == ""


ORDERED = "x1"


class Middleman:
    """Hands out the pieces of a version with something done to them, and takes down what the board answers to its order."""

    def __init__(self, port: int, made: Release, spoil: Callable[[bytes, int], bytes | None]) -> None:
        self.answers: list[dict[str, Any]] = []
        self.asked = 0
        self._made, self._spoil = made, spoil
        self._topic = f"gir/1/{shard_of(NAME)}/{NAME}"
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda *of: self._hear(json.loads(of[2].payload))
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(f"{self._topic}/ack")
        self._client.loop_start()

    def order(self) -> None:
        """Give the order."""
        self._client.publish(f"{self._topic}/cmd", json.dumps({"id": ORDERED, "do": "update", **self._made.order}))

    def _hear(self, body: dict[str, Any]) -> None:
        told = piece(self._made, body.get("want"))
        if told is None:
            self.answers += [body] if body.get("id") == ORDERED else []
            return
        self.asked += 1
        spoilt = self._spoil(told, self.asked)
        if spoilt is not None:
            self._client.publish(f"{self._topic}/piece", spoilt)

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()


@real
@pytest.mark.slow
def test_what_is_not_ours_is_refused_with_a_word(home: Path, mosquitto: int, until: Callable[..., None]) -> None:
    """Another key's order, an altered piece, an order from before: told in `ack`, and the board goes on as it was."""
    image = image_of(mosquitto)
    new = changed(image, net="X = 1\n")
    with powered(image, home / "board") as board:
        until(lambda: "# connected" in board.log.read_text(), within_s=60, what="connected")
        forged = give(version(new, "forged", 5, key=bytes(32)), mosquitto)
        tampering = Middleman(mosquitto, version(new, "tampered", 6), lambda told, _: told[:-1] + b"!")
        tampering.order()
        until(lambda: tampering.answers, within_s=60, what="an answer")
        tampering.close()
        slots = json.dumps({"good": "", "trial": None, "serial": 9, "fails": 0})
        (board.directory / "flash/slots.json").write_text(slots)
        replayed = give(version(new, "older", 8), mosquitto)

    assert (forged.end, forged.why) == (REFUSED, "mac")
    assert tampering.answers == [{"id": "x1", "ok": False, "why": "hash"}]
    assert (replayed.end, replayed.why) == (REFUSED, "replayed")
    assert not (board.directory / "flash/update.json").exists()


@real
@pytest.mark.slow
def test_an_interrupted_update_goes_on_where_it_was(home: Path, mosquitto: int, until: Callable[..., None]) -> None:
    """After a power cut in the middle the board asks by itself, and not again for what it has."""
    image = image_of(mosquitto)
    new = changed(image, net="X = 1\n" * 2000, sntp="Y = 1\n" * 2000)
    made = version(new, "new", 5)
    folder = home / "board"
    with powered(image, folder) as board:
        until(lambda: "# connected" in board.log.read_text(), within_s=60, what="connected")
        first = Middleman(mosquitto, made, lambda told, count: told if count <= 6 else None)
        first.order()
        until(lambda: first.asked > 6, within_s=60, what="six pieces")
        first.close()
    with powered(image, folder):
        second = Middleman(mosquitto, made, lambda told, _: told)
        until(lambda: second.answers, within_s=60, what="an answer")
        second.close()

    whole = sum(1 for content in made.contents.values() for _ in range(0, len(content), 1024))
    assert second.answers[0] == {"id": "x1", "ok": True, "version": "new"} | second.answers[0]
    assert second.asked <= second.answers[0]["pieces"] + 1
    assert second.asked < whole
    assert first.asked > 6


def test_shares_and_settings_are_read_or_refused(tmp_path: Path) -> None:
    """10% and 10 are a tenth; what is no share, and a file that is no object, is told."""
    assert (percent("10%"), percent("100"), percent("0.5%")) == (0.1, 1.0, 0.005)
    for told in ("0", "101%", "-1", "many"):
        with pytest.raises(CommandError) as refused:
            percent(told)
        assert refused.value.code == USAGE
    file = tmp_path / "changes.json"
    file.write_text('{"ntp": null}')
    assert changes_in(file) == {"ntp": None}
    assert changes_in(None) == {}
    for text in ("[1]", "{"):
        file.write_text(text)
        with pytest.raises(CommandError, match="no JSON object"):
            changes_in(file)
    assert (word("mac"), word("anything else")) == (
        "the order does not bear this board's key".replace("'", "’"),
        "anything else",
    )
