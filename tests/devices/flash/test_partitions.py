"""How a flash is divided: a real image's table, MicroPython's own rule for its file system, and tables that are none."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wholes import BEFORE, WITH_TWO_SLOTS, real_whole, whole

from devices.flash.partitions import (
    BLOCK,
    LEAST_VFS,
    TABLE_BYTES,
    Partition,
    Table,
    read_table,
    rows_of,
    table_of,
    vfs_region,
)
from devices.refusal import InterpreterError

MIB = 1 << 20
NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=15)
PARTITIONS = st.builds(
    Partition, NAMES, st.integers(0, 0xFE), st.integers(0, 0xFE), st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 32) - 1)
)  # fmt: skip


def test_a_real_image_tells_its_partitions() -> None:
    """The one of a package for an ESP32, which is of the time when the file system was in the table."""
    table = read_table(real_whole())

    assert table.chip == "esp32"
    assert [(row.name, row.offset, row.size) for row in table.rows] == [
        ("nvs", 0x9000, 0x6000), ("phy_init", 0xF000, 0x1000), ("factory", 0x10000, 0x180000), ("vfs", 0x200000, 0x200000),
    ]  # fmt: skip
    assert (table.nvs.offset, table.app.name, table.otadata) == (0x9000, "factory", None)
    assert vfs_region(table, 4 * MIB) == (2 * MIB, 2 * MIB)


@pytest.mark.parametrize("chip", ["esp32", "s2", "s3", "c3", "c6"])
def test_what_no_table_names_lies_behind_the_last_partition(chip: str) -> None:
    """To the end of the flash, however large that is; the table is found wherever the chip's bootloader begins."""
    table = read_table(whole(chip))

    assert table == Table(chip, BEFORE)
    assert [vfs_region(table, size * MIB) for size in (4, 8, 16)] == [
        (0x200000, 2 * MIB), (0x200000, 6 * MIB), (0x200000, 14 * MIB),
    ]  # fmt: skip


def test_two_slots_leave_less_room_and_have_a_word_for_which_starts() -> None:
    """The first of them is what a new board starts."""
    table = read_table(whole("c6", "1.29.0", WITH_TWO_SLOTS))

    assert (table.app.name, table.otadata) == ("ota_0", WITH_TWO_SLOTS[1])
    assert vfs_region(table, 4 * MIB) == (0x310000, 0xF0000)


def test_a_flash_without_room_is_refused() -> None:
    """One of 2 MiB ends where the file system would begin; one whose table goes beyond its end is another board's."""
    with pytest.raises(InterpreterError, match=r"flash \(2 MB\) is too small: 3 MB are needed"):
        vfs_region(Table("c3", BEFORE), 2 * MIB)
    with pytest.raises(InterpreterError, match=r"flash \(2 MB\) is too small: 4 MB are needed"):
        vfs_region(read_table(real_whole()), 2 * MIB)
    assert vfs_region(Table("c3", BEFORE), 2 * MIB + LEAST_VFS + 5) == (2 * MIB, LEAST_VFS)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "no_bootloader"),
        (b"\x7fELF" + bytes(100), "no_bootloader"),
        (whole("c3")[0x10000:], "bad_table"),
        (whole("c3")[:0x8000], "bad_table"),
        (whole("c3")[:0x8005] + b"\0" + whole("c3")[0x8006:], "bad_table"),
    ],
)
def test_what_is_no_whole_image_is_told(content: bytes, key: str) -> None:
    """Another file, an application alone, a cut one, a table with one wrong byte."""
    with pytest.raises(InterpreterError) as refused:
        read_table(content)
    assert refused.value.key == key


def test_an_image_without_room_for_settings_is_told() -> None:
    """One with no `nvs`, and one with no application."""
    for row, name in ((BEFORE[0], "app"), (BEFORE[2], "nvs")):
        with pytest.raises(InterpreterError, match=f"no partition {name}"):
            getattr(Table("c3", (row,)), name)


@given(st.lists(PARTITIONS, min_size=1, max_size=20))
def test_a_table_is_read_as_it_was_written(rows: list[Partition]) -> None:
    """Whatever partitions there are; every byte of its rows is under its MD5."""
    table = table_of(rows)

    assert rows_of(table) == tuple(rows)
    assert len(table) == TABLE_BYTES < BLOCK
    spoilt = bytearray(table)
    spoilt[len(rows) * 32 // 2] ^= 1
    with pytest.raises(InterpreterError):
        rows_of(bytes(spoilt))
