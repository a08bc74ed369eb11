"""`girouette wifi`: networks are typed once and kept, and a board on the cable is given them, at a real terminal."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Surroundings
from devices.virtual.terminal import VirtualBoard

PAGE = "https://air.example/d/Zm9yIGEgdGVzdCBvbmx5"
AIR = {"networks": {"hall": "a long key", "yard": ""}}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with a password in it."""
    file = tmp_path / "secret"
    file.write_text("a long key\nmore\n")
    return file


def image(*, known: bool = False) -> Image:
    """A board of the town."""
    wifi = ({"ssid": "hall", "password": "a long key"},) if known else ()
    return build_image(
        [load_recipes()["noise"]],
        Identity("noise-1", shard_of("noise-1"), "noise-1", "x", "127.0.0.1", 9, 1, wifi, page=PAGE),
    )


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    """A board that knows no network yet, in a room with two."""
    around = Surroundings(load_recipes()["noise"].signals, wifi=AIR)
    with VirtualBoard(image(), directory=tmp_path / "board", around=around) as made:
        yield made


def test_networks_are_kept_listed_and_forgotten(girouette: Callable[..., Any], home: Path, secret: Path) -> None:
    """The newest first, in a file of mode 0600; a list never has a password; a name that is not kept is refused with those that are."""
    kept = girouette("wifi", "add", "hall", "--password-file", str(secret))
    girouette("wifi", "add", 'Café "d\'Or"', "--password-file", str(secret))
    listed = girouette("wifi", "list")

    assert kept.code == 0
    assert "girouette-wifi.toml" in kept.out
    assert listed.out == 'Café "d\'Or"\nhall\n'
    assert "a long key" not in kept.out + listed.out + girouette("wifi", "list", "--json").out
    assert stat.S_IMODE((home / "girouette-wifi.toml").stat().st_mode) == 0o600

    unknown = girouette("wifi", "forget", "hill")
    assert unknown.code == 1
    assert "hall" in unknown.err
    assert girouette("wifi", "forget", "hall").code == 0
    assert [n["ssid"] for n in girouette("wifi", "list", "--json").told] == ['Café "d\'Or"']


def test_the_key_of_a_board_s_own_wifi(girouette: Callable[..., Any], home: Path) -> None:
    """Told for a device of the registry, and printed on its label where that is asked for; the same key in both places."""
    girouette("device", "add", "--recipe", "noise", "--id", "noise-1", "--place", "48.11,-1.68")

    (told,) = girouette("wifi", "own", "noise-1", "--json").told
    girouette("label", "noise-1", "--file", "plain.svg")
    girouette("label", "noise-1", "--wifi", "--file", "inside.svg")

    assert told["ssid"] == "girouette-noise-1"
    assert len(told["key"]) == 10
    assert girouette("wifi", "own", "noise-1").out == f"girouette-noise-1  {told['key']}\n"
    assert told["key"] not in (home / "plain.svg").read_text()
    assert told["key"] in (home / "inside.svg").read_text()


def test_what_cannot_be_is_refused_before_it_is_kept(girouette: Callable[..., Any], home: Path, secret: Path) -> None:
    """A password of five letters, nobody to ask, nothing kept yet: one sentence each, which says what to type."""
    secret.write_text("short\n")
    short = girouette("wifi", "add", "hall", "--password-file", str(secret))
    nobody = girouette("wifi", "add", "hall")
    alone = girouette("wifi")
    none = girouette("wifi", "give")

    assert [short.code, nobody.code, alone.code, none.code] == [1, 2, 2, 1]
    assert "short" not in short.err
    assert "--password-file" in nobody.err
    assert "girouette wifi add" in alone.err
    assert "girouette wifi add" in none.err
    assert not (home / "girouette-wifi.toml").exists()
    assert "no network is kept" in girouette("wifi", "list").out


@pytest.mark.slow
def test_a_password_is_typed_unseen(home: Path) -> None:
    """At a terminal `girouette wifi` asks for the name and the password, which is not shown; an empty line is an open network."""
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "wifi"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: os.set_inheritable(0, True),  # noqa: PLW1509 - one thread
    )  # fmt: skip
    os.close(theirs)
    shown = answer(ours, b"Name of the Wi-Fi network", b"hall\n")
    shown += answer(ours, b"Password of", b"a long key\n")
    assert asked.wait(20) == 0
    os.close(ours)

    assert b"a long key" not in shown
    assert 'password = "a long key"' in (home / "girouette-wifi.toml").read_text()


