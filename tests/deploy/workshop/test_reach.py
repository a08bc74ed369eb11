"""Where boards reach the broker: as set, or by this computer's own address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.authority import make
from deploy.faults import CommandError
from deploy.flashing.faults import FlashError
from deploy.settings import load_settings
from deploy.workshop.reach import Reach, answers, is_loopback, own_address, reach


def test_a_gateway_beside_its_broker_is_no_address_for_boards(home: Path) -> None:
    """Loopback becomes this computer's address on its network, where it has one; for a board that runs here it stays."""
    assert not is_loopback(reach(load_settings()).host) or own_address() is None or is_loopback(own_address() or "")
    assert reach(load_settings(), here=True) == Reach("127.0.0.1", 1883)


def test_what_is_set_for_boards_wins(home: Path) -> None:
    """An address of their own, with the port that goes without saying or another; loopback too, where somebody says so."""
    assert reach(load_settings(board_broker="mqtt://air.example")) == Reach("air.example", 1883)
    assert reach(load_settings(board_broker="mqtt://127.0.0.1:1999")) == Reach("127.0.0.1", 1999)
    assert reach(load_settings(broker="mqtt://broker:1884 mqtt://broker:1885")) == Reach("broker", 1884)


def test_tls_takes_the_authorities_that_boards_are_to_trust(home: Path) -> None:
    """`mqtts:` goes with the certificates of a folder, and is refused without one."""
    make(home, ["air.example"], now=dt.datetime.now(tz=dt.UTC))
    settings = load_settings(board_broker="mqtts://air.example", board_anchors=home / "anchors")

    found = reach(settings)

    assert (found.host, found.port) == ("air.example", 8883)
    assert found.anchors == ((home / "anchors/1.der").read_bytes(),)
    with pytest.raises(FlashError, match="BOARD_ANCHORS"):
        reach(load_settings(board_broker="mqtts://air.example"))


@pytest.mark.parametrize("url", ["http://air.example", "mqtt://", "mqtt://[::1", "mqtt://broker:sixty"])
def test_what_is_no_broker_is_refused(url: str, home: Path) -> None:
    """Before anything is written to a board."""
    with pytest.raises(CommandError, match="is no broker"):
        reach(load_settings(board_broker=url))


def test_whether_somebody_listens_is_asked_of_the_network(mosquitto: int, free_port: Callable[[], int]) -> None:
    """A running broker answers, a port without one does not."""
    assert answers("127.0.0.1", mosquitto)
    assert not answers("127.0.0.1", free_port())
