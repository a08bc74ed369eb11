"""A board's days in virtual time: network, broker, gateway and power fail at random, and nothing is lost or doubled.

The board is the real firmware on a real littlefs image, which dies in the middle of a write now and then. The gateway is the
real admission, ledger and journal (SQLite), killed and started anew from its file. They meet in lockstep over two pipes
(`devices/sim/virtual/bridge.py`); only the broker between them is the simulator's. The truth is the board's console.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from sessions import UNIX_MS, Session, prepare

from devices.console import Sample, Told, read_console
from devices.interpreter import command
from devices.quantity import load_quantities
from devices.reading import topic_of
from devices.recipe import load_recipes
from devices.simulate import SIMULATOR, Surroundings
from gateway.admission import Admission
from gateway.bookkeeping import change, new_readings, placed
from gateway.directory import Directory
from gateway.journal import Journal
from gateway.message import Message
from gateway.receipts import Ledger, Owed, receipt
from gateway.registry import Registry

DEVICE = "b1"
HEAP = "1024wK"
FREE = 1_800_000
BLOCKS = 192
MOST_OPERATIONS = 90
"""Every other power cut falls on one of so many operations of the flash, if the board gets that far. Not each: six starts in a
row that come to nothing are safe mode, and a board in safe mode measures nothing."""
DIES_OF_A_COMMIT = 0.03
"""How often the gateway dies after a commit, before anybody has heard of it."""
QUIET_END_MS = 900_000
"""So long nothing fails at the end, so that everything can arrive."""
IN_MEMORY_S = 32
"""What is younger at a power cut may be lost (docs/firmware.md): 20 s, ten more while the sender waits for a broker that is frozen, half a
second until that is seen, and seconds are whole."""


class Outage(NamedTuple):
    """Something is away for a while."""

    from_ms: int
    to_ms: int
    how: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes wrong, by the millisecond; the power goes by itself after `lives_ms`, or in the middle of a write."""

    seed: int
    lasts_ms: int
    network: Sequence[Outage]
    time_server: Sequence[Outage]
    broker: Sequence[Outage]
    gateway: Sequence[Outage]
    mean_life_ms: float
    period_s: int


def make_plan(seed: int, *, hours: float, period_s: int = 60, each: int = 12) -> Plan:
    """A plan of chance: `each` outages of network, broker and gateway, of seconds to hours, and thrice as many power cuts."""
    chance = random.Random(seed)
    lasts_ms = round(hours * 3_600_000)
    to_ms = lasts_ms - QUIET_END_MS

    def outages(*how: str) -> list[Outage]:
        found = []
        for _ in range(each):
            from_ms = chance.randrange(to_ms)
            length_ms = chance.choice((10_000, 60_000, 600_000, 3_600_000)) * chance.expovariate(1)
            found.append(Outage(from_ms, min(to_ms, from_ms + round(length_ms)), chance.choice(how)))
        return sorted(found)

    return Plan(
        seed, lasts_ms, outages("away"), outages("away"), outages("dead", "frozen"), outages("killed"),
        to_ms / each / 3, period_s,
    )  # fmt: skip


class Town:
    """The gateway's real parts with one registered board, as far as receipts need them."""

    def __init__(self, directory: Path, plan: Plan, channels: Sequence[tuple[str, str]]) -> None:
        self._path = directory / "girouette.sqlite"
        self.plan = plan
        self.registry = Registry(f"sqlite:{self._path}")
        pilot = self.registry.add_pilot("town", "Town")
        place = self.registry.add_place(pilot.id, "Square", lat=48.0, lon=-1.0)
        self.registry.add_device(
            DEVICE, pilot_id=pilot.id, recipe="noise", channels=[(n, q, {}) for n, q in channels],
            period_s=plan.period_s, place_id=place.id, at_s=UNIX_MS // 1000 - 86_400, password_hash="",
        )  # fmt: skip
        self._directory = Directory(self.registry, load_quantities())
        self._chance = random.Random(plan.seed + 2)
        self._heard: list[Message] = []
        self._retained: list[list[str]] = []
        self.absorbed = self.starts = 0
        self._start()

    def _start(self) -> None:
        self.journal = Journal(self._path)
        self._admission = Admission(self._directory, rate=10.0, burst=600)
        self._ledger = Ledger(placed(self._directory, self.journal.entries()))
        self._owed, self._answers = Owed(), list[list[str]]()
        self._runs = True
        self.starts += 1

    def _kill(self) -> None:
        """Without a word, and with all that was heard and not committed."""
        self.journal.close()
        self._heard.clear()
        self._runs = False

    def look(self, now_ms: int) -> None:
        """Die or come back as the plan says."""
        killed = any(o.from_ms <= now_ms < o.to_ms for o in self.plan.gateway)
        if killed and self._runs:
            self._kill()
        elif not killed and not self._runs:
            self._start()

    def hear(self, channel: str, text: str) -> None:
        """A message of the board reaches the gateway, where there is one."""
        if self._runs:
            self._heard.append(Message(f"{topic_of(DEVICE)}/{channel}", text.encode(), retained=False, qos=1, mid=1))

    def second(self, now_ms: int) -> list[list[str]]:
        """Admit, commit, and say what is due: receipts, and the time to who asks."""
        if not self._runs:
            return []
        now_s = (UNIX_MS + now_ms) / 1000
        heard, self._heard = self._heard, []
        admitted = self._admission.admit(heard, now_s)
        absorbed = self._ledger.absorb(admitted.samples, admitted.packs, refused=admitted.refused, now_s=int(now_s))
        changes = change(admitted, absorbed, self._directory.devices)
        self.journal.commit(new_readings(admitted, absorbed), changes, now_s=int(now_s))
        self.absorbed += len(admitted.samples) - int((absorbed.fate == 0).sum())
        if len(admitted.samples) and self._chance.random() < DIES_OF_A_COMMIT:
            self._kill()
            return []
        self._ledger.enter(absorbed)
        self._owed.owe(absorbed.heard)
        asked = [said.body["up"] for said in admitted.said if "up" in said.body and said.channel == "state"]
        answers = [["time", json.dumps({"now": int(now_s), "up": up})] for up in asked]
        for key in self._owed.due(now_s):
            account = self._ledger.account(*key)
            assert account is not None
            self._retained = [["kept", json.dumps(receipt(account, self.journal.st))]]
            answers += self._retained
            self._owed.paid(key, now_s)
        return answers

    def joined(self) -> list[list[str]]:
        """What the broker gives a board that subscribes."""
        return self._retained

    @property
    def owes(self) -> bool:
        """May something be said without anything being heard? A receipt held back for a second, or after a restart."""
        return bool(self._heard) or not self._runs

    def close(self) -> None:
        """Let go of the files."""
        if self._runs:
            self.journal.close()
        self.registry.close()


