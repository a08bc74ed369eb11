"""Improv serial on the board, held against the official SDK in Node: through a terminal, to the real interpreter, its log in between."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.tools.atelier import ROOT, SOURCES, find_tools, install
from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Surroundings, write_json
from devices.virtual.terminal import VirtualBoard

TALK = Path(__file__).parent.parent / "improv/talk.mjs"
PAGE = "https://air.example/d/Zm9yIHRoZSB0ZXN0IG9ubHk"
AIR = {"networks": {"hall": "a long key", "café <&>": "", "uni": ""}, "secured": ["uni"]}
READY, PROVISIONED = 2, 4


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs the SDK, of the lock's version, bundled for Node."""
    tools = find_tools()
    install(ROOT, tools)
    made = tmp_path_factory.mktemp("sdk") / "talk.mjs"
    packages = ROOT / SOURCES / "node_modules"
    script = packages / "esbuild/bin/esbuild"
    options = ["--bundle", "--platform=node", "--format=esm", f"--outfile={made}", "--log-level=error"]
    subprocess.run(
        [*tools.node, str(script), str(TALK), *options], check=True, env={**os.environ, "NODE_PATH": str(packages)}
    )
    return [*tools.node, str(made)]


class Talk:
    """What the SDK is asked, and what it says."""

    def __init__(self, command: list[str], port: str) -> None:
        self._node = subprocess.Popen([*command, port], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what: str, *rest: object) -> Any:
        """The answer; `refused: <word>` where the SDK gave an error."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps([what, *rest]) + "\n")
        self._node.stdin.flush()
        told = json.loads(self._node.stdout.readline())
        return told["answer"] if "answer" in told else f"refused: {told['refused']}"

    def end(self) -> None:
        """Hang up."""
        self._node.kill()
        self._node.communicate()


def image(*, wifi: tuple[Mapping[str, str], ...] = (), page: str | None = PAGE) -> Image:
    """A board of the town."""
    key = "00112233445566778899aabbccddeeff"
    identity = Identity(
        "noise-7", shard_of("noise-7"), "noise-7", "x", "127.0.0.1", 9, 1, wifi, update_key=key, page=page
    )
    return build_image([load_recipes()["noise"]], identity)


@contextlib.contextmanager
def board(directory: Path, told: Image, air: Mapping[str, Any]) -> Iterator[VirtualBoard]:
    """A board behind a terminal, in a world with these networks."""
    around = Surroundings(load_recipes()["noise"].signals, wifi=air)
    with VirtualBoard(told, directory=directory, around=around) as made:
        yield made


@contextlib.contextmanager
def talking(sdk: list[str], made: VirtualBoard) -> Iterator[Talk]:
    """The SDK, connected."""
    talk = Talk(sdk, made.port)
    try:
        yield talk
    finally:
        talk.end()


def kept(directory: Path) -> Any:
    """The networks in the board's NVS."""
    return json.loads((directory / "nvs/girouette/wifi").read_bytes())


@pytest.mark.slow
def test_the_official_sdk_gives_a_board_its_network(tmp_path: Path, sdk: list[str]) -> None:
    """Who it is, what it hears, a wrong password, the right one, and the page's address, while it samples and says so each second."""
    with board(tmp_path, image(), AIR) as made, talking(sdk, made) as talk:
        told = talk.ask("initialize", 10_000)
        assert (told["firmware"], told["name"], told["osName"]) == ("girouette", "noise-7", "MicroPython")
        assert talk.ask("state") == {"state": READY, "url": None}
        assert talk.ask("network")["online"] is False

        heard = talk.ask("scan")
        assert [(n["name"], n["secured"]) for n in heard] == [("café <&>", False), ("hall", True), ("uni", True)]
        assert all(-100 < n["rssi"] < -30 for n in heard)

        assert talk.ask("give", "hall", "a wrong key") == "refused: UNABLE_TO_CONNECT"
        assert talk.ask("give", "hall", "short") == "refused: UNABLE_TO_CONNECT"
        assert talk.ask("give", "nowhere", "a long key") == "refused: UNABLE_TO_CONNECT"
        assert talk.ask("give", "hall\nR 1 9 []", "a long key") == "refused: UNABLE_TO_CONNECT"
        assert not (tmp_path / "nvs/girouette/wifi").exists()

        assert talk.ask("give", "hall", "a long key") == {"state": PROVISIONED, "url": PAGE}
        assert talk.ask("state") == {"state": PROVISIONED, "url": PAGE}
        assert talk.ask("network")["urls"] == [PAGE]
        assert kept(tmp_path) == [{"ssid": "hall", "password": "a long key"}]


