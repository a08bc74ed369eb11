"""Revoked, linked and grouped, as an operator types it; a real broker lets go of who is revoked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from guarded import Guarded
from paho.mqtt.enums import CallbackAPIVersion

from deploy.assembly import open_registry, start_broker
from deploy.faults import DONE, REFUSED
from devices.reading import topic_of
from gateway.registry.enrol import renew_secrets

HERE = ("--place", "48.11,-1.68")


@pytest.fixture
def two(girouette: Callable[..., Any]) -> tuple[Any, Any]:
    """Two devices at two places."""
    one = girouette("device", "add", "--recipe", "air", *HERE, "--json").told
    return one, girouette("device", "add", "--recipe", "noise", "--place", "48.12,-1.68", "--json").told


@pytest.mark.slow
def test_the_link_of_a_device_is_told_and_renewed(
    two: Any, girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was told when it was added; after --renew another one, and what is to be done about it."""
    assert girouette("device", "link", "air-1", "--json").told == {"id": "air-1", "page": two[0]["page"]}
    assert "GIROUETTE_PUBLIC_URL" in girouette("device", "link", "air-1").out

    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", "https://air.example/")
    renewed = girouette("device", "link", "air-1", "--renew").out.splitlines()

    assert renewed[0].startswith("https://air.example/d/")
    assert two[0]["page"] not in renewed[0]
    assert "girouette label air-1" in renewed[1]
    assert girouette("device", "link", "air-1").out == renewed[0] + "\n"
    assert "no device is called" in girouette("device", "link", "air-9").err


@pytest.mark.slow
def test_groups_are_made_by_their_first_device_and_end_with_their_last(two: Any, girouette: Callable[..., Any]) -> None:
    """A group is a device's name wherever devices are named, groups included."""
    assert girouette("device", "group", "add", "ecole", "air-1", "noise-1").out == "Group ecole: air-1, noise-1\n"
    assert girouette("device", "group", "add", "@nord", "@ecole", "--json").told == {
        "group": "nord",
        "devices": ["air-1", "noise-1"],
    }
    girouette("device", "group", "remove", "nord", "air-1")

    assert [row["id"] for row in girouette("device", "list", "--group", "nord", "--json").told] == ["noise-1"]
    assert [row["groups"] for row in girouette("device", "list", "--json").told] == [["ecole"], ["ecole", "nord"]]
    assert "@ecole @nord" in girouette("device", "list").out
    assert "Nobody is in the group nord" in girouette("device", "group", "remove", "nord", "noise-1").out
    assert girouette("device", "group", "add", "nord", "@sud").code == REFUSED
    assert "cannot name a group" in girouette("device", "group", "add", "Été", "air-1").err


@pytest.mark.slow
def test_no_secret_is_in_the_list(two: Any, girouette: Callable[..., Any]) -> None:
    """Neither the link, which opens a page, nor a hash, nor a key."""
    listed = girouette("device", "list", "--json").out

    assert not any(
        secret in listed for one in two for secret in (one["page"].rpartition("/")[2], one["update_key"], "$7$")
    )


def test_a_revoked_device_is_locked_out_until_it_is_flashed_anew(two: Any, girouette: Callable[..., Any]) -> None:
    """It keeps its place and its past; undoing it opens no door by itself."""
    typed = girouette("revoke", "air-1")
    assert (typed.code, "girouette device replace air-1" in typed.out) == (DONE, True)
    row = girouette("device", "list", "--json").told[0]
    assert (row["stage"], row["place"], abs(row["revoked_s"] - time.time()) < 60) == ("atelier", "48.11, -1.68", True)
    assert "revoked" in girouette("device", "list").out
    again = girouette("revoke", "air-1")
    assert (again.code, "revoked already" in again.err) == (REFUSED, True)

    undone = girouette("revoke", "air-1", "--undo", "--json").told
    assert (undone["id"], undone["revoked_s"]) == ("air-1", None)
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        assert registry.identities.device("air-1").password_hash == ""
        assert renew_secrets(registry, "air-1").password != two[0]["password"]
    assert girouette("revoke", "air-9").code == REFUSED


