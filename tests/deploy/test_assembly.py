"""Concrete parts meet: URLs become stores, registries, journals and inboxes, and the gateway runs and stops."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from deploy.assembly import (
    broker_kind,
    broker_urls,
    journal_file,
    labels_of,
    open_inbox,
    open_journal,
    open_registry,
    open_store,
    refused_samples,
    registry_url,
    start_broker,
)
from deploy.faults import CommandError
from deploy.settings import Settings
from devices.refusal import SpokenError
from gateway.broker import BrokerError
from gateway.journal import Change
from gateway.numerics.columns import no_columns
from gateway.quarantine import Refused

INFLUX = "influx:http://127.0.0.1:8086"


def answer(port: int, path: str) -> tuple[int, Any]:
    """What the gateway tells over HTTP; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as told:
            return told.status, json.load(told)
    except HTTPError as e:
        return e.code, json.load(e)
    except OSError:
        return 0, None


@pytest.mark.parametrize(
    ("given", "registry", "journal"),
    [
        ({}, "sqlite:girouette.sqlite", "girouette.sqlite"),
        ({"store": "sqlite:a"}, "sqlite:a", "a"),
        ({"store": "sqlite:a", "registry": "sqlite:b"}, "sqlite:b", "a"),
        ({"store": INFLUX}, "sqlite:girouette.sqlite", "girouette.sqlite"),
        ({"store": INFLUX, "registry": "sqlite:b"}, "sqlite:b", "b"),
        ({"store": INFLUX, "registry": "sqlite:b", "journal": "c"}, "sqlite:b", "c"),
        ({"store": INFLUX, "registry": "postgresql://x/y", "journal": "c"}, "postgresql://x/y", "c"),
        ({"store": INFLUX, "registry": "postgresql://x/y"}, "postgresql://x/y", "girouette.sqlite"),
    ],
)
def test_registry_and_journal_follow_the_store(home: Path, given: dict[str, Any], registry: str, journal: str) -> None:
    """One embedded file holds all; beside a remote store the journal is with the registry, or where it was set."""
    settings = Settings(**given)

    assert registry_url(settings) == registry
    assert journal_file(settings) == Path(journal)


def test_an_embedded_store_keeps_its_journal(home: Path) -> None:
    """Readings and the journal's trim are one transaction, so one file."""
    assert journal_file(Settings(store="sqlite:a", journal=Path("./a"))) == Path("a")
    with pytest.raises(CommandError, match="take the setting journal"):
        journal_file(Settings(store="sqlite:a", journal=Path("b")))


@pytest.mark.parametrize("url", ["girouette.sqlite", "influx:127.0.0.1:8086", "mysql://x", ""])
def test_another_store_is_refused(url: str) -> None:
    """The sentence says which stores there are."""
    with pytest.raises(CommandError, match="write sqlite:PATH or influx:http"):
        open_store(url)


def test_credentials_are_put_into_the_urls_that_lack_them(home: Path) -> None:
    """What a password may hold does not break the URL; an account in the URL stays."""
    two = Settings(broker="mqtt://a:1 mqtt://me:x@b", broker_user="gateway-0", broker_password="p@:/ s")  # type: ignore[arg-type]

    assert broker_urls(two) == ["mqtt://gateway-0:p%40%3A%2F%20s@a:1", "mqtt://me:x@b"]
    assert broker_urls(Settings(broker="mqtt://a")) == ["mqtt://a"]


@pytest.mark.parametrize("url", ["", "http://127.0.0.1", "127.0.0.1:1883", "amqp://me:secret@127.0.0.1"])
def test_what_is_no_broker_is_refused(home: Path, url: str) -> None:
    """The sentence shows how a broker is written, and tells no password."""
    with pytest.raises(SpokenError, match="write mqtt://HOST:1883") as told:
        open_inbox(Settings(broker=url))
    assert "secret" not in str(told.value)


