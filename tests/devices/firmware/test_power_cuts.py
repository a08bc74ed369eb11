"""What waits on a board survives a power cut at every single write and erase of its flash, on the real littlefs.

The firmware's own modules number, hold, spool, send and free samples; the gateway at the other end is a ledger that the
judge keeps apart from the board's disk. Each sample's value is a number of its own, so that it is known wherever it goes.
After each cut the board boots on what is left, makes three more samples, and sends everything that it still holds. Then:

- no number was given twice under one `ep`;
- everything that was on the disk before the cut has come, under one number, but for what is counted in `dr`;
- of what was being written either all has come or none; what was in memory only is not asked for;
- what a receipt covered did not come again under another number.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cuts import Swept, sweep
from on_board import run

PARTS = """
import asyncio
import json
import time

import girouette.spool as spool_module
from gateway import keep
from girouette.clock import Clock, Uptime
from girouette.numbers import Numbers
from girouette.sender import Sender
from girouette.spool import Spool

spool_module.SEGMENT_BYTES = given.get("segment", 1500)
LIMIT = given.get("limit", 100000)
EPOCH_S = 1800000000


class Channel:
    name, unit = "noise_level", "dB"


class Noted(Spool):
    # Tells what is on the disk.
    def append(self, ep, channels, lines):
        where = super().append(ep, channels, lines)
        print("W", ep, lines[0][0], lines[-1][0])
        return where


class Gateway:
    # At the other end of the network; what it knows comes from what was said.
    def __init__(self, said):
        self.ranges, self.arrived, self.dropped, self.kept = {}, {}, {}, set()
        self.answers, self.sender = True, None
        for line in said:
            words = line.split()
            if words[0] == "G":
                self._keep(*[int(w) for w in words[1:]])

    def _keep(self, ep, lo, dr, sq, value):
        ranges = self.ranges.setdefault(ep, [[0, lo - 1]])
        ranges[0][1] = max(ranges[0][1], lo - 1)
        while len(ranges) > 1 and ranges[1][0] <= ranges[0][1] + 1:
            ranges[0][1] = max(ranges[0][1], ranges.pop(1)[1])
        self.dropped[ep] = max(self.dropped.get(ep, 0), dr)
        if (ep, sq) not in self.kept:  # else absorbed: a number is a sample
            self.kept.add((ep, sq))
            keep(ranges, sq)
            self.arrived.setdefault(value, set()).add((ep, sq))

    def hear(self, ep, lo, dr, sq, value):
        print("G", ep, lo, dr, sq, value)
        self._keep(ep, lo, dr, sq, value)

    async def publish(self, topic, payload, qos):
        pack = json.loads(bytes(payload.behind(b"")))
        ep, lo, dr = pack[0]["ep"], pack[0]["lo"], pack[0]["dr"]
        for record in pack:
            self.hear(ep, lo, dr, record["sq"], record["v"])
        if self.answers:
            ranges = self.ranges[ep]
            self.sender.heard(json.dumps({"st": 1, "ep": ep, "sq": ranges[0][1], "also": ranges[1:9]}).encode())


class Board:
    def __init__(self, gateway, dated=True):
        self.uptime, self.numbers = Uptime(), Numbers()
        self.clock = Clock(self.uptime)
        self.spool = Noted("spool", LIMIT)
        self.sender = Sender("t", "b1/", [Channel()], self.numbers, self.clock, self.uptime, self.spool)
        self.gateway, gateway.sender = gateway, self.sender
        if dated:
            self.learn()

    def learn(self):
        known = self.clock.known
        self.clock.learn_ntp(EPOCH_S * 1000 + time.passed_ms())
        if not known:
            self.sender.clock_learnt()

    def add(self):
        value = time.passed_ms() // 1000
        print("V", self.numbers.next, value)
        self.sender.add(self.uptime.s(), str(value))

    async def work(self, samples, wait=0):
        # One sample a second, then nothing until all is sent, at most so long.
        task = asyncio.create_task(self.sender.run(self.gateway, lambda: None))
        for second in range(samples + wait):
            if second < samples:
                self.add()
            elif self.drained():
                break
            await asyncio.sleep_ms(1000)
            if task.done():
                await task
        task.cancel()

    def drained(self):
        return not self.spool.segments and not self.sender.held.samples


class Truth:
    # What the console said, read by itself.
    def __init__(self, lines):
        self.values, self.written, self.given = {}, set(), []
        value = 0
        for line in lines:
            words = line.split()
            if words[0] == "V":
                value = int(words[2])
            elif words[0] == "N":
                self.given.append((int(words[1]), int(words[2])))
                self.values.setdefault(self.given[-1], value)
            elif words[0] == "W":
                self.written |= {(int(words[1]), sq) for sq in range(int(words[2]), int(words[3]) + 1)}
            elif words[0] == "M":
                old, lowest, shift, ep = [int(w) for w in words[1:]]
                held = {n: v for n, v in self.values.items() if n[0] == old and n[1] >= lowest}
                self.values.update({(ep, sq + shift): value for (_, sq), value in held.items()})


