"""Another value for a second that is stored: quarantined as one record, by the device that stood there then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from gateway.directory import Directory, Stay
from gateway.numerics.columns import Columns
from gateway.quarantine import Refused

CODE = "conflict"
Filler = tuple[Stay, str, str, str]
"""When which device fills a series, by which channel, in which unit."""


def conflicts(directory: Directory, columns: Columns, now_s: int) -> list[Refused]:
    """Each of these readings as a pack of its own, which says what a board would have said."""
    if not len(columns):
        return []
    fillers = _fillers(directory)
    readings = zip(columns.series.tolist(), columns.time_s.tolist(), columns.value.tolist(), strict=True)
    packs = [_pack(fillers[series], series, time_s, value) for series, time_s, value in readings]
    return [Refused(CODE, device, -1, -1, now_s, topic, payload) for device, topic, payload in packs]


def _pack(fillers: list[Filler], series: int, time_s: int, value: float) -> tuple[str, str, bytes]:
    """Device, topic and payload; without a device where nobody stood there then."""
    for _, topic, channel, unit in _at(fillers, time_s):
        device = topic.split("/")[3]
        pack = [{"bn": f"{device}/", "bt": time_s, "n": channel, "u": unit, "v": value}]
        return device, topic, msgspec.json.encode(pack)
    return "", "", msgspec.json.encode([{"n": f"series-{series}", "bt": time_s, "v": value}])


def _at(fillers: list[Filler], time_s: int) -> Iterator[Filler]:
    return (filler for filler in fillers if filler[0].from_s <= time_s < filler[0].until_s)


def _fillers(directory: Directory) -> dict[int, list[Filler]]:
    found: dict[int, list[Filler]] = defaultdict(list)
    for topic, known in directory.topics.items():
        for name, channel in known.channels.items():
            for stay in channel.stays:
                found[stay.series].append((stay, topic, name, channel.unit))
    return found
