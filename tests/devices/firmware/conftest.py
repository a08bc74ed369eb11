"""What tests of running boards share: a broker to break, a receiver, and boards with a small heap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench import Broker, small_heap
from receiver import Receiver


@pytest.fixture(autouse=True)
def heap_of_a_small_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """Boards find the smallest board's heap at power-on."""
    for name, value in small_heap().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def broker(
    part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None], tmp_path: Path
) -> Iterator[Broker]:
    """A running mosquitto that can be killed, frozen and started again."""
    mosquitto = Broker(part("mosquitto"), free_port(), tmp_path)
    mosquitto.start(until)
    yield mosquitto
    mosquitto.kill()


@pytest.fixture
def receiver(broker: Broker) -> Iterator[Receiver]:
    """The gateway's side, on the same broker."""
    listening = Receiver(broker.port)
    yield listening
    listening.close()