@dataclass(slots=True)
class Lived:
    """How the days went."""

    plan: Plan
    told: Told
    cuts_ms: list[int] = field(default_factory=list)
    torn: int = 0
    """Power cuts in the middle of a write."""
    safe: int = 0
    """How often the board left safe mode, where six starts in a row that came to nothing had led it."""
    rows: list[tuple[int, float]] = field(default_factory=list)
    """Second and value of each reading in the journal, in the order in which they came."""
    counted: int = 0
    """What the board said that it had to drop, as the ledger has it."""
    refused: int = 0
    absorbed: int = 0
    gateways: int = 0

    def lost(self) -> list[Sample]:
        """Dated samples that the journal has not, and that were not dropped with a word."""
        held = set(self.rows)
        return [s for s in self.told.samples if s.dropped is None and s.time_s is not None and row(s) not in held]

    def undated(self) -> list[Sample]:
        """Samples that got no date, and were not dropped with a word: they were in memory when the power went."""
        return [s for s in self.told.samples if s.dropped is None and s.time_s is None]

    def dropped(self) -> list[Sample]:
        """Samples that were dropped with a word."""
        return [s for s in self.told.samples if s.dropped is not None]

    def figures(self) -> dict[str, float]:
        """What was made, and what became of it."""
        return {
            "seed": self.plan.seed, "hours": self.plan.lasts_ms / 3_600_000, "made": len(self.told.samples),
            "kept": len(self.rows), "kept_twice": len(self.rows) - len(set(self.rows)), "dropped": len(self.dropped()),
            "lost_from_memory": len(self.lost()) + len(self.undated()),
            "lost_otherwise": sum(not self.excused(s) for s in self.lost()),
            "sent_again": self.told.resent(), "absorbed": self.absorbed, "power_cuts": len(self.cuts_ms),
            "in_the_middle_of_a_write": self.torn, "left_safe_mode": self.safe, "gateways": self.gateways, "outages": 3 * len(self.plan.network),
        }  # fmt: skip

    def excused(self, sample: Sample) -> bool:
        """Was this sample younger than the bound when the power went, or made after the last receipts?"""
        assert sample.time_s is not None
        at_ms = sample.time_s * 1000 - UNIX_MS
        ends = [*self.cuts_ms, self.plan.lasts_ms]
        return any(-1000 <= end - at_ms <= IN_MEMORY_S * 1000 for end in ends)


def row(sample: Sample) -> tuple[int, float]:
    """A dated sample of one channel as the journal has it."""
    [value] = sample.values.values()
    return sample.time_s or 0, value


