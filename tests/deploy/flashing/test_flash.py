"""One command from an erased board to a stored value, and again: everything real but the radio, the wires and the sun."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest

from deploy.assembly import open_registry
from devices.flashfs import read_vfs
from devices.nvs import settings_of
from devices.partitions import read_table, vfs_region

PLACE = ("--place", "48.11,-1.68", "--name", "Atelier")


def nvs_of(content: bytes) -> dict[str, bytes]:
    """The settings in a board's flash."""
    nvs = read_table(content).nvs
    return settings_of(content[nvs.offset : nvs.end])


def disk_of(content: bytes) -> dict[str, bytes]:
    """The files in a board's flash."""
    at, count = vfs_region(read_table(content), len(content))
    return read_vfs(content[at : at + count])


def devices_of(town: Any) -> list[Any]:
    """The registry's devices."""
    with closing(open_registry(f"sqlite:{town.home / 'girouette.sqlite'}")) as registry:
        return list(registry.devices())


@pytest.mark.journey
@pytest.mark.slow
def test_an_erased_board_is_a_device_that_measures_and_stays_it(town: Any) -> None:
    """One command and no secret typed; typed again it is the same device; written whole again it keeps its counter and its spool."""
    board = town.board()

    made = town.flash(board, "climate", *PLACE, "--json")

    assert made.code == 0, made.err
    told, secret = made.told, json.loads(nvs_of(board.content)["identity"])
    assert (told["device"], told["board"], told["how"], told["new"]) == ("climate-1", "c3", "whole", True)
    assert set(told["stored"]["values"]) == {"temperature", "humidity", "pressure"}
    assert set(told["seconds"]) == {"look", "make", "write", "name", "first", "second", "stored"}
    assert secret["device"] == "climate-1"
    assert secret["broker"]["password"] not in made.out + made.err
    assert secret["page"] == told["page"]

    again = town.flash(board, "--json")

    assert again.code == 0, again.err
    assert (again.told["device"], again.told["how"], again.told["new"]) == ("climate-1", "same", False)

    before = json.loads(disk_of(board.content)["/counter"].split(b" ", 1)[1])
    whole = town.flash(board, "--whole", "--no-stub", "--json")

    assert whole.code == 0, whole.err
    assert (whole.told["device"], whole.told["how"]) == ("climate-1", "renewed")
    after = json.loads(disk_of(board.content)["/counter"].split(b" ", 1)[1])
    assert after["ep"] == before["ep"]
    assert after["sq"] > before["sq"]
    assert json.loads(nvs_of(board.content)["identity"])["broker"]["password"] == secret["broker"]["password"]
    assert [d.id for d in devices_of(town)] == ["climate-1"]
