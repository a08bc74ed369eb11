"""Both embedded brokers are started for real, and die as they should."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from paho.mqtt import publish, subscribe

from gateway.broker import BrokerError, Kind, choose, start_broker

ROOT = Path(__file__).parent.parent.parent
KINDS: tuple[Kind, ...] = ("mosquitto", "iotcore")


def asked(kind: Kind, part: Callable[[str], str]) -> Kind:
    """The kind, where its program can be had."""
    if kind == "mosquitto":
        part("mosquitto")
    return kind


def answers(port: int) -> bool:
    """Does something listen on this loopback port?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_serves_on_loopback_alone_and_is_quiet(
    kind: Kind, tmp_path: Path, free_port: Callable[[], int], part: Callable[[str], str]
) -> None:
    """A retained message goes round, no address but loopback is listened on, and the log stays empty."""
    port = free_port()
    broker = start_broker(tmp_path, port, kind=asked(kind, part))
    try:
        publish.single("gir/1/00/a/kept", b"here", qos=1, retain=True, hostname="127.0.0.1", port=port)
        message = subscribe.simple("gir/1/+/+/kept", hostname="127.0.0.1", port=port)
        listens = {c.laddr.ip for c in psutil.Process(broker.pid).net_connections("tcp") if c.laddr.port == port}
    finally:
        broker.kill()
        broker.communicate()

    assert message.payload == b"here"
    assert listens == {"127.0.0.1"}
    said = (tmp_path / "broker.log").read_text().splitlines()
    assert [line for line in said if "run as root" not in line] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_dies_with_its_parent(
    kind: Kind, tmp_path: Path, free_port: Callable[[], int], part: Callable[[str], str], until: Callable[..., None]
) -> None:
    """When the process that started it is killed at once, the broker is gone too, and its port is free."""
    port = free_port()
    script = textwrap.dedent(f"""
        import pathlib, time
        from gateway.broker import start_broker
        print(start_broker(pathlib.Path({str(tmp_path)!r}), {port}, kind={asked(kind, part)!r}).pid, flush=True)
        time.sleep(60)
    """)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=env) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)

    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, what="it died")
    until(lambda: not answers(port), what="its port free again")


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    """The sentence names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(BrokerError, match="choose another port"):
        start_broker(tmp_path, taken.getsockname()[1], kind="iotcore")


def test_a_broker_that_cannot_start_says_why(
    tmp_path: Path, free_port: Callable[[], int], part: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conf that mosquitto refuses ends in a sentence with its own words, not in a wait."""
    part("mosquitto")
    monkeypatch.setattr("gateway.broker.LARGEST_BYTES", -1)

    with pytest.raises(BrokerError, match=r"mosquitto did not start.*max_packet_size"):
        start_broker(tmp_path, free_port(), kind="mosquitto")


def test_the_kind_is_chosen_by_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without mosquitto it is iotcore; asked for by name, the sentence says how to install it."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    assert choose("auto") == "iotcore"
    assert choose("iotcore") == "iotcore"
    with pytest.raises(BrokerError, match="apt install mosquitto"):
        choose("mosquitto")