def live(plan: Plan, directory: Path) -> Lived:
    """Play a plan, boot by boot."""
    session = Session(board={"recipe": "noise", "period_s": plan.period_s}, seed=plan.seed, free=FREE)
    session.signals = load_recipes()["noise"].signals
    prepare(session, directory)
    town = Town(directory, plan, [("noise_level", "noise_level")])
    chance, console, begins_ms = random.Random(plan.seed + 1), "", 0
    lived = Lived(plan, Told())
    calm_ms = plan.lasts_ms - QUIET_END_MS
    try:
        while begins_ms < plan.lasts_ms:
            torn = begins_ms < calm_ms and len(lived.cuts_ms) % 2
            dies_at = chance.randrange(1, MOST_OPERATIONS) if torn else 1 << 30
            power_ms = min(begins_ms + round(chance.expovariate(1 / plan.mean_life_ms)), calm_ms)
            ends_ms = power_ms if begins_ms < calm_ms else plan.lasts_ms
            life = Boot(begins_ms, ends_ms, dies_at)
            around = Surroundings(session.signals, list(faults(plan, life)), seed=plan.seed)
            (directory / "sim.json").write_text(json.dumps(asdict(around)))
            cut_ms, why, printed = boot(session, directory, town, life)
            console += printed
            lived.torn += why == "operation"
            lived.safe += why == "safe mode"
            if why == "safe mode":  # it has no sensors, so nothing was in memory
                begins_ms = cut_ms
                continue
            lived.cuts_ms += [cut_ms] if ends_ms < plan.lasts_ms else []
            begins_ms = max(cut_ms, begins_ms + 1) + chance.choice((0, 0, 1000, 60_000, 300_000))
        lived.told = read_console(console)
        given = list(numbers(console))
        assert len(given) == len(set(given)), "a number was given twice"
        lived.rows = [
            row for _, c in town.journal.read_from(0) for row in zip(c.time_s.tolist(), c.value.tolist(), strict=True)
        ]
        lived.counted = sum(entry.dr for entry in town.journal.entries())
        lived.refused = sum(town.journal.refused_counts()[0].values())
        lived.absorbed, lived.gateways = town.absorbed, town.starts
    finally:
        town.close()
    return lived


class Boot(NamedTuple):
    """One life of the board: from power to no power, at the latest after so many operations of its flash."""

    begins_ms: int
    ends_ms: int
    dies_at: int


def boot(session: Session, directory: Path, town: Town, life: Boot) -> tuple[int, str, str]:
    """Run the board until its power goes: when, why, and what its console said."""
    (board_reads, host_writes), (host_reads, board_writes) = os.pipe(), os.pipe()
    told = {
        "unix_ms": UNIX_MS, "begins_ms": life.begins_ms, "ends_ms": life.ends_ms, "seed": session.seed,
        "events": list(broker_events(town.plan, life)), "gateway": False, "transcript": False, "gauge": False, "health_ms": 0,
        "free": session.free, "bridge": [board_reads, board_writes],
        "disk": [str(directory / "flash.img"), BLOCKS, life.dies_at],
    }  # fmt: skip
    (directory / "session.json").write_text(json.dumps(told))
    virtual = SIMULATOR / "virtual"
    with (
        (directory / "console").open("wb") as console,
        subprocess.Popen(
            command("-X", f"heapsize={HEAP}", str(virtual / "play.py")),
            cwd=directory / "flash",
            env=os.environ | {"MICROPYPATH": f"{virtual}:{directory / 'flash'}:{SIMULATOR}:.frozen"},
            stdin=subprocess.PIPE, stdout=console, stderr=subprocess.STDOUT, pass_fds=(board_reads, board_writes),
        ) as board,
    ):  # fmt: skip
        os.close(board_reads)
        os.close(board_writes)
        with os.fdopen(host_reads) as said, os.fdopen(host_writes, "w") as says:
            ends_ms, why = attend(town, said, says)
        code = board.wait(60)
    printed = (directory / "console").read_text(errors="replace")
    assert code == 0, printed[-3000:]
    assert why, printed[-3000:]
    return ends_ms, why, printed


def attend(town: Town, said: TextIO, says: TextIO) -> tuple[int, str]:
    """Be the gateway until the board's power goes: when, and why."""
    for line in said:
        now_ms, what, *rest = json.loads(line)
        town.look(now_ms)
        if what == "ends":
            return now_ms, rest[0]
        if what == "says":
            town.hear(*rest)
            continue
        answers = town.second(now_ms) if what == "second" else town.joined()
        says.write(json.dumps([town.owes, *answers]) + "\n")
        says.flush()
    return 0, ""


def faults(plan: Plan, life: Boot) -> Iterator[dict[str, Any]]:
    """The outages of network and time server as a board's world has them: by its uptime."""
    for kind, outages in (("offline", plan.network), ("no-clock", plan.time_server)):
        for o in (o for o in outages if o.from_ms < life.ends_ms and life.begins_ms < o.to_ms):
            begins_ms = life.begins_ms
            yield {"kind": kind, "after_s": (o.from_ms - begins_ms) / 1000, "for_s": (o.to_ms - o.from_ms) / 1000}


def broker_events(plan: Plan, life: Boot) -> Iterator[list[Any]]:
    """The outages of the broker in a boot; at its beginning the broker is as it was left."""
    edges = sorted({life.begins_ms, *(ms for o in plan.broker for ms in o[:2] if life.begins_ms <= ms < life.ends_ms)})
    for ms in edges:
        yield [ms, "broker", next((o.how for o in plan.broker if o.from_ms <= ms < o.to_ms), "up")]


def numbers(console: str) -> Iterator[tuple[str, str]]:
    """Every number that was given, as often as it was."""
    for line in console.splitlines():
        if line.startswith("N ") and line.count(" ") == 2:
            _, ep, sq = line.split(" ")
            yield ep, sq
