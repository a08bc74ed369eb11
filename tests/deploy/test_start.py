"""How the broker starts in its container: with a damaged session file too, and reading accounts again when they change."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from guarded import Guarded, row
from paho.mqtt.enums import CallbackAPIVersion

from deploy.accounts import write_accounts
from deploy.initialise import ROOT


@pytest.fixture
def broker(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Guarded]:
    """A folder for a broker with one device."""
    here = Guarded(tmp_path / "guarded", free_port(), part("mosquitto"), until)
    here.lay()
    write_accounts(here.accounts, (row("air-1"),))
    yield here
    here.stop()


def start(broker: Guarded) -> None:
    """Start it as the container does."""
    script = str(ROOT / "deploy/mosquitto/start.sh")
    broker.start(["/bin/sh", script, str(broker.conf), str(broker.home / "broker"), str(broker.accounts)])


def comes_in(broker: Guarded, name: str) -> bool:
    """May this device connect?"""
    codes: list[bool] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(name, name)
    client.on_connect = lambda _c, _u, _f, code, _p: codes.append(not code.is_failure)
    client.connect("127.0.0.1", broker.port)
    broker.until(lambda: (client.loop(0.05), codes)[1], what="an answer to CONNECT")
    client.disconnect()
    return codes[0]


@pytest.mark.slow
def test_changed_accounts_are_read_again_without_anybody_asking(broker: Guarded, until: Callable[..., None]) -> None:
    """The gateway's container writes the files; the broker's container looks at them each second."""
    start(broker)
    assert comes_in(broker, "air-1")
    assert not comes_in(broker, "noise-7")

    write_accounts(broker.accounts, (row("noise-7"),))

    until(lambda: comes_in(broker, "noise-7"), what="the new device let in")
    assert not comes_in(broker, "air-1")


@pytest.mark.slow
def test_a_damaged_session_file_is_moved_aside(broker: Guarded) -> None:
    """The broker comes up without it, and the file is kept for whoever wants to know."""
    (broker.home / "broker/mosquitto.db").write_bytes(b"torn by a power cut")

    start(broker)

    (aside,) = (broker.home / "broker").glob("mosquitto.db.damaged-*")
    assert aside.read_bytes() == b"torn by a power cut"
    assert "was damaged" in broker.log()
    assert comes_in(broker, "air-1")


def test_it_ends_when_it_is_told_to(broker: Guarded) -> None:
    """SIGTERM to the script ends the broker in good order: its sessions are written, exit code 0."""
    start(broker)
    assert broker.child is not None

    broker.child.terminate()

    assert broker.child.wait(10) == 0
    assert (broker.home / "broker/mosquitto.db").exists()
    assert not broker.listens()


@pytest.mark.slow
def test_a_fault_of_the_configuration_is_told_and_ends_it(broker: Guarded) -> None:
    """What no retry can mend ends with mosquitto's own code and words, and no file is moved."""
    broker.conf.write_text("listener nowhere\n")
    script = str(ROOT / "deploy/mosquitto/start.sh")
    where = (str(broker.conf), str(broker.home / "broker"), str(broker.accounts))
    ran = subprocess.run(["/bin/sh", script, *where], capture_output=True, text=True, timeout=30)

    assert ran.returncode != 0
    assert "Error" in ran.stdout + ran.stderr
    assert list((broker.home / "broker").iterdir()) == []
