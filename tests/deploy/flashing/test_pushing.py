"""`girouette push`: what differs and nothing else, in seconds; who is not meant is refused before anything is copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.flashing.faults import FlashError
from deploy.flashing.ports import Port
from deploy.flashing.pushing import compare
from deploy.flashing.wish import Wish
from deploy.settings import load_settings
from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Surroundings
from devices.virtual.terminal import VirtualBoard


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    """A virtual board that is the device climate-1, wired as a C3."""
    identity = Identity("climate-1", shard_of("climate-1"), "climate-1", "secret", "127.0.0.1", 9, board="c3")
    around = Surroundings(load_recipes()["climate"].signals)
    with VirtualBoard(
        build_image([load_recipes()["climate"]], identity), directory=tmp_path / "board", around=around
    ) as running:
        yield running


@pytest.mark.slow
def test_a_changed_file_is_pushed(board: VirtualBoard, girouette: Callable[..., Any], tmp_path: Path) -> None:
    """First said, then done, then nothing is left to do; the kind of board stays the one that it is wired as."""
    file = tmp_path / "board" / "flash" / "main.py"
    ours = file.read_bytes()
    file.write_bytes(b"# somebody's\n" + ours)

    dry = girouette("push", "--port", board.port, "--dry-run", "--json")
    assert dry.told | {"seconds": 0} == {"device": "climate-1", "written": ["/main.py"], "gone": [], "seconds": 0}
    assert file.read_bytes() != ours

    done = girouette("push", "climate-1", "--port", board.port)
    assert (done.code, file.read_bytes()) == (0, ours)
    assert "climate-1" in done.out

    same = girouette("push", "--port", board.port, "--json")
    assert same.told["written"] == same.told["gone"] == []


@pytest.mark.slow
def test_who_is_not_meant_is_refused(board: VirtualBoard, home: Path, tmp_path: Path) -> None:
    """Another device, a recipe that is not here, authorities that are not given, and a board that is no device."""
    port, recipes, settings = Port(board.port, "x"), load_recipes(), load_settings()
    with pytest.raises(FlashError) as other:
        compare(port, recipes, settings, Wish(device="climate-2"))
    assert other.value.key == "other_board"

    anchors = tmp_path / "board" / "flash" / "anchors"
    anchors.mkdir()
    (anchors / "1.der").write_bytes(b"an authority")
    with pytest.raises(FlashError) as trusting:
        compare(port, recipes, settings, Wish())
    assert trusting.value.key == "has_anchors"


@pytest.mark.slow
def test_a_board_that_is_no_device_yet_says_how_it_becomes_one(home: Path, tmp_path: Path) -> None:
    """MicroPython alone is none."""
    with (
        VirtualBoard(Image({}, {}), directory=tmp_path / "empty", around=Surroundings({})) as board,
        pytest.raises(FlashError, match="girouette flash RECIPE") as refused,
    ):
        compare(Port(board.port, "x"), load_recipes(), load_settings(), Wish())

    assert refused.value.key == "not_a_device"


@pytest.mark.slow
def test_a_port_without_micropython_is_told(home: Path, silent_port: str) -> None:
    """And what to do where there is none on the board yet."""
    with pytest.raises(FlashError, match="girouette flash") as refused:
        compare(Port(silent_port, "x"), load_recipes(), load_settings(), Wish())

    assert refused.value.key == "no_repl"