def judge(said, now):
    gateway = Gateway(said)
    board = Board(gateway)
    board.sender.connected()
    asyncio.run(board.work(3, wait=200))
    assert board.drained(), "it can no longer send what it holds"
    truth = Truth(said + now)
    assert len(truth.given) == len(set(truth.given)), "a number was given twice"
    doubled = [n for n in gateway.arrived.values() if len(n) > 1]
    assert not doubled, ("one sample under two numbers", doubled)
    before = Truth(said)
    missing = [n for n in before.written if before.values[n] not in gateway.arrived]
    counted = sum(gateway.dropped.values())
    assert len(missing) == counted, ("missing, counted", missing, gateway.dropped)
    made = [n for n in Truth(now).given if truth.values[n] not in gateway.arrived]
    assert not made, ("new samples that do not come", made)
"""

RESTORED = """
def prepare():
    asyncio.run(Board(Gateway([])).work(60))

def live():
    board = Board(Gateway([]))
    for sq in range(1, 401):
        board.gateway.hear(board.numbers.ep, 1, 0, sq, -sq)
    asyncio.run(board.work(25))
    old = board.numbers.ep
    board.sender.connected()
    asyncio.run(board.work(50))
    assert board.numbers.ep != old
"""
SCENARIOS: dict[str, tuple[str, dict[str, int], int]] = {
    "start": (
        """
def live():
    board = Board(Gateway([]))
    board.sender.connected()
    asyncio.run(board.work(140))
""",
        {},
        25,
    ),
    "spill": (
        """
def live():
    board = Board(Gateway([]))
    asyncio.run(board.work(100))
""",
        {},
        100,
    ),
    "free": (
        """
def prepare():
    asyncio.run(Board(Gateway([])).work(100))

def live():
    board = Board(Gateway([]))
    asyncio.run(board.work(30))
    board.sender.connected()
    asyncio.run(board.work(20, wait=100))
    assert board.drained()
""",
        {},
        40,
    ),
    "full": (
        """
def prepare():
    asyncio.run(Board(Gateway([])).work(100))

def live():
    board = Board(Gateway([]))
    asyncio.run(board.work(60))
    assert board.numbers.dropped
    board.sender.connected()
    asyncio.run(board.work(1, wait=200))
""",
        {"limit": 9000},
        80,
    ),
    "late": (
        """
def live():
    board = Board(Gateway([]))
    board.sender.connected()
    asyncio.run(board.work(30))
    board.gateway.answers = False
    asyncio.run(board.work(50))
    assert board.spool.segments
    board.gateway.answers = True
    asyncio.run(board.work(20, wait=200))
    assert board.drained()
""",
        {},
        60,
    ),
    "clock": (
        """
def live():
    board = Board(Gateway([]), dated=False)
    asyncio.run(board.work(60))
    board.learn()
    asyncio.run(board.work(40))

def again(said):
    board = Board(Gateway(said))
    board.sender.connected()
    asyncio.run(board.work(70))
""",
        {"every": 30},
        200,
    ),
    "reboots": (
        """
def prepare():
    asyncio.run(Board(Gateway([])).work(30))

live = prepare

def again(said):
    asyncio.run(Board(Gateway(said)).work(30))
""",
        {"every": 24},
        150,
    ),
    "restored": (RESTORED, {}, 40),
    "restored twice": (
        RESTORED
        + """
def again(said):
    board = Board(Gateway(said))
    asyncio.run(board.work(25))
    board.sender.connected()
    asyncio.run(board.work(30))
""",
        {"every": 22},
        100,
    ),
    "no room": (
        """
def prepare():
    asyncio.run(Board(Gateway([])).work(300))

def live():
    board = Board(Gateway([]))
    oldest = board.spool.segments[0]
    asyncio.run(board.work(60))
    assert oldest not in board.spool.segments
""",
        {"blocks": 12},
        80,
    ),
}


QUICK = {"start", "free"}
MANY_BOOTS = """
for _ in range(14):
    board = Board(Gateway([]))
    asyncio.run(board.work(2))
    board.sender.disconnected()
    asyncio.run(board.work(0, wait=25))

board = Board(Gateway([]))
board.sender.connected()
board.gateway.answers = False
asyncio.run(board.work(1, wait=4))
before = len(board.gateway.arrived)
board.gateway.answers = True
sent = board.gateway.publish
packs = [0]

async def counted(*what):
    packs[0] += 1
    await sent(*what)

board.gateway.publish = counted
asyncio.run(board.work(1, wait=900))
result = [before, board.drained(), board.numbers.dropped, packs[0]]
"""


def test_a_backlog_of_many_boots_is_let_go_of(tmp_path: Path) -> None:
    """Each boot leaves a hole in the numbers, and a receipt names eight ranges: `lo` follows what is covered and closes the holes."""
    arrived, drained, dropped, packs = run(PARTS + MANY_BOOTS, tmp_path, {}, virtual=True)

    assert arrived == 29
    assert drained
    assert dropped == 0
    assert packs <= 8


def play(name: str, directory: Path) -> Swept:
    """Cut the power everywhere in one scenario."""
    code, given, _ = SCENARIOS[name]
    return sweep(PARTS + code, directory, given, blocks=given.get("blocks", 32), every=given.get("every", 10))


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in QUICK else [pytest.mark.slow]) for n in SCENARIOS])
def test_a_power_cut_at_any_operation(name: str, tmp_path: Path) -> None:
    """Whatever the board was doing, all that it had written down comes after the cut, once, or is counted as dropped."""
    swept = play(name, tmp_path)

    assert swept.failed == 0, swept
    assert swept.points >= SCENARIOS[name][2]
    assert swept.overwritten == 0
