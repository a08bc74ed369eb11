"""A board's disk: what is made here the real interpreter mounts, and what it wrote is read, renewed and put back here."""

from __future__ import annotations

import binascii
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mounted import on_board

from devices.flash.disk import OLDEST, counter, make_vfs, read_vfs, renewed_vfs, restored_vfs
from devices.flash.partitions import BLOCK, LEAST_VFS
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.refusal import ImageError, InterpreterError

SIZE = 64 * BLOCK
NAMES = st.text("abcdefghijklmnopqrstuvwxyz.0123456789", min_size=1, max_size=20).filter(lambda n: n.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: "/" + "/".join(names))


def version_of(region: bytes) -> int:
    """The version of littlefs that its first block names."""
    return int.from_bytes(region[20:24], "little")


def test_the_interpreter_mounts_what_is_made(tmp_path: Path) -> None:
    """Every file as it was, small ones that lie in their directory too; it writes to it, and that is read here."""
    files = {f"/girouette/{n}.mpy": bytes([n]) * (17 * n) for n in range(40)} | {"/empty": b"", "/boot.py": b"x" * 5000}
    region = make_vfs(files, SIZE)

    found, after = on_board(region, tmp_path, {"/log": b"started", "/boot.py": b"y"})

    assert found == files
    assert read_vfs(after) == files | {"/log": b"started", "/boot.py": b"y"}


def test_a_disk_is_of_the_oldest_version_and_stays_readable_in_the_newest(tmp_path: Path) -> None:
    """MicroPython makes 2.1 of it at its first write; what is renewed then stays 2.1, and what was not touched 2.0."""
    region = make_vfs({"/x": b"1"}, SIZE)
    _, after = on_board(region, tmp_path, {"/y": b"2"})
    again, _ = on_board(renewed_vfs(after, {"/c": b"3"}), tmp_path)

    assert version_of(region) == OLDEST
    assert version_of(renewed_vfs(region, {"/c": b"3"})) == OLDEST
    assert read_vfs(after) == {"/x": b"1", "/y": b"2"}
    assert again.keys() == {"/x", "/y", "/c", "/slots.json"}


def test_a_whole_image_is_the_same_bytes_each_time_and_has_room() -> None:
    """In whichever order its files come; the smallest disk that we accept takes it."""
    files = build_image(
        [load_recipes()["air"]], Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883)
    ).files

    assert make_vfs(files, LEAST_VFS) == make_vfs(dict(reversed(files.items())), LEAST_VFS)
    assert read_vfs(make_vfs(files, LEAST_VFS)) == files


@given(st.dictionaries(PATHS, st.binary(max_size=600), max_size=8))
def test_files_are_read_as_they_were_made(files: dict[str, bytes]) -> None:
    """Whatever they are called, as long as no file is a folder, too."""
    if any(other.startswith(f"{path}/") for path in files for other in files):
        return

    assert read_vfs(make_vfs(files, SIZE)) == files


