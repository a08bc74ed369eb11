"""InfluxDB behind the port, where it differs from a file: it goes away, refuses, and is not ours alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.numerics.columns import READING
from gateway.store.influx import InfluxStore
from gateway.store.port import FAR_S, Batch, Point, StoreAway, StoreMismatch

T0 = 1_795_615_200
Make = Callable[..., InfluxStore]


def labels(series: int) -> Mapping[str, str]:
    """Tags of a series."""
    return {"channel": "t", "pilot": "rennes", "place": str(series), "quantity": "temperature"}


def readings(series: int, *times: int) -> NDArray[np.void]:
    """Good readings of one series."""
    return np.array([(series, t, 20.5, 1, 0x1111, 0.25) for t in times], READING)


@pytest.fixture
def make(influx: Any) -> Iterator[Make]:
    """A function that makes a store on the test's InfluxDB."""
    made: list[InfluxStore] = []

    def one(**other: Any) -> InfluxStore:
        given = {"token": influx.token, "org": influx.org, "labels": labels, "timeout_s": 5.0, **other}
        made.append(InfluxStore(given.pop("url", influx.url), **given))
        return made[-1]

    yield one
    for store in made:
        store.close()


def test_the_client_is_imported_when_it_writes() -> None:
    """Who only reads does not pay for influxdb-client, which takes seconds to import on a small machine."""
    program = "import sys; import gateway.store.influx; sys.exit('influxdb_client' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_killed_server_is_away_and_comes_back(influx: Any, make: Make) -> None:
    """While influxd is dead every call says so; afterwards the same store goes on, and what was kept is there."""
    store, batch = make(), Batch(readings=readings(3, T0, T0 + 2), states={3: b"one"})
    store.write(batch)
    influx.kill()

    for call in (
        lambda: store.write(batch),
        lambda: store.read(3, 0, FAR_S),
        lambda: store.latest([3]),
        store.states,
        lambda: store.delete(3, 0, FAR_S),
    ):
        with pytest.raises(StoreAway, match="does not answer"):
            call()
    assert "does not answer" in str(store.ready())

    influx.start()
    store.write(Batch(readings=readings(3, T0 + 4)))
    assert store.read(3, 0, FAR_S)["time_s"].tolist() == [T0, T0 + 2, T0 + 4]
    assert store.states() == {3: b"one"}
    assert store.ready() is None


@pytest.mark.slow
def test_a_server_that_hangs_is_away(influx: Any, make: Make, until: Callable[..., None]) -> None:
    """A frozen influxd holds nobody for longer than the timeout."""
    store = make(timeout_s=0.3)
    store.write(Batch(readings=readings(3, T0)))
    os.kill(influx.child.pid, signal.SIGSTOP)
    try:
        until(lambda: stands_still(influx.child.pid), what="a frozen influxd")
        with pytest.raises(StoreAway, match="does not answer"):
            store.write(Batch(readings=readings(3, T0 + 2)))
        with pytest.raises(StoreAway, match="does not answer"):
            store.read(3, 0, FAR_S)
    finally:
        os.kill(influx.child.pid, signal.SIGCONT)

    store.write(Batch(readings=readings(3, T0 + 2)))
    assert store.count(3, 0, FAR_S) == 2


