"""The counter: a number is never given twice under one `ep`, whatever happens to its file."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_board import run

BOOT = """
from girouette.numbers import Numbers
numbers = Numbers()
result = [numbers.ep, numbers.boot, [numbers.take() for _ in range(given)]]
"""


def test_numbers_begin_at_one_and_go_on_after_the_reserved(tmp_path: Path) -> None:
    """A restart passes over what was reserved and not used: holes, never a second sample of one number."""
    first, second, third = (run(BOOT, tmp_path, count) for count in (3, 70, 1))

    assert first[2] == [1, 2, 3]
    assert second[2] == list(range(65, 135))
    assert third[2] == [193]
    assert {first[0]} == {second[0], third[0]}
    assert [first[1], second[1], third[1]] == [1, 2, 3]


def test_the_counter_is_written_once_for_64_samples(tmp_path: Path) -> None:
    """Flash wears by writing: 1,000 samples write the counter 16 times, the first one included."""
    code = """
from girouette.numbers import Numbers
writes = []
class Counted(Numbers):
    def _save(self):
        writes.append(self.next)
        return super()._save()
numbers = Counted()
for _ in range(1000):
    numbers.take()
result = len(writes)
"""
    assert run(code, tmp_path) == 16


@pytest.mark.parametrize("harm", ["", "x", "00000000 {}", "half", "flipped"])
def test_a_spoilt_counter_is_a_new_ep(tmp_path: Path, harm: str) -> None:
    """A counter whose check value does not fit is not believed: numbers begin again, under another `ep`."""
    before = run(BOOT, tmp_path, 3)
    file = tmp_path / "flash/counter"
    text = file.read_text()
    flipped = text.replace('"sq":65', '"sq":1')
    assert flipped != text
    file.write_text({"half": text[: len(text) // 2], "flipped": flipped}.get(harm, harm))

    after = run(BOOT, tmp_path, 3)

    assert after[0] != before[0]
    assert after[2] == [1, 2, 3]
    assert 0 <= after[0] < 1 << 30


def test_a_counter_that_cannot_be_kept_lasts_one_boot(tmp_path: Path) -> None:
    """Where the disk refuses, this boot has an `ep` of its own that is never used again."""
    refuse = """
from girouette.numbers import Numbers
Numbers._save = lambda self: False
numbers = Numbers()
result = [numbers.ep, numbers.boot, [numbers.take() for _ in range(given)][-1]]
"""
    kept, refused, again = run(BOOT, tmp_path, 1), run(refuse, tmp_path, 100), run(BOOT, tmp_path, 1)

    assert refused[0] != kept[0]
    assert refused[2] == 100
    assert again[0] == kept[0]
    assert again[2] == [65]


def test_a_counter_that_cannot_be_kept_any_more_gives_no_number_twice(tmp_path: Path) -> None:
    """Where the disk begins to refuse, the next number is one of a new `ep`, which is kept as soon as the disk lets it."""
    code = """
from girouette.numbers import Numbers
numbers = Numbers()
given = [(numbers.ep, numbers.take()) for _ in range(64)]
save, Numbers._save = Numbers._save, lambda self: False
for _ in range(10):
    sq = numbers.take()
    given.append((numbers.ep, sq))
unkept = Numbers._read(numbers)["ep"] == given[0][0]
Numbers._save = save
for _ in range(10):
    sq = numbers.take()
    given.append((numbers.ep, sq))
after = Numbers()
sq = after.take()
given.append((after.ep, sq))
result = [unkept, len(given) - len(set(given)), len({ep for ep, _ in given}), [sq for _, sq in given[62:66]], sq]
"""
    assert run(code, tmp_path) == [True, 0, 2, [63, 64, 65, 66], 139]


CARRIED = """
import asyncio, json
from girouette.clock import Clock, Uptime
from girouette.numbers import Numbers
from girouette.sender import Sender
from girouette.spool import Spool

class Channel:
    name, unit = "noise_level", "dB"

class Client:
    said = []
    async def publish(self, topic, payload, qos):
        self.said.append(json.loads(bytes(payload.behind(b""))))

uptime, client, numbers = Uptime(), Client(), Numbers()
clock = Clock(uptime)
clock.learn_ntp(1800000000000)
sender = Sender("t", "b1/", [Channel()], numbers, clock, uptime, Spool("spool", 100000))
old = numbers.ep

async def main():
    for value in range(64):
        numbers.take()
    numbers.next = 63
    sender.add(uptime.s(), "1")
    sender.add(uptime.s(), "2")
    Numbers._save = lambda self: False
    sender.add(uptime.s(), "3")
    sender.connected()
    task = asyncio.create_task(sender.run(client, lambda: None))
    await asyncio.sleep_ms(2000)
    task.cancel()

asyncio.run(main())
pack = client.said[0]
result = [pack[0]["ep"] == numbers.ep != old, [[r["sq"], r["v"]] for r in pack], pack[0]["lo"]]
"""


def test_what_is_in_memory_goes_on_under_the_new_ep(tmp_path: Path) -> None:
    """When the `ep` has to change between two samples, those in memory are sent under the new one, each with a number of its own."""
    assert run(CARRIED, tmp_path, virtual=True) == [True, [[63, 1], [64, 2], [65, 3]], 63]


def test_drops_and_the_dates_of_boots_outlive_a_restart(tmp_path: Path) -> None:
    """The count of drops is kept when it is written down; of the dates of boots the eight latest are."""
    code = """
from girouette.numbers import Numbers
for boot in range(10):
    numbers = Numbers()
    numbers.keep_base(1000 + numbers.boot)
numbers.drop(numbers.ep)
numbers.drop(numbers.ep + 1)
numbers.keep_drops()
after = Numbers()
result = [after.dropped, [after.base_of(boot) for boot in range(1, 12)]]
"""
    assert run(code, tmp_path) == [1, [None, None, *range(1003, 1011), None]]


def test_a_renewed_counter_has_another_ep(tmp_path: Path) -> None:
    """In a restored board's new `ep` what it holds, here 2 and 3, begins at 1; the old one's drops are remembered."""
    code = """
from girouette.numbers import Numbers
numbers = Numbers()
old = numbers.ep
numbers.take()
numbers.drop(old)
numbers.take()
numbers.take()
shift = numbers.renew(2)
result = [old != numbers.ep, shift, numbers.take(), numbers.dropped, numbers.dropped_of(old), Numbers().ep == numbers.ep]
"""
    assert run(code, tmp_path) == [True, -1, 3, 0, 1, True]
