"""The real mpremote and a virtual board: only what differs is copied, ours alone is removed, each hash is compared, no secret is seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.flashing import mpremote
from deploy.flashing.faults import FlashError
from deploy.flashing.mpremote import (
    Changes,
    Found,
    Given,
    answers,
    differences,
    digest,
    folders,
    look,
    naming,
    push,
    restart,
)
from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Surroundings
from devices.virtual.terminal import VirtualBoard

NOBODY = 9
HOME = {"ssid": "maison", "password": "un-mot-de-passe"}


def image(slug: str, device: str, *networks: dict[str, str]) -> Image:
    """The image of a device whose broker is nowhere."""
    identity = Identity(
        device, shard_of(device), device, f"secret-of-{device}", "127.0.0.1", NOBODY, period_s=1, wifi=networks
    )  # fmt: skip
    return build_image([load_recipes()[slug]], identity)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    """A virtual board that is the device climate-1."""
    around = Surroundings(load_recipes()["climate"].signals)
    with VirtualBoard(image("climate", "climate-1", HOME), directory=tmp_path / "board", around=around) as running:
        yield running


def identity_on(folder: Path) -> dict[str, Any]:
    """What the board's NVS says of who it is."""
    told: dict[str, Any] = json.loads((folder / "board" / "nvs" / "girouette" / "identity").read_bytes())
    return told


@pytest.mark.slow
def test_a_changed_file_is_copied_and_nothing_else(board: VirtualBoard, tmp_path: Path) -> None:
    """One file is written, one that is gone removed; who the board is and what it knows of the world stay."""
    disk, before = tmp_path / "board" / "flash", identity_on(tmp_path)
    assert answers(board.port)
    found = look(board.port)
    assert (found.device, found.recipe, found.ours, found.usable, found.networks) == (
        "climate-1",
        "climate",
        True,
        True,
        ("maison",),
    )
    (disk / "girouette" / "drivers" / "old.mpy").write_bytes(b"of a version before")
    (disk / "mine.txt").write_text("not of Girouette's")
    files = {**image("climate", "climate-1").files, "/main.py": b"# changed\n"}

    changes = differences(files, look(board.port).files)
    heard: list[int] = []
    after = push(board.port, Given(files, {}), changes, heard.append)
    restart(board.port)

    assert changes == Changes(("/main.py",), ("/girouette/drivers/old.mpy",))
    assert heard == [1]
    assert (disk / "main.py").read_bytes() == b"# changed\n"
    assert not (disk / "girouette" / "drivers" / "old.mpy").exists()
    assert (disk / "mine.txt").exists()
    assert (disk / "counter").exists()
    assert identity_on(tmp_path) == before
    assert not differences(files, after.files)


@pytest.mark.slow
def test_a_board_becomes_another_device_and_nothing_of_the_first_stays(board: VirtualBoard, tmp_path: Path) -> None:
    """Counter, spool and diary of the first device go, and its identity; networks that we know come first."""
    look(board.port)
    other, disk = image("noise", "noise-1"), tmp_path / "board" / "flash"
    ours = {"ssid": "atelier", "password": "abcdefgh"}

    found = push(
        board.port,
        Given(other.files, other.settings, [ours], fresh=True),
        differences(other.files, look(board.port).files),
    )

    assert (found.device, found.recipe, found.networks) == ("noise-1", "noise", ("atelier",))
    assert not (disk / "counter").exists()
    assert not (disk / "log").exists()
    assert identity_on(tmp_path)["broker"]["password"] == "secret-of-noise-1"


@pytest.mark.slow
def test_a_board_that_stays_hears_where_the_broker_is_now(board: VirtualBoard, tmp_path: Path) -> None:
    """The address is another, the password the same; its own networks stay behind ours."""
    look(board.port)
    files = image("climate", "climate-1").files
    given = Given(files, {}, [{"ssid": "atelier", "password": "abcdefgh"}], {"host": "10.0.0.7", "port": 1884})

    found = push(board.port, given, differences(files, look(board.port).files))

    told = identity_on(tmp_path)["broker"]
    assert (told["host"], told["port"], told["password"]) == ("10.0.0.7", 1884, "secret-of-climate-1")
    assert found.networks == ("atelier", "maison")


