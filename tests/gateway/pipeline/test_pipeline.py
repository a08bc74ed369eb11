"""The whole gateway in one process, over a real broker: what boards are told, what is kept, and what happens when parts fail."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from numpy.typing import NDArray

from devices.reading import topic_of
from gateway.store.port import FAR_S, Batch, Point, StoreAway, StoreError, StoreMismatch, Tier
from gateway.store.sqlite import SqliteStore
from gateway.takeover import TakeoverError

pytestmark = pytest.mark.slow
"""Over a real broker, which takes its time: not for the loop."""

ROOT = Path(__file__).parent.parent.parent.parent
PackOf = Callable[..., list[dict[str, Any]]]
Until = Callable[..., None]


@pytest.fixture
def start_s() -> int:
    """A time an hour ago."""
    return int(time.time()) - 3600


async def until_async(condition: Callable[[], object], *, within_s: float = 30, what: str = "it") -> None:
    """Wait until the condition holds, while the gateway runs in the same loop."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true"
        await asyncio.sleep(0.02)


def run(town: Any, port: int, work: Callable[[Any], Any], **how: Any) -> None:
    """Run a gateway, and the work in a thread beside it."""

    async def test() -> None:
        async with town.gateway(port, **how) as pipeline:
            await asyncio.to_thread(work, pipeline)

    asyncio.run(test())


