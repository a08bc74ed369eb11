"""The spool on the board's disk: what was written is sent under its own `ep`, and half a record is a dropped sample."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_board import run

CHANNELS = [["noise_level", "dB"]]
WRITE = """
from girouette.spool import Spool
spool = Spool("spool", 100000)
for ep, lines in given:
    spool.append(ep, [["noise_level", "dB"]], [(sq, when, values) for sq, when, values in lines])
result = ['%08d' % s.place for s in spool.segments]
"""
READ = """
from girouette.spool import Spool, read_line
spool = Spool("spool", 100000)
result = []
for segment in spool.segments:
    with spool.open_at(segment, 0) as file:
        result.append([segment.ep, segment.low, segment.channels, [read_line(line) for line in file]])
"""


def lines(first: int, last: int) -> list[tuple[int, str, str]]:
    """Samples as the board writes them."""
    return [(sq, str(1_800_000_000 + sq), f"{sq / 10}") for sq in range(first, last + 1)]


def test_a_restart_reads_what_was_written(tmp_path: Path) -> None:
    """Each segment gives its `ep`, first number, channels and lines; a restart goes on in the last one."""
    run(WRITE, tmp_path, [[7, lines(1, 3)], [8, lines(1, 2)]])
    run(WRITE, tmp_path, [[8, lines(65, 66)]])

    assert run(READ, tmp_path) == [
        [7, 1, CHANNELS, [list(line) for line in lines(1, 3)]],
        [8, 1, CHANNELS, [list(line) for line in [*lines(1, 2), *lines(65, 66)]]],
    ]


def test_nothing_is_added_to_a_segment_that_does_not_end_whole(tmp_path: Path) -> None:
    """Half a line at the end, other channels or another `ep`: what comes next begins a segment of its own."""
    [name] = run(WRITE, tmp_path, [[7, lines(1, 2)]])
    with (tmp_path / "flash/spool" / name).open("ab") as file:
        file.write(b"0123")

    run(WRITE, tmp_path, [[7, lines(65, 66)]])
    run(WRITE.replace("noise_level", "noise"), tmp_path, [[7, lines(129, 129)]])

    assert [(ep, low, channels[0][0]) for ep, low, channels, _ in run(READ, tmp_path)] == [
        (7, 1, "noise_level"),
        (7, 65, "noise_level"),
        (7, 129, "noise"),
    ]


def test_a_segment_holds_at_most_32_kibibytes(tmp_path: Path) -> None:
    """What a receipt covers is freed segment by segment, so none grows beyond 32 KiB."""
    run(WRITE, tmp_path, [[7, lines(n, n + 15)] for n in range(1, 4000, 16)])

    sizes = [file.stat().st_size for file in sorted((tmp_path / "flash/spool").iterdir())]

    assert len(sizes) > 1
    assert all(31000 < size <= 32768 for size in sizes[:-1])


def test_a_half_written_record_is_one_lost_sample(tmp_path: Path) -> None:
    """A power cut in the middle of the last line leaves the lines before it whole, wherever it cuts."""
    [name] = run(WRITE, tmp_path, [[7, lines(1, 3)]])
    content = (tmp_path / "flash/spool" / name).read_bytes()
    last = content.rindex(b"\n", 0, -1) + 1
    cuts = range(last + 1, len(content))
    code = READ.replace("spool = Spool", "with open(name, 'wb') as file:\n    file.write(bytes(part))\nspool = Spool")
    again = "def read(name, part):\n    " + code.strip().replace("\n", "\n    ") + "\n    return result\n"
    again += "result = [read('spool/' + given[0], part) for part in given[1]]"

    read = run(again, tmp_path, [name, [list(content[:cut]) for cut in cuts]])

    assert len(read) == 25
    for [[_, _, _, found]] in read:
        assert found == [*[list(line) for line in lines(1, 2)], None]


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    """A line of which any one bit is wrong is not believed, or says what it said: never anything else."""
    [name] = run(WRITE, tmp_path, [[7, lines(1, 1)]])
    content = (tmp_path / "flash/spool" / name).read_bytes()
    line = content[content.index(b"\n") + 1 :]
    spoilt = [
        bytes(b ^ (1 << bit) if at == n else b for n, b in enumerate(line))
        for at in range(len(line))
        for bit in (0, 3, 7)
    ]

    code = "from girouette.spool import read_line\nresult = [read_line(bytes(line)) for line in given]"

    read = run(code, tmp_path, [list(line) for line in [line, *spoilt]])

    right = list(lines(1, 1)[0])
    assert read[0] == right
    assert all(found in (None, right) for found in read[1:])
    assert read[1:].count(None) > 0.9 * len(spoilt)


@pytest.mark.parametrize("harm", [b"", b"nonsense\n", b'00000000 {"ep": 7}\n'])
def test_a_segment_without_a_readable_head_is_left_out(tmp_path: Path, harm: bytes) -> None:
    """It cannot be sent under any `ep`; it is removed and counted, and the next segment has a name of its own."""
    run(WRITE, tmp_path, [[7, lines(1, 3)]])
    (tmp_path / "flash/spool/00000001").write_bytes(harm)
    (tmp_path / "flash/spool/note.txt").write_text("not the board's")
    append = 'spool.append(9, [["noise_level", "dB"]], [(1, "5", "1")])\nresult = [result, spool.spoilt]\n'

    assert run(READ + append, tmp_path) == [[], 1]
    assert sorted(f.name for f in (tmp_path / "flash/spool").iterdir()) == ["00000002", "note.txt"]


def test_after_a_failed_write_nothing_is_added_to_that_segment(tmp_path: Path) -> None:
    """Where the disk refused, the end of the file is in doubt: the next lines begin a new segment, and none is lost."""
    code = """
