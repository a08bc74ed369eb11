"""One command from an erased board to a stored value, and again: everything real but the radio, the wires and the sun."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from erased import MIB, ErasedBoard
from wholes import small_whole

from deploy.assembly import open_registry
from deploy.commands.speech import LANG
from deploy.flashing import ports
from deploy.flashing.enrolling import UNFINISHED
from deploy.flashing.ports import Port
from devices.flash.nvs import settings_of
from devices.flash.partitions import read_table, vfs_region
from devices.flash.parts import read_vfs
from devices.recipe import RECIPES
from devices.simulate import control
from devices.words import say

CUTS = [1 << 30] * 3 + [60_000] * 20
"""Connections until a board is written: asked, recognised, read; then the cable is bad."""
PLACE = ("--place", "48.11,-1.68", "--name", "Atelier")


def nvs_of(content: bytes) -> dict[str, bytes]:
    """The settings in a board's flash."""
    nvs = read_table(content).nvs
    return settings_of(content[nvs.offset : nvs.end])


def disk_of(content: bytes) -> dict[str, bytes]:
    """The files in a board's flash."""
    at, count = vfs_region(read_table(content), len(content))
    return read_vfs(content[at : at + count])


def counter_of(board: ErasedBoard) -> dict[str, Any]:
    """The counter on a board's disk."""
    told: dict[str, Any] = json.loads(disk_of(board.content)["/counter"].split(b" ", 1)[1])
    return told


def devices_of(town: Any) -> list[Any]:
    """The registry's devices."""
    with closing(open_registry(f"sqlite:{town.home / 'girouette.sqlite'}")) as registry:
        return list(registry.devices())


@pytest.mark.journey
@pytest.mark.slow
def test_an_erased_board_is_a_device_that_measures_and_stays_it(town: Any) -> None:
    """One command and no secret typed; written whole again it keeps its counter and its secrets; typed again nothing is to do."""
    board = town.board()

    made = town.flash(board, "climate", *PLACE, "--json")

    assert made.code == 0, made.err
    told, secret = made.told, json.loads(nvs_of(board.content)["identity"])
    assert (told["device"], told["board"], told["how"], told["new"]) == ("climate-1", "c3", "whole", True)
    assert set(told["stored"]["values"]) == {"temperature", "humidity", "pressure"}
    assert set(told["seconds"]) == {"look", "make", "write", "first", "second", "stored"}
    assert secret["device"] == "climate-1"
    assert secret["broker"]["password"] not in made.out + made.err
    assert secret["page"] == told["page"]

    control(board, sampling=False)  # a port without lines restarts the board after each word of esptool
    before = counter_of(board)
    whole = town.flash(board, "--whole", "--no-stub", "--wait", "0", "--json")

    assert whole.code == 0, whole.err
    assert (whole.told["device"], whole.told["how"]) == ("climate-1", "renewed")
    assert counter_of(board)["ep"] == before["ep"]
    assert counter_of(board)["sq"] >= before["sq"]
    assert json.loads(nvs_of(board.content)["identity"])["broker"]["password"] == secret["broker"]["password"]

    control(board, sampling=True)
    again = town.flash(board, "--json")

    assert again.code == 0, again.err
    assert (again.told["device"], again.told["how"], again.told["new"]) == ("climate-1", "same", False)
    assert again.told["stored"]["time_s"] > told["stored"]["time_s"]
    assert [d.id for d in devices_of(town)] == ["climate-1"]


