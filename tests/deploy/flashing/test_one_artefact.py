"""One artefact, four doors: files, the browser, USB and the simulator give a board the same bytes, but for the secrets that each makes anew."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from erased import MIB, ErasedBoard
from wholes import whole

from api.app import create_app
from api.settings import ApiSettings
from deploy.assembly import open_registry, open_store
from deploy.faults import DONE
from deploy.settings import load_settings
from deploy.workshop.door import open_workshop
from deploy.workshop.passes import Terms
from devices.flash.parts import make_nvs, make_vfs, parts, read_vfs, settings_of
from devices.image import Image
from devices.interpreter import have_micropython
from devices.quantity import load_quantities
from devices.recipe import load_recipes
from devices.simulate import Surroundings, start_board

BOARD = {"recipe": "climate", "board": "c6", "chip": "ESP32-C6", "flash_bytes": 4 * MIB, "name": "climate-1"}
SAME = {"bootloader", "micropython", "vfs"}
SECRETS = {"password", "update_key"}


class Written(ErasedBoard):
    """A board that keeps its flash as it was before it started for the first time, and made files of its own."""

    written = b""

    def _start(self, cause: str) -> Any:
        before = self.flash.read_bytes()
        mode, speaker = super()._start(cause)
        if mode == "run" and not self.written:
            self.written = before
        return mode, speaker


def by_browser(file: Path) -> dict[str, tuple[int, bytes]]:
    """The parts of a new board as the atelier hands them out."""
    settings = load_settings(store=f"sqlite:{file}")
    with closing(open_registry(settings.store)) as registry, closing(open_store(settings.store)) as store:
        workshop = open_workshop(settings, registry, store)
        assert workshop is not None
        told = ApiSettings(public_url=settings.public_url)
        app = create_app(registry=registry, store=store, quantities=load_quantities(), settings=told, workshop=workshop)
        return asyncio.run(fetched(app, workshop.guests.add_link(Terms(), time.time())))


async def fetched(app: Any, link: str) -> dict[str, tuple[int, bytes]]:
    """What a page on this machine gets for a board, entered by a link; each part held against the hash that it was told."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50123))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as page:
        headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        await page.post("/atelier/enter", data={"link": link}, headers=headers)
        answer = await page.post("/atelier/boards", json=BOARD, headers=headers)
        assert answer.status_code == 201, answer.text
        found = {}
        for row in answer.json()["parts"]:
            content = (await page.get(row["url"])).content
            assert hashlib.sha256(content).hexdigest() == row["sha256"]
            found[row["name"]] = (row["offset"], content)
    return found


def by_files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The parts that `girouette image` wrote, each held against the hash that its list tells."""
    found = {}
    for row in json.loads((folder / "flash.json").read_text())["parts"]:
        content = (folder / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        found[row["name"]] = (row["offset"], content)
    return found


def hashes(door: Mapping[str, tuple[int, bytes]]) -> dict[str, tuple[int, str]]:
    """Where each part that has no secret begins, and the SHA-256 of it."""
    return {name: (door[name][0], hashlib.sha256(door[name][1]).hexdigest()) for name in SAME}


def public(nvs: bytes) -> dict[str, Any]:
    """What a board's settings say besides its secrets."""
    told = {key: json.loads(value) for key, value in settings_of(nvs).items()}
    mine = {key: value for key, value in told["identity"].items() if key not in SECRETS}
    broker = {key: value for key, value in mine["broker"].items() if key not in SECRETS}
    return {**told, "identity": {**mine, "broker": broker}}


def tree(folder: Path) -> dict[str, bytes]:
    """The files of a simulated board's disk."""
    return {f"/{f.relative_to(folder).as_posix()}": f.read_bytes() for f in folder.rglob("*") if f.is_file()}


@pytest.mark.slow
@pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")
def test_every_door_gives_a_board_the_same_bytes(
    girouette: Callable[..., Any],
    home: Path,
    mosquitto: int,
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By their hashes: bootloader, interpreter and disk; of the settings all but the secrets, which nobody gives twice."""
    micropython = home / "c6.bin"
    micropython.write_bytes(whole("c6"))
    for name, value in {
        "BOARD_MICROPYTHON": micropython, "BOARD_BROKER": f"mqtt://127.0.0.1:{mosquitto}", "PUBLIC_URL": "https://air.example",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"GIROUETTE_{name}", str(value))

    browser = by_browser(home / "girouette.sqlite")
    assert girouette("image", "climate-1").code == DONE
    files = by_files(home / "climate-1-flash")
    with Written("c6", home / "board") as board:
        typed = girouette("flash", "climate-1", "--port", board.url, "--micropython", micropython, "--wait", "0")
        assert typed.code == DONE, typed.err
    told = {name: (at, board.written[at : at + len(content)]) for name, (at, content) in files.items()}

    assert browser.keys() == files.keys() == SAME | {"nvs"}
    assert hashes(browser) == hashes(files) == hashes(told)
    disk = read_vfs(files["vfs"][1])
    assert public(browser["nvs"][1]) == public(files["nvs"][1]) == public(told["nvs"][1])
    passwords = {
        json.loads(settings_of(door["nvs"][1])["identity"])["broker"]["password"] for door in (browser, files, told)
    }
    assert len(passwords) == 3
    for door in (browser, files, told):
        assert make_nvs(settings_of(door["nvs"][1]), len(door["nvs"][1])) == door["nvs"][1]
    simulated(files, disk, home / "simulated")


def simulated(files: Mapping[str, tuple[int, bytes]], disk: Mapping[str, bytes], folder: Path) -> None:
    """A simulated board of these parts has the same files and settings, and they make the same parts again."""
    folder.mkdir()
    image = Image(disk, settings_of(files["nvs"][1]))
    around = Surroundings(load_recipes()["climate"].signals)
    with start_board(image, directory=folder, around=around, log=folder / "log") as board:
        board.kill()
    given = tree(folder / "flash")
    settings = {f.name: f.read_bytes() for f in (folder / "nvs/girouette").iterdir()}

    assert disk.items() <= given.items()
    assert make_vfs({path: given[path] for path in disk}, 2 * MIB) == files["vfs"][1]
    again = parts(whole("c6"), Image(disk, settings), "c6", 4 * MIB)
    assert {part.name: (part.offset, part.content) for part in again} == dict(files)