@pytest.mark.slow
def test_what_is_not_asked_as_it_should_be_is_refused_by_its_number(tmp_path: Path, sdk: list[str]) -> None:
    """An unknown command, names that come from the registry, a spoilt frame; after each the next command is answered."""
    with board(tmp_path, image(), AIR) as made, talking(sdk, made) as talk:
        talk.ask("initialize", 10_000)
        assert talk.ask("unknown") == "refused: UNKNOWN_RPC_COMMAND"
        assert talk.ask("name") == "noise-7"
        assert talk.ask("hostname") == "noise-7", "with seven letters its frame has ten bytes, which the SDK would lose"
        assert talk.ask("rename", "mine") == "refused: UNKNOWN_RPC_COMMAND"
        assert talk.ask("rehost", "mine") == "refused: BAD_HOSTNAME"
        assert talk.ask("rename", "noise-7") == "noise-7"

        for spoilt in (
            b"IMPROV\x01\x03\x02\x02\x00\x00\n",  # a wrong sum
            frame(b"\x01\x09\x04hall"),  # longer than it is
            frame(b"\x01\x03\x01\xff\x00"),  # no UTF-8
            frame(b""),
        ):
            talk.ask("raw", list(spoilt))
            until_error(talk, 1)
            assert talk.ask("state")["state"] == READY
        talk.ask("raw", list(b"IMPROV\x01\x03\xff\x01"))  # a frame that never ends
        time.sleep(1.5)
        assert talk.ask("state")["state"] == READY


def frame(content: bytes) -> bytes:
    """A command with any content."""
    whole = b"IMPROV\x01\x03" + bytes([len(content)]) + content
    return whole + bytes([sum(whole) & 255]) + b"\n"


def until_error(talk: Talk, number: int) -> None:
    """Wait until the SDK has heard this error."""
    deadline = time.monotonic() + 10
    while talk.ask("error") != number:
        assert time.monotonic() < deadline, f"the board did not refuse with {number}"
        time.sleep(0.02)


@pytest.mark.slow
def test_five_networks_are_kept_the_newest_first(tmp_path: Path, sdk: list[str]) -> None:
    """A sixth makes the oldest go, the same name gives way, a failure changes nothing, and an address of one's own stays."""
    fixed = {"ssid": "n1", "password": "key number 1", "static": ["10.0.0.9", "255.255.255.0", "10.0.0.1", "10.0.0.1"]}
    air = {"networks": {f"n{n}": f"key number {n}" for n in range(1, 7)}}
    with board(tmp_path, image(wifi=(fixed,)), air) as made, talking(sdk, made) as talk:
        talk.ask("initialize", 10_000)
        for n in (2, 3, 4, 5):
            assert talk.ask("give", f"n{n}", f"key number {n}")["state"] == PROVISIONED
        assert [n["ssid"] for n in kept(tmp_path)] == ["n5", "n4", "n3", "n2", "n1"]
        assert kept(tmp_path)[4] == fixed

        assert talk.ask("give", "n3", "another key") == "refused: UNABLE_TO_CONNECT"
        assert kept(tmp_path)[2] == {"ssid": "n3", "password": "key number 3"}
        assert talk.ask("give", "n6", "key number 6")["state"] == PROVISIONED

        assert [n["ssid"] for n in kept(tmp_path)] == ["n6", "n5", "n4", "n3", "n2"]


@pytest.mark.slow
def test_a_board_without_an_identity_says_so_and_takes_a_network(tmp_path: Path, sdk: list[str]) -> None:
    """Flashed without anybody's name it hears Improv all the same; what it is given is there once it is somebody."""
    nobody = Image(image().files, {})
    with board(tmp_path, nobody, AIR) as made, talking(sdk, made) as talk:
        assert talk.ask("initialize", 10_000)["name"] == "no identity: flash it first"
        assert talk.ask("give", "hall", "a long key") == {"state": PROVISIONED, "url": None}
        assert kept(tmp_path) == [{"ssid": "hall", "password": "a long key"}]


@pytest.mark.slow
def test_a_board_that_has_a_network_listens_for_ten_seconds(tmp_path: Path, sdk: list[str]) -> None:
    """Then the console is Ctrl-C's alone again and nothing of Improv is loaded; when the network goes it listens once more."""
    known = ({"ssid": "hall", "password": "a long key"},)
    with board(tmp_path, image(wifi=known), AIR) as made, talking(sdk, made) as talk:
        talk.ask("initialize", 10_000)
        deadline = time.monotonic() + 10
        while talk.ask("state") != {"state": PROVISIONED, "url": PAGE}:
            assert time.monotonic() < deadline
    quiet, lost = tmp_path / "quiet", tmp_path / "lost"
    with board(quiet, image(wifi=known), AIR) as still, board(lost, image(wifi=known), AIR) as made:
        aged(still)
        with talking(sdk, still) as talk:
            assert talk.ask("initialize", 2000).startswith("refused: ")
        write_json(lost / "control", {"wifi": {"networks": {}}})
        heard(made, rb"# network: not-found")
        with talking(sdk, made) as talk:
            assert talk.ask("initialize", 10_000)["name"] == "noise-7"


