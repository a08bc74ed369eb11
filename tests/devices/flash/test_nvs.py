"""ESP-IDF's NVS partition: what its own library makes is read, by its form; what is damaged or half written is not."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from esp_idf_nvs_partition_gen import nvs_partition_gen as espressif
from hypothesis import given
from hypothesis import strategies as st

from devices.flash.nvs import ACTIVE, BLOB, BOARD, CHUNK, FULL, INDEX, PAGE, make_nvs, read_nvs, settings_of
from devices.refusal import ImageError

SIZE = 0x6000
SETTINGS = {"identity": b'{"device":"b1"}' * 40, "wifi": b"[]"}
KEYS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=15)


def pages(region: bytes) -> list[bytes]:
    """The partition, a page at a time."""
    return [region[at : at + PAGE] for at in range(0, len(region), PAGE)]


def test_a_partition_has_the_form_that_esp_idf_documents() -> None:
    """A head with state, number, version and CRC; a map of two bits an entry; a namespace, then chunks and an index of each blob."""
    region = make_nvs(SETTINGS, SIZE)
    first = pages(region)[0]
    state, number = struct.unpack_from("<II", first)

    assert (len(region), state, number, first[8]) == (SIZE, ACTIVE, 0, 0xFE)
    assert zlib.crc32(first[4:28], 0xFFFFFFFF) == struct.unpack_from("<I", first, 28)[0]
    entries = [first[64 + 32 * n : 96 + 32 * n] for n in range(126)]
    heads = [entries[0], entries[1], entries[1 + 20], entries[1 + 20 + 1], entries[1 + 20 + 1 + 2]]
    assert [(e[0], e[1], e[2], e[8:24].rstrip(b"\0").decode()) for e in heads] == [
        (0, 0x01, 1, BOARD), (1, CHUNK, 20, "identity"), (1, INDEX, 1, "identity"), (1, CHUNK, 2, "wifi"), (1, INDEX, 1, "wifi"),
    ]  # fmt: skip
    for head in heads:
        assert zlib.crc32(head[:4] + head[8:], 0xFFFFFFFF) == struct.unpack_from("<I", head, 4)[0]
    used = 1 + 20 + 1 + 2 + 1
    bits = int.from_bytes(first[32:64], "little")
    assert [bits >> 2 * n & 3 for n in range(128)] == [0b10] * used + [0b11] * (128 - used)
    assert all(page == b"\xff" * PAGE for page in pages(region)[1:]), (
        "one page at least is free, or the chip would erase all"
    )


def test_the_same_settings_are_the_same_bytes() -> None:
    """In whichever order they come."""
    assert make_nvs(SETTINGS, SIZE) == make_nvs(dict(reversed(SETTINGS.items())), SIZE)


@given(st.dictionaries(KEYS, st.binary(max_size=5000), max_size=4))
def test_settings_are_read_as_they_were_made(settings: dict[str, bytes]) -> None:
    """Whatever they are, over as many pages as they need."""
    region = make_nvs(settings, 0x10000)

    assert settings_of(region) == settings
    assert read_nvs(region) == {(BOARD, key): value for key, value in settings.items()}


def test_what_others_keep_there_is_read_too() -> None:
    """Numbers, texts and blobs of other namespaces: the board of somebody else, or what ESP-IDF itself wrote."""
    file = BytesIO()
    with espressif.nvs_open(file, SIZE - PAGE, espressif.Page.VERSION2) as nvs:
        nvs.write_namespace("phy")
        nvs.write_entry("cal_version", "7", "u32")
        nvs.write_entry("small", "-3", "i8")
        nvs.write_entry("name", "côté cour", "string")
        nvs.write_namespace(BOARD)
        nvs.write_entry("wifi", b"[]".hex(), "hex2bin")
    region = file.getvalue()

    assert read_nvs(region) == {
        ("phy", "cal_version"): b"\7\0\0\0", ("phy", "small"): b"\xfd", ("phy", "name"): "côté cour".encode(), (BOARD, "wifi"): b"[]",
    }  # fmt: skip
    assert settings_of(region) == {"wifi": b"[]"}


def test_blobs_of_the_first_version_are_read() -> None:
    """One entry with its bytes behind it, as ESP-IDF wrote them before 3.2."""
    file = BytesIO()
    with espressif.nvs_open(file, SIZE - PAGE, espressif.Page.VERSION1) as nvs:
        nvs.write_namespace(BOARD)
        nvs.write_entry("wifi", b"[1]".hex(), "hex2bin")

    assert file.getvalue()[64 + 32 + 1] == BLOB
    assert settings_of(file.getvalue()) == {"wifi": b"[1]"}


def test_the_newer_of_two_holds() -> None:
    """A power cut may leave both, on two pages: the page with the higher number is the newer one."""
    old, new = (pages(make_nvs({"wifi": told}, SIZE))[0] for told in (b"old", b"new"))
    later = bytearray(new)
    later[4:8] = (1).to_bytes(4, "little")
    later[28:32] = zlib.crc32(later[4:28], 0xFFFFFFFF).to_bytes(4, "little")
    full = FULL.to_bytes(4, "little") + old[4:]

    assert settings_of(full + bytes(later)) == {"wifi": b"new"}
    assert settings_of(bytes(later) + full) == {"wifi": b"new"}


@pytest.mark.parametrize("at", [5, 64 + 32 + 9, 64 + 64 + 3, 64 + 32 * 21 + 26])
def test_what_is_damaged_is_not_taken(at: int) -> None:
    """A page's head, an entry's head, a byte of its value, its index: what the CRC does not bear out is not there."""
    region = bytearray(make_nvs(SETTINGS, SIZE))
    region[at] ^= 0x40

    assert "identity" not in settings_of(bytes(region))


def test_what_is_erased_is_not_there() -> None:
    """By the map, or as a whole partition; and nothing is read of what is no partition."""
    region = bytearray(make_nvs(SETTINGS, SIZE))
    region[32 + 22 // 4] &= ~(0b11 << 22 % 4 * 2)
    region[32 + 24 // 4] &= ~(0b11 << 24 % 4 * 2)

    assert settings_of(bytes(region)).keys() == {"identity"}
    assert read_nvs(b"\xff" * SIZE) == read_nvs(b"") == read_nvs(bytes(SIZE)) == {}


def test_settings_without_room_are_refused() -> None:
    """In one sentence: the partition has a page that must stay free."""
    with pytest.raises(ImageError, match="fewer Wi-Fi networks"):
        make_nvs({"wifi": bytes(20_000)}, SIZE)