def test_tags_of_a_series_come_from_the_registry(home: Path, girouette: Callable[..., Any]) -> None:
    """A series that is registered later has its tags, too."""
    girouette("pilot", "add", "rennes", "Rennes")
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        labels = labels_of(registry)
        girouette("device", "add", "--recipe", "noise", "--place", "48.1,-1.7")
        assert labels(1) == {"channel": "noise_level", "pilot": "rennes", "place": "1", "quantity": "noise_level"}
        girouette("device", "add", "--recipe", "noise", "--place", "48.2,-1.7")
        assert labels(2)["place"] == "2"


def test_refused_samples_are_read_from_the_file(home: Path) -> None:
    """Only what has a number counts, and a remote store's URL is refused."""
    with closing(open_journal(Path("girouette.sqlite"))) as journal:
        rows = [Refused("wrong-unit", "air-1", 7, sq, 100, "t", b"x") for sq in (1, 2)]
        journal.commit(
            no_columns(), Change(refused=[*rows, Refused("not-json", "", -1, -1, 100, "t", b"y")]), now_s=100
        )

    assert refused_samples("sqlite:girouette.sqlite") == {("air-1", 7, 1), ("air-1", 7, 2)}
    with pytest.raises(CommandError):
        refused_samples(INFLUX)


def test_the_embedded_broker_is_one_of_two(home: Path) -> None:
    """`auto` chooses what this machine has; another name is refused with the choices."""
    assert broker_kind("auto") in {"mosquitto", "iotcore"}
    with pytest.raises(CommandError, match="there are auto, mosquitto, iotcore"):
        broker_kind("amqtt")


@pytest.mark.slow
def test_a_broker_on_a_port_that_is_taken_is_a_sentence(home: Path, mosquitto: int) -> None:
    """What the broker's own file refuses with reaches a command as its sentence."""
    with pytest.raises(BrokerError, match="is taken already"):
        start_broker(home, mosquitto, log=home / "broker.log")


@pytest.mark.slow
def test_the_gateway_runs_tells_of_itself_and_stops(
    mosquitto: int, free_port: Callable[[], int], until: Callable[..., None],
    service: Callable[..., subprocess.Popen[str]], girouette: Callable[..., Any],
) -> None:  # fmt: skip
    """It makes its file, is ready, counts; another one on its port is refused; SIGTERM ends it with 0."""
    port = free_port()
    words = ("gateway", "--broker", f"mqtt://127.0.0.1:{mosquitto}")
    gateway = service(*words, GIROUETTE_GATEWAY_HTTP_PORT=port)
    until(lambda: answer(port, "readyz")[0] == 200, what="the gateway ready")

    assert answer(port, "healthz") == (200, {"status": "alive"})
    assert answer(port, "figures")[1]["devices"] == 0
    girouette("device", "add", "--recipe", "air", "--place", "48.1,-1.7")
    until(lambda: answer(port, "figures")[1]["devices"] == 1, what="the new device known")
    second = service(*words, GIROUETTE_GATEWAY_HTTP_PORT=port)
    assert second.wait(30) == 3

    gateway.send_signal(signal.SIGTERM)
    assert gateway.wait(20) == 0
    assert answer(port, "healthz")[0] == 0


@pytest.mark.slow
def test_a_gateway_without_a_broker_is_alive_and_not_ready(
    home: Path, free_port: Callable[[], int], until: Callable[..., None],
    service: Callable[..., subprocess.Popen[str]],
) -> None:  # fmt: skip
    """`/readyz` says what is missing, and Ctrl-C ends it all the same; each line of its log is one JSON value."""
    port = free_port()
    gateway = service("gateway", "--broker", f"mqtt://127.0.0.1:{free_port()}", GIROUETTE_GATEWAY_HTTP_PORT=port)
    until(lambda: "refused" in str(answer(port, "readyz")[1]), what="the gateway saying why")

    assert answer(port, "healthz")[0] == 200
    assert answer(port, "readyz")[0] == 503
    gateway.send_signal(signal.SIGINT)
    assert gateway.wait(20) == 0
    told = [json.loads(line) for line in (home / "service.log").read_text().splitlines()]
    assert {"inbox.away"} <= {line["event"] for line in told}
    assert all(line["timestamp"].endswith("Z") and line["level"] for line in told)
