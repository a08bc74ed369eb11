"""Why a board's second tick does not come: real firmware before networks, brokers and clocks that fail, each told by its own sentence."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from deploy.flashing.cable import Heard, heard, values_in, watch, why
from deploy.flashing.faults import FlashError
from deploy.flashing.ports import Port
from deploy.workshop.reach import Reach, answers
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Surroundings
from devices.virtual.terminal import VirtualBoard
from devices.words import LANGUAGES

HOME = {"ssid": "maison", "password": "un-mot-de-passe"}
TOWN = {"networks": {"maison": "un-mot-de-passe"}}
WITHIN_S = 40.0
ABSENT = {"kind": "absent", "sensor": "bme280"}
CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "no_wifi": ("no network is known", {"wifi": ()}),
    "wifi_wrong_password": ("the key has changed", {"there": {"networks": {"maison": "un-autre-mot"}}}),
    "wifi_not_found": ("nobody of that name is heard", {"there": {"networks": {"voisins": "x" * 8}}}),
    "wifi_other_security": ("the network asks for a user name", {"there": {**TOWN, "secured": ["maison"]}}),
    "wifi_no_address": ("no address is given out", {"there": {**TOWN, "leases": False}}),
    "login_page": ("a login page answers for everybody", {"there": "login"}),
    "broker_unheard": ("nobody listens where the broker should be", {"broker": "nobody"}),
    "broker_refuses": ("the broker knows no such account", {"broker": "closed"}),
    "no_clock": ("no time server, and no gateway", {"faults": ({"kind": "no-clock"},)}),
    "no_receipt": ("a broker without a gateway", {}),
    "no_sample": ("a sensor that is not there", {"faults": (ABSENT,)}),
}
"""Each sentence, what provokes it, and how."""


class Page(http.server.BaseHTTPRequestHandler):
    """A network's login page: the same for whatever is asked."""

    def do_GET(self) -> None:
        """Show it."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<form>Identifiez-vous</form>")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def broker(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Callable[..., int]]:
    """A function that starts a real mosquitto with these lines in its configuration, and gives its port."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*lines: str) -> int:
        port, conf = free_port(), tmp_path / f"mosquitto-{len(started)}.conf"
        conf.write_text("\n".join([f"listener {port} 127.0.0.1", *lines]) + "\n")
        started.append(subprocess.Popen([part("mosquitto"), "-c", str(conf)], stderr=subprocess.DEVNULL))
        until(lambda: answers("127.0.0.1", port), what="mosquitto listening")
        return port

    yield start
    for child in started:
        child.kill()
        child.wait()


@pytest.fixture
def login_port() -> Iterator[int]:
    """The port of a web server that shows a login page whatever is asked."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()
        yield page.server_port
        page.shutdown()


def end_of(folder: Path, broker: int, login_port: int, how: Mapping[str, Any]) -> FlashError:
    """How listening to such a board ends."""
    recipe, there, device = load_recipes()["climate"], how.get("there", TOWN), folder.name
    if there == "login":
        there = {**TOWN, "login": {"maison": {"port": login_port, "lies": False}}}
    identity = Identity(
        device, shard_of(device), device, "secret", "127.0.0.1", broker, period_s=1, wifi=how.get("wifi", (HOME,))
    )  # fmt: skip
    around = Surroundings(recipe.signals, wifi=there, faults=how.get("faults", ()))
    with VirtualBoard(build_image([recipe], identity), directory=folder, around=around) as board:
        with pytest.raises(FlashError) as refused:
            watch(Port(board.port, "test"), Reach("127.0.0.1", broker), device, within_s=WITHIN_S)
        return refused.value


@pytest.mark.slow
def test_each_failure_of_the_network_ends_in_its_own_sentence(
    tmp_path: Path, broker: Callable[..., int], free_port: Callable[[], int], login_port: int
) -> None:
    """All boards at once, each in a world of its own: what is wrong, and then what to do, in both languages."""
    brokers = {
        "open": broker("allow_anonymous true"), "nobody": free_port(),
        "closed": broker("allow_anonymous false"),
    }  # fmt: skip
    with ThreadPoolExecutor(len(CASES)) as pool:
        ends = {
            case: pool.submit(
                end_of, tmp_path / case.replace("_", "-"), brokers[how.get("broker", "open")], login_port, how
            )
            for case, (_, how) in CASES.items()
        }
    told = {case: end.result() for case, end in ends.items()}

    assert {case: fault.key for case, fault in told.items()} == {case: case for case in CASES}
    assert all(case.replace("_", "-") in told[case].said(lang) for case in CASES for lang in LANGUAGES)


@pytest.mark.slow
def test_a_board_that_says_nothing_has_not_started(silent_port: str) -> None:
    """The sentence names the button."""
    with pytest.raises(FlashError, match="RST") as refused:
        watch(Port(silent_port, "test"), Reach("127.0.0.1", 1883), "climate-1", within_s=0.5)

    assert refused.value.key == "board_silent"


def test_a_port_that_does_not_come_back_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board that was unplugged, or whose MicroPython does not start its USB."""
    monkeypatch.setattr("deploy.flashing.cable.BACK_S", 0.1)

    with pytest.raises(FlashError) as refused:
        list(heard(Port("/dev/ttyACM77", "test"), 5.0, lister=list))

    assert refused.value.key == "gone_after"


def test_the_ticks_are_a_sample_with_values_and_a_receipt() -> None:
    """A sample without values is no tick, one without a date is one; half a line after a restart is passed over."""
    life = Heard()
    for line in ('16 1 {"temper', "N 7 1", "S 7 1 1795615200 {}", "# device: climate-1", "# clock: none"):
        life.hear(line)
    assert (life.spoke, life.first, life.second, life.device) == (True, False, False, "climate-1")

    life.hear('V 7 2 {"temperature": 21.4, "humidity": null}')
    assert (life.first, life.dated, life.values) == (True, False, {"temperature": 21.4})

    life.hear('S 7 3 1795615200 {"temperature": 21.5}')
    life.hear("R 7 3 []")
    assert (life.dated, life.second, life.values) == (True, True, {"temperature": 21.4})
    assert values_in("no braces") == {}


def test_a_word_is_sure_once_it_was_heard_often_enough() -> None:
    """A weak signal looks like a wrong password once; after another word the count begins anew."""
    life = Heard()
    life.hear("# network: wrong-password")
    assert not life.lost(1.0)
    life.hear("# network: joined")
    life.hear("# network: wrong-password")
    assert not life.lost(1.0)
    life.hear("# network: wrong-password")
    assert life.lost(1.0)


def test_a_broker_that_is_not_reached_may_be_behind_a_login_page() -> None:
    """That takes the board a while to find out; what a broker itself has said is sure at once."""
    life = Heard()
    for line in ["# network: joined", *["# broker: unreachable (x)"] * 4]:
        life.hear(line)
    assert (life.lost(1.0), life.lost(31.0)) == (False, True)

    life.hear("# broker: refused (5)")
    life.hear("# broker: refused (5)")
    assert life.lost(1.0)


@pytest.mark.parametrize(
    ("line", "key"), [("# broker: tls (unknown-authority)", "broker_untrusted"), ("# broker: not-mqtt (x)", "login_page"),
                      ("# network: failed", "wifi_failed"), ("# broker: closed (EOF)", "broker_unheard")],
)  # fmt: skip
def test_words_that_are_hard_to_provoke_have_their_sentences_too(line: str, key: str) -> None:
    """By the board's own line."""
    life = Heard()
    life.hear(line)

    assert why(life, Port("COM3", "test"), Reach("10.0.0.2", 1883), "air-1").key == key