import builtins
from girouette import spool as module
from girouette.spool import Spool

class Full:
    def __enter__(self): return self
    def __exit__(self, *rest): pass
    def write(self, content): raise OSError(28)

spool = Spool("spool", 100000)
spool.append(7, [], [(1, "5", "1")])
module.open = lambda path, mode: Full()
try:
    spool.append(7, [], [(2, "6", "1")])
    result = "no error"
except OSError as error:
    result = error.errno
module.open = builtins.open
spool.append(7, [], [(2, "6", "1")])
result = [result, [s.low for s in spool.segments]]
"""
    assert run(code, tmp_path) == [28, [1, 2]]


NAMES = """
from girouette.backlog import Backlog
from girouette.numbers import Numbers
from girouette.spool import Spool

def boot():
    numbers, spool = Numbers(), Spool("spool", 80000)
    Backlog(spool, numbers, None, None, "b1/")
    return numbers, spool

result = []
for gone, passed in [(0, 1), (3, 1), (0, 5)]:
    numbers, spool = boot()
    numbers.passed = [passed, 100]
    numbers.give_way(gone)
    numbers, spool = boot()
    segment, _ = spool.append(numbers.ep, [["noise_level", "dB"]], [(numbers.take(), "1800000000", "55")])
    result.append([segment.place, segment.counted])
    spool.remove(segment)
"""


def test_no_segment_is_called_as_one_of_which_something_is_remembered(tmp_path: Path) -> None:
    """Names go on after the last one that gave way or was counted, though the spool is empty at power-on."""
    assert run(NAMES, tmp_path) == [[2, 0], [4, 0], [6, 0]]


AHEAD = """
import asyncio
from girouette.backlog import Backlog
from girouette.numbers import Numbers
from girouette.receipts import Receipts
from girouette.spool import Spool

spool, numbers = Spool("spool", 80000), Numbers()
backlog = Backlog(spool, numbers, None, Receipts(), "b1/")
lines = [(sq, str(1800000000 + sq), "55.5") for sq in range(1, 401)]
for first in range(0, 400, 16):
    segment, _ = spool.append(numbers.ep, [["noise_level", "dB"]], lines[first:first + 16])
cut = asyncio.run(backlog.next(lambda ep: 1, lambda ep, sq: True))
read_to = cut.pack.numbers[-1]
backlog.settle(segment, [read_to + 50])
result = [read_to, segment.low]
backlog.settle(segment, [read_to + 50, 3])
result.append(segment.low)
while cut is not None:
    cut = asyncio.run(backlog.next(lambda ep: 1, lambda ep, sq: True))
