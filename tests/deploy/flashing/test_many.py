"""A workshop's boards: several at once, one plug after the other, each its own device; one that fails stops nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy.flashing.faults import FlashError
from deploy.flashing.flash import Done
from deploy.flashing.many import Room, Row, place_of, take_all
from deploy.flashing.ports import Port
from deploy.flashing.wish import Wish
from devices.flash.nvs import settings_of
from devices.flash.partitions import read_table


def identity_of(content: bytes) -> dict[str, Any]:
    """Who a board is, by its flash."""
    nvs = read_table(content).nvs
    told: dict[str, Any] = json.loads(settings_of(content[nvs.offset : nvs.end])["identity"])
    return told


@pytest.mark.slow
def test_four_at_once_are_four_devices_and_the_fifth_plug_harms_nobody(bench: Any) -> None:
    """No name and no secret is given twice; a port behind which nobody answers has its own line, and the exit code says so."""
    boards = [bench.board("c3", f"board-{number}") for number in range(4)]
    dead = bench.silent()
    ports = [word for port in [*(board.url for board in boards), dead] for word in ("--port", port)]

    made = bench.girouette(
        "flash", "climate", "--many", "--count", "5", *ports, "--micropython", "micropython.bin",
        "--place", "48.11,-1.68", "--name", "Atelier", "--wait", "0", "--json",
    )  # fmt: skip

    assert made.code == 1
    done = {row["port"]: row for row in made.told if "device" in row}
    assert [row["error"] for row in made.told if "error" in row] == ["not_boot_mode"], made.told
    identities = [identity_of(board.content) for board in boards]
    assert {row["device"] for row in done.values()} == {f"climate-{number}" for number in range(1, 5)}
    assert [done[b.url]["device"] for b in boards] == [identity["device"] for identity in identities]
    for secret in ("password", "update_key", "page"):
        given = {json.dumps({**identity, **identity["broker"]}[secret]) for identity in identities}
        assert len(given) == 4
    assert made.err.count("✓") == 4


class Plug:
    """A hub with one plug: a board is pulled out once it is over, and then the next one is put in."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._pulled = 0

    def __call__(self) -> list[Port]:
        """What is plugged in now."""
        if len(self._room.finished) > self._pulled:
            self._pulled += 1
            return []
        return [Port("/dev/ttyACM0", "ESP32 USB", where="1-2")]


def test_one_plug_serves_one_board_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board is taken once, however long it stays, and the next one when it was unplugged; each fails by itself here."""
    monkeypatch.setattr("deploy.flashing.many.LOOK_S", 0.0)
    seen: list[int] = []
    room = Room(Wish(), None)  # type: ignore[arg-type] - nobody comes so far

    take_all(room, Plug(room), count=3, look=lambda rows: seen.append(len(rows)))

    assert [row.port.path for row in room.rows] == ["/dev/ttyACM0"] * 3
    assert all(isinstance(row.error, FlashError) for row in room.rows)
    assert seen == sorted(seen)
    assert room.busy == []


def test_ctrl_c_ends_the_waiting_for_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way is finished first."""
    room = Room(Wish(), None)  # type: ignore[arg-type] - nobody comes so far

    def lister() -> list[Port]:
        if room.rows:
            raise KeyboardInterrupt
        return [Port("/dev/ttyACM77", "test")]

    take_all(room, lister, count=None)

    assert len(room.finished) == 1


def test_a_board_is_known_by_its_place_on_the_bus() -> None:
    """An S2 that comes back as MicroPython's USB is not another board."""
    assert place_of(Port("/dev/ttyACM0", "x", where="1-2")) == place_of(Port("/dev/ttyACM1", "x", where="1-2"))
    assert place_of(Port("COM3", "x")) == "COM3"


def test_a_row_is_over_when_it_is_done_or_failed() -> None:
    """Not before."""
    port = Port("COM3", "x")

    assert not Row(port).over
    assert Row(port, error=FlashError("no_port", port="COM3")).over
    assert Row(port, done=Done("COM3", "climate-1", "climate", "c3", "whole", new=True, page="")).over