@pytest.mark.slow
def test_a_board_that_does_not_take_its_identity_is_the_same_device_at_the_next_try(
    bench: Any, cut_line: Callable[[str, list[int]], str]
) -> None:
    """The line breaks off while it is written: no dead device is left, and no secret is used twice."""
    board = bench.board()
    words = ("climate", *PLACE, "--micropython", "micropython.bin", "--wait", "0")

    whole = bench.girouette("flash", "--port", cut_line(board.url, CUTS), *words)
    groups = [d.groups for d in devices_of(bench)]
    again = bench.girouette("flash", "--port", board.url, *words[1:], "--json")

    assert whole.code != 0
    assert again.code == 0, again.err
    assert [group.startswith(UNFINISHED) for (group,) in groups] == [True]
    assert again.told["device"] == "climate-1"
    assert [(d.id, d.groups) for d in devices_of(bench)] == [("climate-1", ())]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "words", "key"),
    [
        ("c3", ("for-one", "--recipes", "mine"), "wrong_chip"),
        ("c3", ("climate", "--micropython", "of-another-chip.bin"), "micropython of another chip"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    bench: Any, kind: str, words: tuple[str, ...], key: str
) -> None:
    """A recipe that is not drawn for this chip, and a MicroPython of another one; nobody is registered."""
    board = bench.board(kind)
    (bench.home / "of-another-chip.bin").write_bytes(small_whole("s3"))
    shutil.copytree(RECIPES / "climate", bench.home / "mine/for-one", ignore=shutil.ignore_patterns("*.svg"))
    recipe = bench.home / "mine/for-one/recipe.toml"
    recipe.write_text('boards = ["s3"]\n' + recipe.read_text(encoding="utf-8"), encoding="utf-8")

    made = bench.flash(board, *words, *PLACE, "--wait", "0")

    assert made.code == 1, key
    assert "ESP32-C3" in made.err or "chip c3" in made.err
    assert board.content == b"\xff" * len(board.content)
    assert devices_of(bench) == []


@pytest.mark.slow
def test_a_flash_that_is_too_small_is_refused(bench: Any) -> None:
    """MicroPython's own table says where the files would lie."""
    board = bench.board(flash_bytes=MIB)

    made = bench.flash(board, "climate", *PLACE, "--wait", "0")

    assert made.code == 1
    assert "1 M" in made.err
    assert devices_of(bench) == []


@pytest.mark.slow
def test_without_internet_the_file_is_named_that_somebody_else_can_fetch(
    bench: Any, monkeypatch: pytest.MonkeyPatch, free_port: Callable[[], int]
) -> None:
    """The download goes nowhere: where the file is had, and how it is given, without a traceback."""
    monkeypatch.setenv("GIROUETTE_CACHE", str(bench.home / "empty"))
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")

    made = bench.girouette("flash", "climate", "--port", bench.board().url, *PLACE, "--wait", "0")

    assert made.code == 1
    assert "micropython.org/download/ESP32_GENERIC_C3" in made.err
    assert "--micropython" in made.err
    assert devices_of(bench) == []


def test_where_no_broker_answers_nothing_is_begun(
    home: Path,
    girouette: Callable[..., Any],
    silent_port: str,
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The broker is stopped: the sentence comes before the board is touched."""
    monkeypatch.setenv("GIROUETTE_BROKER", f"mqtt://127.0.0.1:{free_port()}")

    made = girouette("flash", "climate", "--port", silent_port)

    assert made.code == 3
    assert "GIROUETTE_BOARD_BROKER" in made.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "broker", "key", "values"),
    [
        (["climat"], None, "unknown_word", {"word": "climat"}),
        (["climate-1", "--many"], None, "many_device", {"device": "climate-1"}),
        (["climate"], "mqtts://air.example", "no_board_anchors", {"url": "mqtts://air.example"}),
    ],
)
def test_what_does_not_fit_is_refused_before_a_board_is_asked(
    words: list[str],
    broker: str | None,
    key: str,
    values: dict[str, str],
    girouette: Callable[..., Any],
    silent_port: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither a recipe nor a device; one device for many boards; TLS with nobody to trust: each ends with its sentence."""
    assert girouette("device", "add", "--recipe", "climate", "--id", "climate-1", *PLACE).code == 0
    if broker is not None:
        monkeypatch.setenv("GIROUETTE_BOARD_BROKER", broker)

    made = girouette("flash", *words, "--port", silent_port, "--wait", "0")

    assert made.code == 1
    assert say(f"flash.{key}", LANG, **values) in made.err


@pytest.mark.slow
def test_a_board_whose_port_changes_is_heard_under_the_new_one(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An S2 leaves the bus when MicroPython starts, and comes back as another port; its place on the bus stays."""
    board = town.board("s2", reenumerates=True)
    monkeypatch.setattr(ports, "boards", lambda: [Port(board.port, "ESP32 USB", ("s2",), "", "1-2")])
    before = board.port

    made = town.girouette("flash", "climate", *PLACE, "--micropython", "micropython.bin", "--json")

    assert made.code == 0, made.err
    assert (made.told["port"], made.told["device"]) == (before, "climate-1")
    assert board.port != before