def answer(terminal: int, question: bytes, said: bytes) -> bytes:
    """Wait for the question, type, and what was shown until then."""
    found, deadline = b"", time.monotonic() + 30
    while question not in found:
        assert time.monotonic() < deadline, found
        found += os.read(terminal, 4096)
    time.sleep(0.3)
    os.write(terminal, said)
    return found


@pytest.mark.slow
def test_a_board_on_the_cable_is_given_what_is_kept(
    girouette: Callable[..., Any], home: Path, secret: Path, board: VirtualBoard
) -> None:
    """What it hears is listed; it joins what is kept and heard, keeps it, says where its measurements are; what it does not hear is said."""
    girouette("wifi", "add", "hall", "--password-file", str(secret))
    girouette("wifi", "add", "elsewhere", "--password-file", str(secret))

    heard = girouette("wifi", "scan", "--port", board.port)
    assert heard.code == 0
    assert "noise-1" in heard.out
    assert "hall  -58 dBm  kept" in heard.out
    assert "yard  -59 dBm  without a password" in heard.out

    given = girouette("wifi", "give", "--port", board.port)

    assert given.code == 0
    assert "noise-1 knows: hall" in given.out
    assert PAGE in given.out
    assert "elsewhere" in given.err
    assert b"hall" in (home / "board/nvs/girouette/wifi").read_bytes()
    assert "a long key" not in given.out + given.err


@pytest.mark.slow
def test_a_network_that_hides_its_name_is_tried(girouette: Callable[..., Any], home: Path, secret: Path) -> None:
    """Where none of those that are kept is heard they are tried all the same, as in a rehearsal, where every network is there."""
    girouette("wifi", "add", "hidden", "--password-file", str(secret))
    around = Surroundings(load_recipes()["noise"].signals)
    with VirtualBoard(image(), directory=home / "board", around=around) as made:
        given = girouette("wifi", "give", "--port", made.port, "--json")

    assert given.told["given"] == ["hidden"]


@pytest.mark.slow
def test_a_wrong_password_is_said_and_nothing_is_kept(
    girouette: Callable[..., Any], home: Path, secret: Path, board: VirtualBoard
) -> None:
    """The sentence names the network and what to look at; the command ends with 1, and the board knows nothing new."""
    secret.write_text("a wrong key\n")
    girouette("wifi", "add", "hall", "--password-file", str(secret))

    given = girouette("wifi", "give", "--port", board.port)

    assert given.code == 1
    assert 'could not join "hall"' in given.err
    assert "girouette wifi add" in given.err
    assert not (home / "board/nvs/girouette/wifi").exists()


@pytest.mark.slow
def test_a_board_that_does_not_listen_any_more_is_started_again(
    girouette: Callable[..., Any], home: Path, secret: Path
) -> None:
    """One that has had its network for a while hears nothing of Improv; the command restarts it from its prompt, and it takes the next one."""
    girouette("wifi", "add", "yard", "--password-file", os.devnull)
    around = Surroundings(load_recipes()["noise"].signals, wifi=AIR)
    with VirtualBoard(image(known=True), directory=home / "board", around=around) as made:
        time.sleep(12)

        given = girouette("wifi", "give", "yard", "--port", made.port, "--json")

    assert given.code == 0
    assert given.told == {"device": "noise-1", "given": ["yard"], "refused": [], "away": [], "page": PAGE}


@pytest.mark.slow
def test_what_is_no_board_stays_silent(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port behind which nobody answers, and one that is not there: a sentence for each."""
    monkeypatch.setattr("deploy.commands.wifi.STARTS_S", 0.5)
    monkeypatch.setattr("deploy.commands.wifi.LISTENS_S", 0.5)
    ours, theirs = pty.openpty()
    silent = girouette("wifi", "scan", "--port", os.ttyname(theirs))
    missing = girouette("wifi", "scan", "--port", str(home / "ttyUSB9"))
    os.close(ours)
    os.close(theirs)

    assert silent.code == 1
    assert "does not answer" in silent.err
    assert missing.code == 3