def stands_still(pid: int) -> bool:
    """Are all threads of this process stopped?"""
    states = [stat.read_text().rpartition(") ")[2][0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}


def test_a_wrong_token_is_told(make: Make) -> None:
    """A refused token says which setting to look at, and never what it is."""
    store = make(token="not-this-one")

    with pytest.raises(StoreAway, match="GIROUETTE_INFLUX_TOKEN") as told:
        store.write(Batch(readings=readings(3, T0)))
    assert "not-this-one" not in str(told.value)
    assert "GIROUETTE_INFLUX_TOKEN" in str(store.ready())


def test_a_reader_reads_and_cannot_write(influx: Any, make: Make) -> None:
    """The public side's token suffices for every question, and a write with it is refused and remembered."""
    make().write(Batch(readings=readings(3, T0), states={3: b"x"}, points=[Point("fleet", T0, {}, {"online": 1.0})]))
    reader = make(token=influx.reader)

    assert len(reader.read(3, 0, FAR_S)) == len(reader.latest([3])) == reader.count(3, 0, FAR_S) == 1
    assert len(reader.points("fleet", 0, FAR_S)) == 1
    assert reader.ready() is None
    with pytest.raises(StoreAway, match="token"):
        reader.write(Batch(readings=readings(3, T0 + 2)))
    assert "token" in str(reader.ready())


def test_a_missing_bucket_is_told(influx: Any, make: Make) -> None:
    """A server without our buckets says which to make, and is ready as soon as they are there."""
    store = make()
    influx.ask('DROP RETENTION POLICY "m1" ON "girouette"')

    assert "lacks a bucket" in str(store.ready())
    influx.wipe()
    assert store.ready() is None


@pytest.mark.slow
def test_another_programs_bucket_is_refused(influx: Any, make: Make) -> None:
    """Where a field has another type already, the store does not fit: no retry would help."""
    influx.forward("POST", "/write?db=girouette&rp=raw&precision=s", f'obs,series=3 value="warm" {T0}'.encode(), {})

    with pytest.raises(StoreMismatch, match="field type conflict"):
        make().write(Batch(readings=readings(3, T0)))


def test_what_is_older_than_a_bucket_keeps_does_not_stop_the_rest(influx: Any, make: Make) -> None:
    """A late reading beyond the bucket's retention is dropped by the server; the others of its request are kept."""
    influx.ask('ALTER RETENTION POLICY "raw" ON "girouette" DURATION 520w')
    store = make()

    store.write(Batch(readings=readings(3, 1_000_000, T0)))

    assert store.read(3, 0, FAR_S)["time_s"].tolist() == [T0]
    assert store.ready() is None


@pytest.mark.slow
def test_what_answers_is_not_influxdb(influx: Any, make: Make, tmp_path: Any) -> None:
    """Something else on the port is named as such."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Other(BaseHTTPRequestHandler):
        """A web server that knows nothing of series."""

        def do_POST(self) -> None:
            """Answer with a page."""
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        store = make(url=f"http://127.0.0.1:{other.server_port}")

        assert "does not speak" in str(store.ready())
        other.shutdown()


def test_the_newest_stays_beside_what_was_trimmed(make: Make) -> None:
    """Trimming twice, a late reading and a new one each leave the newest as the latest; deleting takes it away."""
    store = make()
    store.write(Batch(readings=np.concatenate([readings(3, T0, T0 + 60), readings(4, T0 + 200)])))

    for before_s in (T0 + 100, T0 + 150):
        store.trim("raw", before_s)
        assert {int(r["series"]): int(r["time_s"]) for r in store.latest([3, 4])} == {3: T0 + 60, 4: T0 + 200}
    store.write(Batch(readings=readings(3, T0 + 30)))
    assert store.latest([3])["time_s"].tolist() == [T0 + 60]
    store.delete(3, T0 + 40, FAR_S)
    assert store.latest([3])["time_s"].tolist() == [T0 + 30]
    store.write(Batch(readings=readings(3, T0 + 300)))
    assert store.latest([3])["time_s"].tolist() == [T0 + 300]


def test_figures_leave_with_the_readings(make: Make) -> None:
    """Trimming raw takes old points of the fleet along, and spares states."""
    store = make()
    told = [Point("fleet", t, {"device": "a"}, {"online": 1.0, "age_s": float("nan")}) for t in (T0, T0 + 60)]
    store.write(Batch(points=[*told, Point("fleet", T0, {"device": "b"}, {"age_s": float("nan")})], states={3: b"x"}))

    store.trim("raw", T0 + 60)

    assert list(store.points("fleet", 0, FAR_S)) == [Point("fleet", T0 + 60, {"device": "a"}, {"online": 1.0})]
    assert store.states() == {3: b"x"}


@pytest.mark.parametrize("size", [1, 40_000])
def test_a_state_may_be_large(make: Make, size: int) -> None:
    """A blob of 40 kB fits in one field."""
    blob = np.random.default_rng(7).bytes(size)
    store = make()

    store.write(Batch(states={3: blob}))

    assert store.states() == {3: blob}
