"""The board's clock: uptime always, dates when somebody told, and none invented, on either epoch."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import faking
import pytest
from on_board import run
from sessions import Line, Session, play

from devices.image import FIRMWARE

NEW = """
from girouette.clock import Clock, Uptime

class Ticks:
    now = 0
    def __call__(self):
        return self.now

ticks = Ticks()
uptime = Uptime(ticks)
clock = Clock(uptime)
NOW = 1800000000
"""


def test_no_date_before_somebody_told(tmp_path: Path) -> None:
    """A board that was just switched on has an uptime, no date, and gives no sample one."""
    code = (
        NEW
        + """
ticks.now = 5000
try:
    clock.stamp()
    result = "a date"
except ValueError as error:
    result = [str(error), clock.known, clock.now_s(), uptime.s()]
"""
    )
    assert run(code, tmp_path) == ["no clock", False, None, 5]


@pytest.mark.parametrize("epoch", [1970, 2000])
def test_the_interpreters_epoch_never_enters(tmp_path: Path, epoch: int) -> None:
    """An ESP32 counts from 2000 and unix from 1970: `time.time()` of either gives the same dates, for it is not asked."""
    code = (
        """
import sys
import time

class Board:
    def __getattr__(self, name):
        return getattr(time, name)
    def time(self):
        return time.time() - given
    def gmtime(self, seconds=0):
        return time.gmtime(seconds + given)
    localtime = gmtime

sys.modules["time"] = Board()
"""
        + NEW
        + """
import time as epoch
ticks.now = 3000
clock.learn_ntp(NOW * 1000)
result = [clock.stamp(), clock.base_s, epoch.gmtime(0)[0]]
"""
    )
    given = 0 if epoch == 1970 else 946_684_800

    assert run(code, tmp_path, given) == [1_800_000_000, 1_799_999_997, epoch]


ANSWERS = [
    (1_800_000_000, 100, True), (1_800_000_000, 99, True), (1_800_000_000, 98, True), (1_800_000_000, 97, False),
    (1_800_000_000, 101, False), (1_800_000_000, None, False), (1_800_000_000, 100.0, False), ("1800000000", 100, False),
    (None, 100, False), (100, 100, False), (1_700_000_000, 100, False),
]  # fmt: skip


def test_time_is_taken_from_a_fresh_answer_only(tmp_path: Path) -> None:
    """`0 <= up now - u <= 2`, whole numbers, and no date before 2024: anything else is not a clock."""
    code = (
        NEW
        + """
ticks.now = 100999
result = []
for now_s, asked_up_s in given:
    uptime = Uptime(lambda: 0)
    uptime._ticks_ms = ticks
    clock = Clock(uptime)
    result.append([clock.learn_time(now_s, asked_up_s), clock.known])
"""
    )

    read = run(code, tmp_path, [answer[:2] for answer in ANSWERS])

    assert read == [[taken, taken] for _, _, taken in ANSWERS]


def test_time_lies_within_a_second_of_the_truth(tmp_path: Path) -> None:
    """Whole seconds on both sides and an answer up to 2 s late cost 1.5 s at most."""
    code = (
        NEW
        + """