def test_a_pack_is_kept_then_receipted(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """The receipt covers the samples, and readings, windows and flags are in the store soon after."""

    def work(pipeline: Any) -> None:
        boards.say("air-0", pack_of("air-0", 1, [15.0, 15.5, 31.0], time_s=start_s))
        until(lambda: boards.kept("air-0").get("sq") == 3, what="the receipt")
        with town.journal() as journal:
            assert boards.kept("air-0") == {"st": journal.st, "ep": 7, "sq": 3, "also": []}
        until(lambda: len(town.kept()["raw"]) == 3, what="stored")
        assert pipeline.figures()["readings"] == 3

    run(town, mosquitto, work)
    kept = town.kept()
    assert kept["raw"]["value"].tolist() == [15.0, 15.5, 31.0]
    assert kept["raw"]["flag"].tolist()[2] == 3
    assert kept["m1"]["count"].sum() == kept["h1"]["count"].sum() == 3


@pytest.mark.slow
def test_what_comes_again_is_receipted_again_and_kept_once(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """Resends, overlaps and holes: receipts say what is held, the store has each reading once."""

    def work(pipeline: Any) -> None:
        boards.say("air-0", pack_of("air-0", 5, [5.0, 6.0], time_s=start_s + 5))
        until(lambda: boards.kept("air-0").get("also") == [[5, 6]], what="the newer samples covered")
        assert boards.kept("air-0")["sq"] == 0
        for first, values in ((1, [1.0, 2.0]), (2, [2.0, 3.0, 4.0, 5.0]), (1, [1.0])):
            boards.say("air-0", pack_of("air-0", first, values, time_s=start_s + first))
        until(lambda: boards.kept("air-0").get("sq") == 6, what="the holes filled")
        until(lambda: len(town.kept()["raw"]) == 6, what="stored")
        before = len(boards.heard)
        boards.say("air-0", pack_of("air-0", 3, [3.0], time_s=start_s + 3))
        until(lambda: len(boards.heard) > before, what="a receipt for what was known")
        assert pipeline.figures()["absorbed"] >= 3

    run(town, mosquitto, work)
    assert town.kept()["raw"]["value"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]


def test_what_is_refused_is_quarantined_and_receipted(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """One bad sample of a pack: the others are kept, all are covered, the bytes are there, and a resend adds nothing."""
    bad = pack_of("air-0", 1, [1.0, 2.0, 3.0], time_s=start_s)
    bad[1]["u"] = "K"

    def work(_: Any) -> None:
        for _ in range(2):
            boards.say("air-0", bad)
        boards.say("stranger", pack_of("stranger", 1, [1.0], time_s=start_s))
        until(lambda: boards.kept("air-0").get("sq") == 3, what="the receipt")
        assert boards.kept("air-0")["why"] == [2, "wrong-unit"]
        until(lambda: len(quarantined(town)) == 2, what="both quarantined")

    run(town, mosquitto, work)
    assert quarantined(town) == {("air-0", 7, 2): "wrong-unit", ("", -1, -1): "unknown-device"}
    assert town.kept()["raw"]["value"].tolist() == [1.0, 3.0]
    assert boards.kept("stranger") == {}


def test_another_value_for_a_second_is_quarantined(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """Two samples of one second: the first is stored, the second is in quarantine, both are covered."""

    def work(_: Any) -> None:
        boards.say("air-0", pack_of("air-0", 1, [1.0], time_s=start_s))
        boards.say("air-0", pack_of("air-0", 2, [2.0], time_s=start_s))
        until(lambda: boards.kept("air-0").get("sq") == 2, what="the receipt")
        until(lambda: "conflict" in quarantined(town).values(), what="the conflict told")

    run(town, mosquitto, work)
    assert town.kept()["raw"]["value"].tolist() == [1.0]


def test_what_was_refused_can_be_admitted_once_its_reason_is_gone(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """A device that is registered later has its quarantined packs replayed; what is still wrong stays with its code."""

    def work(_: Any) -> None:
        boards.say("late-1", pack_of("late-1", 1, [1.0, 2.0], time_s=start_s))
        boards.say("late-1", b"{")
        until(lambda: len(quarantine_rows(town)) == 2, what="quarantined")
        town.add("late-1")
        with town.journal() as journal:
            assert journal.replay(code="unknown-device") == 2
        until(lambda: len(town.kept()["raw"]) == 2, what="admitted")
        until(lambda: [row.code for row in quarantine_rows(town)] == ["not-json"], what="the rest refused again")

    run(town, mosquitto, work)
    assert town.kept()["raw"]["value"].tolist() == [1.0, 2.0]


def test_boards_that_ask_are_told_the_time(town: Any, boards: Any, mosquitto: int, until: Until) -> None:
    """A `state` with `up` is answered with the same `up`; one without is not."""

    def work(_: Any) -> None:
        boards.say("air-0", {"online": True}, channel="state")
        boards.say("air-1", {"online": True, "up": 17}, channel="state")
        until(lambda: boards.heard, what="the time")

    asked_s = time.time()
    run(town, mosquitto, work)
    [(topic, told)] = boards.heard
    assert (topic, told["up"]) == (f"{topic_of('air-1')}/time", 17)
    assert asked_s - 1 <= told["now"] <= time.time() + 1


def test_an_old_state_is_not_answered(town: Any, boards: Any, mosquitto: int, until: Until) -> None:
    """What the broker kept from before is no question of now."""
    boards.say("air-0", {"online": True, "up": 17}, channel="state", retain=True)

    def work(_: Any) -> None:
        boards.say("air-1", {"online": True, "up": 18}, channel="state")
        until(lambda: boards.heard, what="the time")

    run(town, mosquitto, work)
    assert [told["up"] for topic, told in boards.heard if topic.endswith("/time")] == [18]


def test_a_fault_before_the_commit_ends_the_gateway_and_loses_nothing(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It raises and closes its connection without acknowledging, so that the next one gets the pack."""
    met = threading.Event()

    def fail(*_: Any) -> Any:
        met.set()
        raise ZeroDivisionError

    def work(_: Any) -> None:
        boards.say("air-0", pack_of("air-0", 1, [1.0], time_s=start_s))
        assert met.wait(10)

    with monkeypatch.context() as patched:
        patched.setattr("gateway.admission.Admission.admit", fail)
        with pytest.raises(ZeroDivisionError):
            run(town, mosquitto, work)

    run(town, mosquitto, lambda _: until(lambda: boards.kept("air-0").get("sq") == 1, what="the receipt"))
    assert town.kept()["raw"]["value"].tolist() == [1.0]


def test_a_device_that_is_registered_meanwhile_is_known_within_seconds(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """No restart is needed; its board sends until it gets a receipt, as boards do."""

    def work(_: Any) -> None:
        town.add("late-1")

        def receipted() -> bool:
            boards.say("late-1", pack_of("late-1", 1, [1.0], time_s=start_s))
            return boards.kept("late-1").get("sq") == 1

        until(receipted, what="the receipt")

    run(town, mosquitto, work)


class Shaky:
    """A remote store as the port has it, whose outages are inflicted: the embedded one in a file of its own."""

    shares_journal = False

    def __init__(self, path: Path) -> None:
        self._store = SqliteStore(path)
        self.fault: StoreError | None = None
        self.asked = threading.Event()

    def _or_fault(self) -> SqliteStore:
        self.asked.set()
        if self.fault is not None:
            raise self.fault
        return self._store

    def write(self, batch: Batch) -> None:
        """As the port."""
        self._or_fault().write(batch)

    def read(self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw") -> NDArray[np.void]:
        """As the port."""
        return self._or_fault().read(series, start_s, end_s, tier=tier)

    def tail(self, series: int, end_s: int, count: int) -> NDArray[np.void]:
        """As the port."""
        return self._or_fault().tail(series, end_s, count)

    def latest(self, series: Sequence[int]) -> NDArray[np.void]:
        """As the port."""
        return self._or_fault().latest(series)

    def states(self) -> Mapping[int, bytes]:
        """As the port."""
        return self._or_fault().states()

    def watch(self) -> Mapping[str, bytes]:
        """As the port."""
        return self._or_fault().watch()

    def between(self, start_s: int, end_s: int) -> NDArray[np.void]:
        """As the port."""
        return self._or_fault().between(start_s, end_s)

    def points(self, measurement: str, start_s: int, end_s: int) -> Sequence[Point]:
        """As the port."""
        return self._store.points(measurement, start_s, end_s)

    def ready(self) -> StoreError | None:
        """As the port."""
        return self.fault


@pytest.mark.slow
def test_receipts_do_not_wait_for_a_store_that_is_away(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int, tmp_path: Path
) -> None:
    """While the store answers nothing packs are kept and receipted, and the gateway is ready; then nothing is missing."""
    store: Any = Shaky(tmp_path / "remote.sqlite")
    store.fault = StoreAway("no_answer", why="away")

    def work(pipeline: Any) -> None:
        boards.say("air-0", pack_of("air-0", 1, [1.0, 2.0], time_s=start_s))
        until(lambda: boards.kept("air-0").get("sq") == 2, what="the receipt")
        until(lambda: "(away)" in pipeline.figures()["store"], what="the fault told")
        assert pipeline.ready() is None
        store.fault = None
        until(lambda: len(store.read(1, 0, FAR_S)) == 2, what="stored after all")
        store.fault = StoreAway("no_answer", why="again")
        boards.say("air-0", pack_of("air-0", 3, [3.0], time_s=start_s + 2))
        until(lambda: boards.kept("air-0").get("sq") == 3, what="the next receipt")

    run(town, mosquitto, work, store=store)
    store.fault = None

    def again(_: Any) -> None:
        until(lambda: len(store.read(1, 0, FAR_S)) == 3, what="the rest after a restart")

    run(town, mosquitto, again, store=store)
    assert store.read(1, 0, FAR_S)["value"].tolist() == [1.0, 2.0, 3.0]
    with town.journal() as journal:
        assert [len(columns) for _, columns in journal.read_from(0)] == [2, 1]


@pytest.mark.slow
def test_a_full_disk_stops_receipts_and_not_the_gateway(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alive, not ready, no receipt and nothing acknowledged; with room again, all that waited is kept."""
    full = threading.Event()
    monkeypatch.setattr("gateway.store.ballast.Ballast.full", lambda _: full.is_set())

    def work(pipeline: Any) -> None:
        full.set()
        until(lambda: "full" in (pipeline.ready() or ""), what="not ready")
        boards.say("air-0", pack_of("air-0", 1, [1.0], time_s=start_s))
        until(lambda: pipeline.figures().get("messages", 0) == 0, what="nothing taken")
        time.sleep(1.5)  # a receipt would have come
        assert boards.kept("air-0") == {}
        full.clear()
        until(lambda: boards.kept("air-0").get("sq") == 1, what="the receipt")
        until(lambda: pipeline.ready() is None, what="ready again")

    run(town, mosquitto, work)
    assert town.kept()["raw"]["value"].tolist() == [1.0]


@pytest.mark.slow
def test_a_fault_in_the_numerics_costs_a_restart_of_one_task(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it raises, receipts go on; the task begins again from the journal, and nothing is missing or doubled."""
    advance = sys.modules["gateway.drain"].advance
    failures = iter([ZeroDivisionError("a fault of ours")])

    def faulty(*how: Any) -> Any:
        for fault in failures:
            raise fault
        return advance(*how)

    monkeypatch.setattr("gateway.drain.advance", faulty)

    def work(pipeline: Any) -> None:
        boards.say("air-0", pack_of("air-0", 1, [1.0, 2.0], time_s=start_s))
        until(lambda: boards.kept("air-0").get("sq") == 2, what="the receipt")
        until(lambda: len(town.kept()["raw"]) == 2, what="stored after all")
        assert pipeline.figures()["restarts"] == 1

    run(town, mosquitto, work)


def test_a_schema_that_is_not_ours_ends_the_gateway_with_its_sentence(
    town: Any, mosquitto: int, tmp_path: Path
) -> None:
    """That is no fault to wait out."""
    store: Any = Shaky(tmp_path / "remote.sqlite")
    store.fault = StoreMismatch("newer", found=2, version=1)

    with pytest.raises(StoreMismatch, match="install the newer girouette"):
        run(town, mosquitto, lambda _: time.sleep(2), store=store)


def test_two_ledgers_do_not_speak_to_the_same_boards(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """A gateway with an empty ledger finds the receipts of another one and stops; told to take over, it writes down what it lacks."""
    other = json.dumps({"st": "another", "ep": 7, "sq": 4, "also": []}).encode()
    for device in town.devices:
        boards.say(device, other, channel="kept", retain=True)
    with pytest.raises(TakeoverError, match=r"another gateway's ledger for 2 devices.*--adopt"):
        run(town, mosquitto, lambda _: time.sleep(5))

    def work(_: Any) -> None:
        boards.say("air-0", pack_of("air-0", 5, [5.0], time_s=start_s, lo=5))
        until(lambda: boards.kept("air-0").get("sq") == 5, what="the receipt")

    run(town, mosquitto, work, adopt=True)
    run(town, mosquitto, lambda _: None)  # the other board has said nothing: its receipts are not asked about again
    with town.journal() as journal:
        assert {(lost.device, lost.first, lost.last) for lost in journal.lost()} == {("air-0", 1, 4), ("air-1", 1, 4)}
        assert boards.kept("air-0")["st"] == journal.st


def test_silence_and_the_gateway_itself_have_points(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its start and then each minute every device has a `fleet` point, and the gateway one of its own."""
    monkeypatch.setattr("gateway.pipeline.MINUTE_S", 1)

    def work(_: Any) -> None:
        boards.say("air-0", pack_of("air-0", 1, [1.0], time_s=start_s))
        boards.say("air-0", {"free": 41_000}, channel="health")
        with_store = SqliteStore(town.file, read_only=True)
        until(lambda: with_store.points("health", 0, FAR_S), what="health")
        until(lambda: any(p.fields["online"] for p in with_store.points("fleet", 0, FAR_S)), what="presence")
        until(lambda: any(p.fields.get("packs") for p in with_store.points("gateway", 0, FAR_S)), what="figures")
        newest = with_store.points("fleet", 0, FAR_S)[-2:]
        assert {(p.tags["device"], p.fields["online"]) for p in newest} == {("air-0", 1.0), ("air-1", 0.0)}
        with_store.close()

    run(town, mosquitto, work)


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_as_if_it_had_not_been(
    town: Any, boards: Any, mosquitto: int, pack_of: PackOf, until: Until, start_s: int
) -> None:
    """A gateway that is killed at once, again and again, under load: every receipt holds, flags and windows are those of one run."""
    values = np.round(15 + np.sin(np.arange(400) / 9) + (np.arange(400) % 97 == 0) * 9, 1).tolist()
    order = [*range(40), *range(60, 120), *range(40, 60), *range(120, 400)]
    for turn, first in enumerate(range(0, 400, 80)):
        child = start_child(town.file, mosquitto)
        for n in order[first : first + 80]:
            boards.say("air-0", pack_of("air-0", n + 1, [values[n]], time_s=start_s + n))
        if turn == 4:
            until(lambda: boards.kept("air-0").get("sq") == 400, within_s=60, what="everything receipted")
            until(lambda: len(town.kept()["raw"]) == 400, within_s=60, what="everything stored")
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        resend = [sq for sq in (n + 1 for n in order[: first + 80]) if sq > boards.kept("air-0").get("sq", 0)]
        for sq in resend:
            boards.say("air-0", pack_of("air-0", sq, [values[sq - 1]], time_s=start_s + sq - 1))

    def work(_: Any) -> None:
        for n in range(0, 400, 20):
            boards.say("air-1", pack_of("air-1", n + 1, values[n : n + 20], time_s=start_s + n))
        until(lambda: len(town.kept()["raw"]) == 800, within_s=60, what="the unbroken run stored")
        until(
            lambda: len(alike(town)) == 1,
            within_s=60,
            what="the days of both, at the checkpoint that follows upon quiet",
        )

    run(town, mosquitto, work)
    kept = town.kept()
    for tier, rows in kept.items():
        halves = [rows[np.isin(rows["series"], ids)] for ids in series_of(town)]
        for name in set(rows.dtype.names or ()) - {"series", "score"}:
            assert_array_equal(halves[0][name], halves[1][name], err_msg=f"{tier}.{name}")


def alike(town: Any) -> set[tuple[float, ...]]:
    """The sums of the days of both boards: one, where they are the same."""
    days = town.kept()["d1"]
    return {tuple(days[np.isin(days["series"], ids)]["sum"].tolist()) for ids in series_of(town)}


def start_child(file: Path, port: int) -> subprocess.Popen[bytes]:
    """A gateway in a process of its own, ready."""
    script = textwrap.dedent(f"""
        import asyncio, pathlib, structlog, sys
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
        sys.path.insert(0, {str(ROOT / "tests/gateway/pipeline")!r})
        from conftest import Town
        async def live():
            async with Town(pathlib.Path({str(file)!r}), None, 0).gateway({port}):
                print("ready", flush=True)
                await asyncio.sleep(600)
        asyncio.run(live())
    """)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=env)
    assert child.stdout is not None
    while b"ready" not in child.stdout.readline():
        if child.poll() is not None:
            child.communicate()
            pytest.fail("the gateway's process ended before it was ready")
    return child


def series_of(town: Any) -> tuple[list[int], list[int]]:
    """The series of the first and of the second device."""
    rows = town.registry.series()
    return [s.id for s in rows if s.place_id == 1], [s.id for s in rows if s.place_id == 2]


def quarantine_rows(town: Any) -> list[Any]:
    """What lies in quarantine."""
    with town.journal() as journal:
        rows: list[Any] = journal.refused()
        return rows


def quarantined(town: Any) -> dict[tuple[str, int, int], str]:
    """What lies in quarantine: (device, ep, sq) -> code."""
    return {(row.device, row.ep, row.sq): row.code for row in quarantine_rows(town)}