class Board:
    """A device on a broker, which comes again when it is cut off, as a board does."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.told: list[str] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=user)
        self.client.username_pw_set(user, password)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda *args: self.told.append(str(args[3]))
        self.client.on_disconnect = lambda *_: self.told.append("cut off")
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def close(self) -> None:
        """Go away."""
        self.client.loop_stop()
        self.client.disconnect()


@pytest.mark.slow
def test_a_running_broker_cuts_a_revoked_device_off_and_nobody_else(
    broker: Guarded, two: Any, girouette: Callable[..., Any], until: Callable[..., None]
) -> None:
    """The connection that stands is cut, the next one refused; undone and flashed anew, it comes in."""
    boards = [Board(broker.port, one["user"], one["password"]) for one in two]
    try:
        until(lambda: [b.told for b in boards] == [["Success"], ["Success"]], what="both boards on the broker")

        assert girouette("revoke", "air-1", "--json").told["reload"] is None
        until(lambda: boards[0].told[1:3] == ["cut off", "Not authorized"], within_s=30, what="the revoked board out")
        assert boards[1].told == ["Success"]
    finally:
        for board in boards:
            board.close()

    girouette("revoke", "air-1", "--undo")
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        fresh = renew_secrets(registry, "air-1")
    girouette("deploy", "accounts")
    old, new = (Board(broker.port, "air-1", secret) for secret in (two[0]["password"], fresh.password))
    try:
        until(lambda: old.told[:1] == ["Not authorized"] and new.told[:1] == ["Success"], what="new secrets only")
    finally:
        old.close()
        new.close()


BEGAN_S = int(time.time()) - 60


class Speaker:
    """A board on a broker without accounts: it says samples and hears receipts."""

    def __init__(self, port: int, device: str) -> None:
        self.topic, self.device, self.kept, self.said_s = topic_of(device), device, 0, 0.0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device)
        self.client.on_message = lambda *args: self.hear(args[2].payload)
        self.client.on_connect = lambda *_: self.client.subscribe(f"{self.topic}/kept", 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def hear(self, receipt: bytes) -> None:
        """A receipt."""
        self.kept = json.loads(receipt)["sq"]

    def say(self, sq: int) -> None:
        """A sample, once a second at most, as a board sends it again that hears no receipt."""
        if time.monotonic() < self.said_s + 1:
            return
        self.said_s = time.monotonic()
        head = {"bn": f"{self.device}/", "bt": BEGAN_S + sq, "ep": 7, "lo": 1, "dr": 0, "sq": sq}
        pack = [{**head, "n": "temperature", "u": "Cel", "v": 21.0}]
        self.client.publish(f"{self.topic}/obs", json.dumps(pack), qos=1)

    def close(self) -> None:
        """Go away."""
        self.client.loop_stop()
        self.client.disconnect()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mosquitto", "iotcore"])
def test_where_the_broker_asks_nobody_the_gateway_refuses(
    kind: str, girouette: Callable[..., Any], home: Path, service: Callable[..., Any], free_port: Callable[[], int],
    until: Callable[..., None], part: Callable[[str], str],
) -> None:  # fmt: skip
    """The embedded broker has no accounts and lets the board go on: what it says is kept in quarantine, without a receipt."""
    if kind == "mosquitto":
        part("mosquitto")
    port = free_port()
    broker = start_broker(home, port, kind=kind, log=home / "broker.log")
    girouette("device", "add", "--recipe", "air", *HERE)
    service("gateway", "--broker", f"mqtt://127.0.0.1:{port}", GIROUETTE_GATEWAY_HTTP_PORT=0)
    board = Speaker(port, "air-1")
    try:
        until(lambda: board.say(1) or board.kept == 1, within_s=90, what="a receipt")  # type: ignore[func-returns-value]
        girouette("revoke", "air-1")

        def refused() -> bool:
            board.say(2)
            return "revoked" in {row["code"] for row in girouette("quarantine", "list", "--json").told}

        until(refused, within_s=60, what="the revoked board's sample refused")
        assert board.client.is_connected()
        row = next(row for row in girouette("quarantine", "list", "--json").told if row["code"] == "revoked")
        assert row["device"] == "air-1"
    finally:
        board.close()
        broker.kill()
        broker.communicate()
