"""Names of devices and their topics are the same for board, gateway and broker."""

from __future__ import annotations

import doctest
import zlib

from hypothesis import given
from hypothesis import strategies as st

import devices.reading
from devices.reading import is_device, shard_of, topic_of

NAMES = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)


def test_shards_are_those_of_the_wire() -> None:
    """Vectors: the shard is two lower-case digits of CRC-32, a zero in front included."""
    assert [shard_of(name) for name in ("air-1", "a", "b", "")] == ["82", "43", "f9", "00"]


@given(NAMES)
def test_a_device_speaks_under_its_shard(name: str) -> None:
    """Whatever a device is called, its topic has version, shard and name, and can be taken apart again."""
    version, one, shard, device = topic_of(name).split("/")

    assert (version, one, device) == ("gir", "1", name)
    assert int(shard, 16) == zlib.crc32(name.encode()) % 256
    assert is_device(name)


@given(st.text(max_size=40))
def test_no_other_name_is_a_devices(name: str) -> None:
    """Only 1 to 32 of a-z, 0-9 and - name a device: no topic can be made of a name with a slash or a wildcard."""
    assert is_device(name) == (1 <= len(name) <= 32 and set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"))


def test_the_examples_are_true() -> None:
    """What the docstrings show is what comes out."""
    assert doctest.testmod(devices.reading).failed == 0