@pytest.mark.slow
def test_a_board_on_a_battery_listens_once_its_batteries_are_in(tmp_path: Path, sdk: list[str]) -> None:
    """Before it measures for the first time it takes a network; the page's address comes as ever."""
    recipe = load_recipes()["climate"]
    identity = Identity("c-1", shard_of("c-1"), "c-1", "x", "127.0.0.1", 9, 60, batch=2, page=PAGE)
    around = Surroundings(recipe.signals, wifi=AIR)
    with VirtualBoard(build_image([recipe], identity), directory=tmp_path, around=around) as made:
        with talking(sdk, made) as talk:
            assert talk.ask("initialize", 10_000)["name"] == "c-1"
            assert talk.ask("give", "hall", "a long key") == {"state": PROVISIONED, "url": PAGE}
        assert kept(tmp_path) == [{"ssid": "hall", "password": "a long key"}]


def aged(made: VirtualBoard) -> None:
    """Wait until a board that samples once a second has numbered a dozen: its first ten seconds are over."""
    heard(made, rb"N \d+ 13\r?\n")


def heard(made: VirtualBoard, pattern: bytes) -> None:
    """Read a board's console until this is on it."""
    port = os.open(made.port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    found, deadline = b"", time.monotonic() + 60
    try:
        while not re.search(pattern, found):
            assert time.monotonic() < deadline, found[-1000:]
            with contextlib.suppress(BlockingIOError):
                found += os.read(port, 4096)
            time.sleep(0.02)
    finally:
        os.close(port)


def said(port: int, what: bytes, within_s: float = 10.0) -> bytes:
    """Read until this was said."""
    found, deadline = b"", time.monotonic() + within_s
    while what not in found:
        assert time.monotonic() < deadline, found[-1000:]
        with contextlib.suppress(BlockingIOError):
            found += os.read(port, 4096)
        time.sleep(0.01)
    return found


@pytest.mark.slow
def test_ctrl_c_interrupts_all_the_same(tmp_path: Path) -> None:
    """While the board listens for Improv, and while it joins a network for somebody: the prompt comes at once, and understands what follows."""
    air = {"networks": {"hall": "a long key"}, "leases": False}
    with board(tmp_path, image(), air) as made:
        port = os.open(made.port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            said(port, b"# network: none")
            os.write(port, b"\r\x03\x01")
            said(port, b"raw REPL; CTRL-B to exit")
            os.write(port, b"\x02\x04")
            said(port, b"# network: none")
            os.write(port, frame(b"\x01\x10\x04hall\x0aa long key"))
            said(port, b"IMPROV\x01\x01\x01\x03")
            os.write(port, b"\x03")
            said(port, b"KeyboardInterrupt")
        finally:
            os.close(port)


def test_a_command_that_comes_while_the_board_starts_interrupts_nothing(tmp_path: Path) -> None:
    """A tool asks once a second from power-on, and each command bears a byte 3: the board starts, and answers the first."""
    with board(tmp_path, image(), AIR) as made:
        port = os.open(made.port, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        try:
            for _ in range(20):
                os.write(port, frame(b"\x02\x00"))
            heard = said(port, b"IMPROV\x01\x01\x01\x02", 20.0)
            assert b"KeyboardInterrupt" not in heard
        finally:
            os.close(port)


def test_a_board_without_a_network_says_again_and_again_what_it_measured(tmp_path: Path) -> None:
    """Who plugs the cable in late, or lost the port while the board started, waits seconds for a value, not a period."""
    recipe = load_recipes()["noise"]
    identity = Identity("noise-7", shard_of("noise-7"), "noise-7", "x", "127.0.0.1", 9, period_s=3600)
    around = Surroundings(recipe.signals, wifi=AIR)
    with VirtualBoard(build_image([recipe], identity), directory=tmp_path, around=around) as made:
        heard(made, rb"\r?\nV \d+ 1 \{.*\}\r?\n")
        for _ in range(2):
            heard(made, rb"\r?\n# network: none\r?\nV \d+ 1 \{.*\}\r?\n")
