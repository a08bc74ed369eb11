"""`girouette image`: a board's whole flash as files; the line that it prints makes the board."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from erased import ErasedBoard
from receiver import Receiver
from wholes import real_whole, whole

from deploy.assembly import open_registry
from deploy.commands.image import size_of
from deploy.faults import DONE, REFUSED, USAGE, CommandError
from devices.flash.parts import read_vfs, settings_of
from devices.interpreter import have_micropython

PLACE = ("--place", "48.11,-1.68")


@pytest.fixture
def micropython(home: Path) -> Path:
    """The file of MicroPython for a C6."""
    file = home / "c6.bin"
    file.write_bytes(whole("c6"))
    return file


@pytest.fixture
def climate(girouette: Callable[..., Any]) -> str:
    """A registered device that measures twice a minute."""
    words = ("--recipe", "climate", "--id", "climate-1", "--period", "30")
    assert girouette("device", "add", *words, *PLACE).code == DONE
    return "climate-1"


def identity(folder: Path) -> dict[str, Any]:
    """Who the board is to be, by its NVS."""
    told: dict[str, Any] = json.loads(settings_of((folder / "nvs.bin").read_bytes())["identity"])
    return told


def secrets_of(name: str) -> tuple[str, str]:
    """What the registry keeps of a device's secrets."""
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        row = registry.identities.device(name)
        return row.password_hash, row.update_key


def test_every_part_is_a_file_and_is_told_where_it_belongs(
    girouette: Callable[..., Any], home: Path, climate: str, micropython: Path
) -> None:
    """With its hash; the secrets are in one of them, which nobody else may read, and nowhere else."""
    typed = girouette("image", climate, "--micropython", micropython, "--broker", "mqtt://10.0.0.2", "--json")
    folder = home / "climate-1-flash"
    told = json.loads((folder / "flash.json").read_text())
    mine = identity(folder)

    assert typed.code == DONE, typed.err
    assert told == {key: value for key, value in typed.told.items() if key not in {"folder", "reload"}}
    assert [(p["name"], p["offset"]) for p in told["parts"]] == [
        ("bootloader", 0), ("nvs", 0x9000), ("micropython", 0x10000), ("vfs", 0x200000),
    ]  # fmt: skip
    assert {p["file"]: p["size"] for p in told["parts"]} == {f.name: f.stat().st_size for f in folder.glob("*.bin")}
    assert (told["micropython"], told["board"], told["flash_bytes"]) == ("1.29.0", "c6", 4 << 20)
    assert (folder.stat().st_mode & 0o777, (folder / "nvs.bin").stat().st_mode & 0o777) == (0o700, 0o600)
    assert (mine["device"], mine["broker"]["host"], mine["period_s"]) == ("climate-1", "10.0.0.2", 30)
    for secret in (mine["broker"]["password"], mine["update_key"], mine["page"].rsplit("/", 1)[1]):
        assert len(secret) >= 22
        assert secret not in typed.out + typed.err + (folder / "flash.json").read_text()
        assert secret.encode() not in (folder / "vfs.bin").read_bytes()


def test_each_image_has_a_password_of_its_own(
    girouette: Callable[..., Any], home: Path, climate: str, micropython: Path
) -> None:
    """The one before opens nothing any more, and the sentence says so; of the rest not a byte differs."""
    typed = [girouette("image", climate, "--micropython", micropython, "--out", home / f"out{n}") for n in (1, 2)]
    one, two = ({f.name: f.read_bytes() for f in (home / f"out{n}").glob("*.bin")} for n in (1, 2))

    assert [t.code for t in typed] == [DONE, DONE]
    assert "comes in no more" in typed[0].out
    assert {name for name in one if one[name] != two[name]} == {"nvs.bin"}
    assert identity(home / "out1")["broker"]["password"] != identity(home / "out2")["broker"]["password"]


def test_what_cannot_be_made_changes_no_secret(girouette: Callable[..., Any], home: Path, climate: str) -> None:
    """A device that nobody knows, another chip's file, one that is too old, a small flash, a size that is none."""
    (home / "c3.bin").write_bytes(whole("c3"))
    (home / "old.bin").write_bytes(real_whole())
    (home / "c6.bin").write_bytes(whole("c6"))
    before = secrets_of(climate)

    refused = [
        girouette("image", "nobody", "--micropython", home / "c6.bin"),
        girouette("image", climate, "--micropython", home / "c3.bin"),
        girouette("image", climate, "--micropython", home / "old.bin", "--board", "esp32"),
        girouette("image", climate, "--micropython", home / "c6.bin", "--flash-size", "2MB"),
        girouette("image", climate, "--micropython", home / "none.bin"),
        girouette("image", climate, "--micropython", home / "c6.bin", "--flash-size", "3MB"),
    ]

    assert [typed.code for typed in refused][:4] == [REFUSED] * 4
    assert refused[5].code == USAGE
    assert [word in typed.err for typed, word in zip(refused, (
        "nobody", "for the chip c3, and the board has the chip c6", "1.23 or newer", "too small", "none.bin", "3MB",
    ), strict=True)] == [True] * 6  # fmt: skip
    assert secrets_of(climate) == before
    assert not list(home.glob("*-flash"))


def test_sizes_of_flash_are_read_as_they_are_printed() -> None:
    """In French letters, too."""
    assert [size_of(told) for told in ("4MB", "8Mo", " 16 ")] == [4 << 20, 8 << 20, 16 << 20]
    with pytest.raises(CommandError, match="4MB, 8MB or 16MB"):
        size_of("5MB")


@pytest.mark.slow
@pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")
def test_the_line_that_is_printed_makes_the_board(
    girouette: Callable[..., Any], home: Path, climate: str, micropython: Path, mosquitto: int, until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Typed as it stands, on a board out of its bag: it starts, and the broker hears the device."""
    url = f"mqtt://127.0.0.1:{mosquitto}"
    monkeypatch.setenv("GIROUETTE_BOARD_BROKER", url)
    told = girouette("image", climate, "--micropython", micropython, "--json").told
    receiver = Receiver(mosquitto)
    try:
        with ErasedBoard("c6", home / "board") as board:
            words = shlex.split(told["command"])
            assert words[0] == "esptool"
            ran = subprocess.run(
                [sys.executable, "-m", *words], cwd=home, capture_output=True, text=True, timeout=120,
                env=os.environ | {"ESPTOOL_PORT": board.url},
            )  # fmt: skip
            assert ran.returncode == 0, ran.stdout + ran.stderr
            until(lambda: receiver.kept, within_s=90, what="a sample at the broker")
            on_flash = read_vfs(board.content[0x200000:])
    finally:
        receiver.close()
    assert {device for device, _, _ in receiver.kept} == {climate}
    assert read_vfs((home / "climate-1-flash/vfs.bin").read_bytes()).items() <= on_flash.items()