@pytest.mark.slow
def test_a_version_from_the_air_gives_way_to_what_was_pushed(board: VirtualBoard, tmp_path: Path) -> None:
    """The root starts again, and the number of the last order stays, so that none is obeyed twice."""
    look(board.port)
    disk, files = tmp_path / "board" / "flash", image("climate", "climate-1").files
    (disk / "slots.json").write_text('{"good": "a", "trial": null, "serial": 7, "fails": 3}')
    (disk / "a").mkdir()
    (disk / "a" / "config.json").write_text("{}")

    push(board.port, Given(files, {}), differences(files, look(board.port).files))

    assert json.loads((disk / "slots.json").read_text()) == {"good": "", "trial": None, "serial": 7, "fails": 0}
    assert not (disk / "a" / "config.json").exists()


@pytest.mark.slow
def test_what_the_board_refuses_and_what_it_does_not_have_is_told(
    board: VirtualBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of a program on the board is told by its last line; a file that is not what was sent by its name."""
    look(board.port)
    with pytest.raises(FlashError, match="ImportError: no module named 'nothing'") as refused:
        mpremote.run(board.port, "exec", "import nothing")
    assert refused.value.key == "board_said"

    files = {"/main.py": b"# not written\n"}
    with pytest.raises(FlashError, match=r"main\.py") as unlike:
        push(board.port, Given(files, {}), Changes((), ()))
    assert unlike.value.key == "not_verified"


def test_secrets_are_in_a_file_of_ones_own_and_not_among_arguments(tmp_path: Path) -> None:
    """What anybody can see of a process is its command line: the password is not there, and the file is the owner's alone."""
    made = image("climate", "climate-1", HOME)

    file = naming(tmp_path, Given(made.files, made.settings, [HOME]))

    assert file.stat().st_mode & 0o077 == 0
    assert "un-mot-de-passe" in file.read_text()


@pytest.mark.slow
def test_no_command_line_shows_a_secret(board: VirtualBoard) -> None:
    """Every process that is started while a board is named is looked at."""
    look(board.port)
    made, seen = image("climate", "climate-9", HOME), set[str]()

    def peek(_count: int) -> None:
        seen.update(" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True))

    files = {**made.files, "/main.py": b"# changed\n"}
    push(board.port, Given(files, made.settings, [HOME]), Changes(("/main.py",), ()), peek)

    assert any("mpremote" in line for line in seen)
    assert not [line for line in seen if "secret-of" in line or "un-mot-de-passe" in line]


@pytest.mark.slow
def test_where_there_is_no_micropython_that_is_said(silent_port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick question first; and mpremote's own words after two tries."""
    assert not answers(silent_port, within_s=0.3)
    tries: list[int] = []

    def once() -> str:
        tries.append(1)
        raise FlashError("no_repl", port=silent_port)

    with pytest.raises(FlashError, match="girouette flash"):
        mpremote.again(once)
    assert len(tries) == 2


def test_a_port_that_cannot_be_opened_is_told_by_its_own_sentence(tmp_path: Path) -> None:
    """Before mpremote is asked."""
    with pytest.raises(FlashError) as gone:
        answers(str(tmp_path / "ttyACM0"))

    assert gone.value.key == "no_port"


@pytest.mark.parametrize(
    ("machine", "kind"),
    [("Generic ESP32C3 module with ESP32C3", "c3"), ("Generic ESP32 module with ESP32", "esp32"), ("ESP32-S3-DevKitC with ESP32-S3", "s3"),
     ("linux [GCC 12.2.0] version", None)],
)  # fmt: skip
def test_the_chip_is_read_off_what_micropython_calls_the_machine(machine: str, kind: str | None) -> None:
    """A virtual board has none."""
    found = Found(machine, (1, 29, 0), "00", None, None, {}, (), {}, ())

    assert (found.kind, found.usable, found.ours) == (kind, True, False)


def test_folders_are_made_from_the_outside_in() -> None:
    """The root is there; hashes are told by their first half."""
    assert folders(["/a/b/c.mpy", "/main.py", "/a/x.mpy"]) == ("/a", "/a/b")
    assert len(digest(b"")) == 32