def test_what_has_no_room_and_what_is_no_disk_is_refused() -> None:
    """In one sentence each."""
    with pytest.raises(ImageError, match="no room on the board’s disk"):
        make_vfs({"/x": bytes(SIZE)}, SIZE)
    with pytest.raises(ImageError, match="no room on the board’s disk"):
        renewed_vfs(make_vfs({"/spool/1": bytes(SIZE // 2)}, SIZE), {"/x": bytes(SIZE // 2)})
    for nothing in (b"\xff" * SIZE, bytes(SIZE), b""):
        with pytest.raises(InterpreterError, match="has to be erased"):
            read_vfs(nothing)


def counted(**told: object) -> bytes:
    """A board's counter that says this."""
    text = json.dumps(told, separators=(",", ":")).encode()
    return b"%08x %s" % (binascii.crc32(text), text)


def config(recipe: str) -> bytes:
    """A configuration of this recipe."""
    return json.dumps({"v": 1, "recipe": recipe}).encode()


OLD = {
    "/boot.py": b"old", "/girouette/app.mpy": b"old", "/girouette/gone.mpy": b"old", "/anchors/1.der": b"old", "/a/girouette/app.mpy": b"x",
    "/a/config.json": b"{}", "/b/manifest": b"x", "/config.json": config("air"), "/config.good": config("air"),
    "/slots.json": b'{"good":"a","trial":"b","serial":1790000007,"fails":3}', "/update.json": b"{}", "/heard": b"",
    "/interpreter.json": b"{}", "/changes.json": b'{"batch":6}', "/obeyed": b"x",
}  # fmt: skip
KEPT = {
    "/counter": counted(ep=7, sq=65), "/spool/3": b"a sample", "/log/0": b"diary", "/date.txt": b"1", "/wifi.txt": b"Mairie",
    "/notes.txt": b"somebody's own",
}  # fmt: skip
NEW = {"/boot.py": b"new", "/girouette/app.mpy": b"new", "/config.json": config("air")}


def test_a_board_that_is_flashed_again_keeps_what_is_its_own() -> None:
    """Its counter, spool, diary, and what a person laid there; of its program and its updates nothing, but the last order's number."""
    found = read_vfs(renewed_vfs(make_vfs(OLD | KEPT, SIZE), NEW))
    starts = json.loads(found.pop("/slots.json"))

    assert found == NEW | KEPT | {"/changes.json": b'{"batch":6}'}
    assert starts == {"good": "", "trial": None, "serial": 1790000007, "fails": 0}


def test_another_recipe_begins_without_what_was_changed_from_afar() -> None:
    """Its sensors may not bear to sleep."""
    found = read_vfs(renewed_vfs(make_vfs(OLD | KEPT, SIZE), NEW | {"/config.json": config("rain")}))

    assert "/changes.json" not in found
    assert read_vfs(renewed_vfs(make_vfs({"/slots.json": b"{"}, SIZE), NEW))["/slots.json"].count(b'"serial": 0') == 1


NUMBERS = """
from girouette.numbers import Numbers
numbers = Numbers()
result = [numbers.ep, numbers.next, numbers.dropped, numbers.boot, numbers.base_of(4), numbers.moved, numbers.gone, numbers.take()]
"""


@pytest.mark.slow
def test_a_board_that_is_put_back_gives_numbers_of_another_ep(tmp_path: Path) -> None:
    """None of the saved one again; what waits keeps its numbers, and the dates of its boots."""
    told = counted(ep=7, sq=129, dr=3, boot=5, gone=2, bases={"4": 1795615000}, moved={"5": [7, -3]}, passed=[3, 1])
    saved = make_vfs(OLD | KEPT | {"/counter": told}, SIZE)

    restored = restored_vfs(saved)
    (ep, *rest), _ = on_board(restored, tmp_path, code=NUMBERS)

    assert 0 <= ep < 1 << 30
    assert ep != 7
    assert rest == [1, 0, 6, 1795615000, {"5": [7, -3]}, 2, 1]
    assert {p: c for p, c in read_vfs(restored).items() if p != "/counter"} == {
        p: c for p, c in read_vfs(saved).items() if p != "/counter"
    }
    assert len({json.loads(read_vfs(restored_vfs(saved))["/counter"].split(b" ", 1)[1])["ep"] for _ in range(20)}) == 20


@pytest.mark.parametrize("spoilt", [b"", b"7", b"00000000 {}", b"xyz {}", counted(ep=7)[:-1], counted(ep=7) + b" "])
def test_a_counter_that_cannot_be_read_stays_as_it_is(spoilt: bytes) -> None:
    """The board judges it as it is judged here, and makes a new `ep` by itself."""
    saved = make_vfs(KEPT | {"/counter": spoilt}, SIZE)

    assert counter(spoilt) is None
    assert restored_vfs(saved) == saved
    assert restored_vfs(make_vfs({}, SIZE)) == make_vfs({}, SIZE)
