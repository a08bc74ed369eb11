"""A workshop and a town, each one embedded file, filled by the same hands as a gateway's: registry, journal and store."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gateway.journal import Change, Entry, Journal
from gateway.numerics.columns import READING, WINDOW, Columns, no_columns
from gateway.numerics.watch.events import EVENT
from gateway.quarantine import Refused
from gateway.registry import Registry, Wanted
from gateway.store.port import FAR_S, Batch
from gateway.store.sqlite import SqliteStore

T0 = 1_795_615_200
CHANNELS = (("temperature", "temperature", {}), ("pm2_5", "pm2_5", {}))


@functools.cache
def blank() -> bytes:
    """An embedded file with all tables and nothing in them: made once, since that takes longest."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blank.sqlite"
        Registry(f"sqlite:{file}").close()
        return file.read_bytes()


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two."""

    file: Path

    def __post_init__(self) -> None:
        """A file that is not there begins empty, of this version."""
        if not self.file.exists():
            self.file.write_bytes(blank())

    @contextlib.contextmanager
    def registry(self) -> Iterator[Registry]:
        """Its registry, open."""
        with contextlib.closing(Registry(f"sqlite:{self.file}")) as registry:
            yield registry

    @contextlib.contextmanager
    def journal(self) -> Iterator[Journal]:
        """Its journal, open."""
        with contextlib.closing(Journal(self.file)) as journal:
            yield journal

    @contextlib.contextmanager
    def store(self) -> Iterator[SqliteStore]:
        """Its series, open."""
        with contextlib.closing(SqliteStore(self.file, ballast_bytes=1 << 16)) as store:
            yield store

    def settle(self, pilot: str, *devices: str, name: str = "Atelier") -> None:
        """Register a pilot with devices, each at a place of its own, with links and keys of their own."""
        with self.registry() as registry:
            made = registry.add_pilot(pilot, name)
            for number, device in enumerate(devices):
                place = registry.add_place(made.id, f"{name} {number}", lat=48 + number / 10, lon=-1.0)
                registry.add_device(
                    device, pilot_id=made.id, recipe="air", channels=CHANNELS, period_s=60, place_id=place.id,
                    at_s=T0, password_hash=f"hash of {pilot} {device}",
                )  # fmt: skip
                registry.set_update_key(device, f"{pilot}{number}".encode().hex().ljust(64, "0"))

    def measure(self, device: str, first: int, count: int, *, value: float = 20.0, ep: int = 7) -> None:
        """Readings of all its channels, a minute apart, with windows, state and account, as a gateway would have left them."""
        with self.store() as store:
            for series in self.series(device).values():
                store.write(batch(series, T0 + 60 * first, count, value))
        self.account(device, ep, first + count, first=1)

    def account(self, device: str, ep: int, n: int, *, first: int = 1, lo: int = 1) -> None:
        """The ledger holds the numbers first to n of this `ep`."""
        entry = Entry(device, ep, n, lo, 0, T0, [first, n + 1])
        with self.journal() as journal:
            journal.commit(no_columns(), Change(entries=[entry]), now_s=T0)

    def wait(self, device: str, first: int, count: int, value: float = 20.0) -> None:
        """Readings of its first channel that are in the journal alone."""
        with self.journal() as journal:
            series = np.full(count, self.series(device)["temperature"], np.int64)
            times = T0 + 60 * np.arange(first, first + count, dtype=np.int64)
            journal.commit(Columns(series, times, np.full(count, value)), Change(), now_s=T0)

    def refuse(self, device: str, sq: int, *, ep: int = 7) -> None:
        """A sample of the device lies in quarantine."""
        payload = f'[{{"bn":"{device}/","ep":{ep},"sq":{sq},"n":"nothing","v":1}}]'.encode()
        topic = f"gir/1/00/{device}/obs"
        with self.journal() as journal:
            one = Refused("unknown-channel", device, ep, sq, T0, topic, payload)
            journal.commit(no_columns(), Change(refused=[one]), now_s=T0)

    def series(self, device: str) -> dict[str, int]:
        """The series that a device fills now, by channel."""
        with self.registry() as registry:
            at = next(i.place_id for i in registry.installations() if (i.device_id, i.end_s) == (device, None))
            return {row.channel: row.id for row in registry.series() if row.place_id == at}

    def readings(self, device: str, channel: str = "temperature") -> list[tuple[int, float]]:
        """Minute and value of all that is stored of a channel."""
        with self.store() as store:
            rows = store.read(self.series(device)[channel], 0, FAR_S)
        return [(int(row["time_s"] - T0) // 60, float(row["value"])) for row in rows]

    def entry(self, device: str, ep: int = 7) -> Entry:
        """What the ledger holds of one `ep`."""
        with self.journal() as journal:
            return next(e for e in journal.entries() if (e.device, e.ep) == (device, ep))

    def entry_count(self, device: str) -> int:
        """How many samples the ledger has of a device, of all its `ep`."""
        with self.journal() as journal:
            edges = [e.edges for e in journal.entries() if e.device == device]
        return sum(b - a for each in edges for a, b in zip(each[::2], each[1::2], strict=True))

    def counts(self) -> dict[str, int]:
        """How many rows each table has, of registry, store and journal."""
        with self.journal() as journal:
            tables = [
                row[0] for row in journal._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if row[0] not in {"sqlite_sequence", "registry_revision"}
            ]  # fmt: skip
            return {name: journal._db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def batch(series: int, start_s: int, count: int, value: float) -> Batch:
    """Readings of a series a minute apart, a window of each hour that they touch, a state and an event."""
    rows = np.zeros(count, READING)
    rows["series"], rows["time_s"], rows["flag"], rows["score"] = series, start_s + 60 * np.arange(count), 3, 0.5
    rows["value"] = value
    hours = np.unique(rows["time_s"] // 3600 * 3600)
    windows = np.zeros(len(hours), WINDOW)
    windows["series"], windows["start_s"], windows["count"], windows["value"] = series, hours, 60, value
    event = np.zeros(1, EVENT)
    event["series"], event["start_s"] = series, start_s
    return Batch(rows, h1=windows, d1=windows[:1], states={series: b"state of a series"}, events=event)


def calibrate(half: Half, device: str) -> None:
    """Correct the device by a line, which is called by its number."""
    with half.registry() as registry:
        wanted = Wanted(device, "temperature", "linear", {"slope": 1.0, "intercept": 0.5})
        registry.add_calibration(wanted, at_s=T0)