backlog.settle(segment, [read_to + 50])
result.append(segment.low)
"""


def test_a_pack_ahead_of_what_was_read_hides_nothing_that_was_not(tmp_path: Path) -> None:
    """`lo` stays below the lines that were not read yet, whatever is on its way beyond them, and never falls."""
    read_to, low, after, at_the_end = run(AHEAD, tmp_path)

    assert 100 < read_to < 300
    assert low == read_to + 1
    assert after == low
    assert at_the_end == read_to + 50


FULL = """
import asyncio
from girouette.backlog import Backlog
from girouette.numbers import Numbers
from girouette.receipts import Receipts
from girouette.spool import Spool

spool, numbers, receipts = Spool("spool", 80000), Numbers(), Receipts()
backlog = Backlog(spool, numbers, None, receipts, "b1/")
receipts.hear(numbers.ep, 40, [])
for first in range(1, 4000, 16):
    lines = [(sq, str(1800000000 + sq), "55.5") for sq in range(first, first + 16)]
    while spool.too_full_for(16 * 60):
        asyncio.run(backlog.give_way())
    spool.append(numbers.ep, [["noise_level", "dB"]], lines)
result = [spool.bytes, spool.segments[0].low, numbers.dropped]
"""


def test_a_full_disk_drops_its_oldest_segment_sample_by_sample(tmp_path: Path) -> None:
    """The spool stays below its limit; what gives way is counted, but for what the gateway has already."""
    size, lowest, dropped = run(FULL, tmp_path)

    assert size <= 80000
    assert lowest > 300
    assert dropped == lowest - 1 - 40


DEAD_GATEWAY = """
import asyncio
from girouette import spool as module
from girouette.clock import Clock, Uptime
from girouette.numbers import Numbers
from girouette.sender import Sender
from girouette.spool import Spool

module.SEGMENT_BYTES = 2000

class Channel:
    name, unit = "noise_level", "dB"

class Client:
    sent = 0
    async def publish(self, topic, payload, qos):
        self.sent += 1

uptime, client, numbers = Uptime(), Client(), Numbers()
clock = Clock(uptime)
clock.learn_ntp(1800000000000)
sender = Sender("t", "b1/", [Channel()], numbers, clock, uptime, Spool("spool", 6000))

async def main():
    sender.connected()
    task = asyncio.create_task(sender.run(client, lambda: None))
    for _ in range(given):
        sender.add(uptime.s(), "55.5")
        await asyncio.sleep_ms(1000)
        if task.done():
            await task
    task.cancel()

asyncio.run(main())
result = [numbers.next - 1, numbers.dropped, sender.spool.bytes, len(sender.held.samples), sender.lowest(numbers.ep)]
"""


@pytest.mark.slow
def test_a_board_outlives_a_full_disk_and_a_dead_gateway(tmp_path: Path) -> None:
    """The broker answers and the gateway does not: the oldest segments give way, and their packs on the way are not looked for.

    What was given up is counted, sample by sample; `lo` passes it; the rest is on the disk or in memory.
    """
    made, dropped, size, in_memory, lowest = run(DEAD_GATEWAY, tmp_path, 600, virtual=True)

    on_disk = sum(f.read_bytes().count(b"\n") - 1 for f in (tmp_path / "flash/spool").iterdir())
    assert made == 600
    assert dropped > 300
    assert made == dropped + on_disk + in_memory
    assert size <= 6000
    assert lowest == dropped + 1


def test_a_disk_that_refuses_costs_the_oldest_in_memory(tmp_path: Path) -> None:
    """Where nothing can be written 48 samples are held in memory; each one more costs the oldest, which is counted."""
    code = DEAD_GATEWAY.replace("sender = Sender(", "Spool.append = refuse\nsender = Sender(")
    code = "def refuse(self, ep, channels, lines):\n    raise OSError(28)\n" + code

    made, dropped, size, in_memory, lowest = run(code, tmp_path, 100, virtual=True)

    assert (made, dropped, size, in_memory, lowest) == (100, 52, 0, 48, 53)
