"""The stores that the contract is held against: a fresh one of each kind for every test."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gateway.store import names
from gateway.store.influx import InfluxStore
from gateway.store.port import Store
from gateway.store.sqlite import SqliteStore

FS_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2
URL, TOKEN = os.environ.get("GIROUETTE_TEST_INFLUX_URL"), os.environ.get("GIROUETTE_TEST_INFLUX_TOKEN", "")
ORG = os.environ.get("GIROUETTE_TEST_INFLUX_ORG", "girouette")
KINDS = ["sqlite", "influx", *(["influx 2"] if URL else [])]
"""The last one is any InfluxDB 2.x that the environment names. Its buckets girouette/* are emptied."""


def labels(series: int) -> Mapping[str, str]:
    """Tags such as the registry gives them, with every character that could break a line."""
    return {"channel": "t", "pilot": "rennes", "place": f"Côté, = {series}", "quantity": "temperature"}


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    made = make(request, tmp_path)
    yield made
    made.close()


def make(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of the kind that the test is run with."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "girouette.sqlite", ballast_bytes=1 << 16)
    if request.param == "influx":
        here = request.getfixturevalue("influx")
        return InfluxStore(here.url, token=here.token, org=here.org, labels=labels)
    assert URL is not None
    empty(URL)
    return InfluxStore(URL, token=TOKEN, org=ORG, labels=labels)


def empty(url: str) -> None:
    """The server has our buckets and nothing is in them."""
    from influxdb_client import InfluxDBClient

    with InfluxDBClient(url, TOKEN, org=ORG) as client:
        for bucket in names.BUCKETS.values():
            if client.buckets_api().find_bucket_by_name(bucket) is None:
                client.buckets_api().create_bucket(bucket_name=bucket, org=ORG)
            client.delete_api().delete("1677-09-22T00:00:00Z", "2262-04-11T00:00:00Z", "", bucket, ORG)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MiB of its own."""
    there = tmp_path / "disk"
    there.mkdir()
    mount(["-t", "tmpfs", "-o", "size=8m", "tmpfs", str(there)])
    try:
        yield there
    finally:
        subprocess.run(["umount", "-l", str(there)], check=True)


class OwnDisk:
    """A disk in a file, whose power can be cut."""

    def __init__(self, image: Path, path: Path) -> None:
        self.image, self.path = image, path
        path.mkdir()
        with image.open("wb") as handle:
            handle.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)

    def power_on(self) -> None:
        """The disk is there, with what had reached it."""
        if self.path.is_mount():
            subprocess.run(["umount", str(self.path)], check=True)
        mount(["-o", "loop", str(self.image), str(self.path)])

    def cut(self) -> None:
        """From now on nothing reaches the disk; not even the file system's own journal is flushed."""
        handle = os.open(self.path, os.O_RDONLY)
        fcntl.ioctl(handle, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        os.close(handle)


@pytest.fixture
def own_disk(tmp_path: Path) -> Iterator[OwnDisk]:
    """A real file system of its own: `path`, `cut()`, `power_on()`."""
    disk = OwnDisk(tmp_path / "disk.img", tmp_path / "disk")
    disk.power_on()
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk.path)], check=True)


def mount(arguments: list[str]) -> None:
    """Mount, or skip by name where that is not allowed."""
    mounted = subprocess.run(["mount", *arguments], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"only root can mount a disk of its own: {mounted.stderr.decode().strip()}")