result = []
for asked_ms, late_ms in given:
    ticks.now = asked_ms
    uptime = Uptime(ticks)
    uptime._ms = asked_ms
    clock = Clock(uptime)
    asked_s = uptime.s()
    ticks.now += late_ms
    clock.learn_time(NOW + (asked_ms + late_ms) // 1000, asked_s)
    result.append(clock._base_ms - NOW * 1000)
"""
    )
    cases = [(asked, late) for asked in (0, 400, 999) for late in (0, 300, 900, 1400)]

    for (asked, late), off_ms in zip(cases, run(code, tmp_path, cases), strict=True):
        assert abs(off_ms) <= 1500, (asked, late, off_ms)


def test_no_two_samples_bear_one_second(tmp_path: Path) -> None:
    """`t = max(t, last + 1)` for steps back of up to 2 s; a larger step is taken, counted, and goes on from there."""
    code = (
        NEW
        + """
clock.learn_ntp(NOW * 1000)
result = [clock.stamp() - NOW, clock.stamp() - NOW]
ticks.now = 10000
result.append(clock.stamp() - NOW)
clock.learn_ntp((NOW + 8) * 1000)
result += [clock.stamp() - NOW, clock.steps]
clock.learn_ntp((NOW + 1) * 1000)
result += [clock.stamp() - NOW, clock.steps]
clock.learn_ntp((NOW + 500) * 1000)
result += [clock.stamp() - NOW, clock.steps]
"""
    )
    assert run(code, tmp_path) == [0, 1, 10, 11, 0, 1, 1, 500, 1]


def test_uptime_outlives_the_wrap_of_the_counter(tmp_path: Path) -> None:
    """`ticks_ms` begins again after 2^30 ms on an ESP32, in 12 days; uptime goes on."""
    code = (
        """
import sys
import time

class Board:
    def __getattr__(self, name):
        return getattr(time, name)
    def ticks_diff(self, later, earlier):
        return (later - earlier + (1 << 29)) % (1 << 30) - (1 << 29)

sys.modules["time"] = Board()
"""
        + NEW
        + """
result = []
for day in range(1, 31):
    ticks.now = day * 86400000 % (1 << 30)
    result.append(uptime.s())
"""
    )
    assert run(code, tmp_path) == [day * 86400 for day in range(1, 31)]


def test_ntp_is_believed_over_the_gateway_for_a_day(tmp_path: Path) -> None:
    """A `time` message does not move a clock that NTP has set within a day; after a day it may."""
    code = (
        NEW
        + """
clock.learn_ntp(NOW * 1000)
first = clock.learn_time(NOW + 50, 0)
ticks.now = 86400001
result = [first, clock.learn_time(NOW + 86450, 86400), clock.source, clock.now_s() - NOW]
"""
    )
    assert run(code, tmp_path) == [False, True, "time", 86450]


def test_an_answer_of_a_time_server_is_weighed(tmp_path: Path) -> None:
    """RFC 4330: another question's answer, a server without a clock and a kiss of death are refused; 2036 is not 1900."""
    code = """
import struct
from girouette.sntp import parse
nonce = b"12345678"
def answer(first=0x24, stratum=2, seconds=4008988800, fraction=0x80000000, asked=nonce, size=48):
    return (bytes((first, stratum)) + bytes(22) + asked + bytes(8) + struct.pack("!II", seconds, fraction))[:size]
def read(packet):
    try:
        return parse(packet, nonce)
    except OSError as error:
        return str(error)
result = [
    read(answer()), read(answer(seconds=100)), read(answer(asked=b"87654321")), read(answer(size=47)),
    read(answer(first=0xE4)), read(answer(first=0x23)), read(answer(stratum=0)), read(answer(stratum=16)),
    read(answer(seconds=0)),
]
"""
    right, later, *refused = run(code, tmp_path)

    assert right == (4_008_988_800 - 2_208_988_800) * 1000 + 500
    assert later == (2**32 + 100 - 2_208_988_800) * 1000 + 500
    assert refused == ["not an answer to this question"] * 2 + ["a server without a clock"] * 5


@pytest.mark.parametrize("epoch", [1970, 2000])
def test_the_chips_own_clock_is_set_on_either_epoch(tmp_path: Path, epoch: int) -> None:
    """What `RTC.datetime` is given is the date, though `time.gmtime` counts from 2000 on an ESP32; Unix seconds stay whole."""
    code = """
import sys
import time
import machine

class Board:
    def __getattr__(self, name):
        return getattr(time, name)
    def time(self):
        return int(time.time()) - given
    def gmtime(self, seconds=0):
        return time.gmtime(seconds + given)

sys.modules["time"] = Board()
from girouette import judging
set_to = []
class Rtc:
    def datetime(self, told):
        set_to.append(told)
    def memory(self):
        return b""
machine.RTC = Rtc
judging.set_chip(1800000000)
result = [set_to[0], judging.EPOCH_S]
"""
    given = 0 if epoch == 1970 else 946_684_800

    assert run(code, tmp_path, given) == [[2027, 1, 15, 4, 8, 0, 0, 0], given]


def test_a_nap_is_as_long_as_it_was_though_the_clock_was_set_in_it(
    tmp_path: Path, part: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A board on a battery that learns the date and then fails counts no years of sleep: what it held keeps its uptime."""
    for name, value in faking.chip_clock(part, tmp_path / "clock", faking.POWER_LOST_S).items():
        monkeypatch.setenv(name, value)
    code = """
import time
from girouette import judging, nap
nap.remember({"rtc_s": time.time()})
judging.set_chip(1800000000)
result = [nap.slept_ms(nap.recall()), time.time()]
"""
    slept_ms, now_s = run(code, tmp_path)

    assert 0 <= slept_ms < 10_000
    assert abs(now_s - 1_800_000_000) < 10


def test_no_date_goes_through_a_float() -> None:
    """Single precision, as an ESP32 has it, knows dates to two minutes: what dates anything divides and counts in integers."""
    for module in ("clock", "sntp", "trust", "judging", "numbers", "backlog", "held", "reporter"):
        tree = ast.parse((FIRMWARE / f"girouette/{module}.py").read_text())
        floats = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)]
        divided = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp | ast.AugAssign) and isinstance(n.op, ast.Div)]
        named = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "float"]
        assert (module, floats, divided, named) == (module, [], [], [])


@pytest.mark.slow
def test_a_time_server_that_is_not_there_is_asked_less_and_less(tmp_path: Path) -> None:
    """After 15 s, 30 s, 60 s and so on: six times in eight minutes, since looking up its name holds the loop on a board."""
    session = Session(
        board={"period_s": 600},
        faults=[{"kind": "no-clock"}],
        lines=[Line(480_000, "note", ("end",))],
        transcript=False,
    )

    console = play(session, tmp_path).console

    assert console.count("# ntp: no answer") == 6
