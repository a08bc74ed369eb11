"""One registry taken into another: rows of the source get numbers of the target, and what is there already adds nothing."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from devices.reading import shard_of
from gateway.registry import tables as t
from gateway.registry.rows import RegistryRefusal

Ids = dict[str, dict[int | str, int | str]]
"""For each table, what a row of the source is called in the target."""
NUMBERED = re.compile(r"(.*?)-?(\d*)")
LONGEST = 32


@dataclass(frozen=True, slots=True)
class Kind:
    """How rows of one table are taken over."""

    table: Table
    known_by: tuple[str, ...]
    """What tells a row among all others, once its references are the target's."""
    refers: Mapping[str, str] = field(default_factory=dict)
    """Column -> the table whose rows it names."""
    ends: tuple[str, ...] = ()
    """What is written later, once: taken over where the target has nothing in the first of them."""

    @property
    def name(self) -> str:
        """The table without its prefix."""
        return self.table.name.removeprefix("registry_")


_DEVICE = {"device_id": "device"}
KINDS = (
    Kind(t.PILOT, ("slug",)),
    Kind(t.PLACE, ("key",), {"pilot_id": "pilot"}),
    Kind(t.DEVICE, ("link",), {"pilot_id": "pilot"}),
    Kind(t.GROUP, ("device_id", "name"), _DEVICE),
    Kind(t.CHANNEL, ("device_id", "channel"), _DEVICE),
    Kind(t.INSTALLATION, ("device_id", "place_id", "start_s"), {**_DEVICE, "place_id": "place"}, ("end_s",)),
    Kind(t.OPENING, ("installation_id", "start_s"), {"installation_id": "installation"}, ("end_s", "hidden")),
    Kind(t.STAGE, ("device_id", "at_s", "stage"), _DEVICE),
    Kind(t.SERIES, ("place_id", "channel"), {"place_id": "place"}),
    Kind(t.PERIOD, ("series_id", "from_s"), {"series_id": "series"}),
    Kind(t.UPDATE, ("device_id", "at_s", "version"), _DEVICE),
    Kind(t.CALIBRATION, ("device_id", "channel", "method", "start_s", "added_s"), _DEVICE, ("removed_s",)),
)
"""In the order in which they refer to each other; every table of the registry but its revision is here."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A name of the source that the target gives to something else."""

    kind: str
    name: str
    free: str
    """A name that would do."""


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a source's rows."""

    ids: Ids
    added: Mapping[str, int]
    """New rows by table."""


def clashes(target: Connection, source: Connection, names: Mapping[str, str], known: Ids) -> list[Clash]:
    """Pilots and devices of the source that cannot keep their names; `names` says what some are to be called."""
    return [
        *_taken_pilots(target, source, names, known.get("pilot", {})),
        *_taken_devices(target, source, names, known.get("device", {})),
    ]


def join(target: Connection, source: Connection, *, names: Mapping[str, str], known: Ids) -> Joined:
    """Take over all rows; `known` says what earlier ones are called. Raises RegistryRefusal where names clash.

    What the target says of a row that came earlier stays, but for ends that only the source has.
    """
    if found := clashes(target, source, names, known):
        raise RegistryRefusal("clash", names=", ".join(f"{c.kind} {c.name}" for c in found), free=found[0].free)
    ids: Ids = {kind.name: dict(known.get(kind.name, {})) for kind in KINDS}
    added = {kind.name: _take(target, source, kind, ids, names) for kind in KINDS}
    _raise_serials(target, source, ids["device"])
    return Joined(ids, added)


def _take(target: Connection, source: Connection, kind: Kind, ids: Ids, names: Mapping[str, str]) -> int:
    table, mine = kind.table, ids[kind.name]
    there = {row.id: row for row in target.execute(select(table)).all()}
    known_by = {tuple(getattr(row, column) for column in kind.known_by): row.id for row in there.values()}
    series, added = _other_quantities(kind), 0
    for row in source.execute(select(table).order_by(_own_number(table))).mappings():
        values = _translated(kind, row, ids, names)
        found = mine.get(row["id"])
        if found not in there:
            found = known_by.get(tuple(values[column] for column in kind.known_by))
        if found is None:
            found, added = _insert(target, kind, row, values), added + 1
        else:
            series(values, there.get(found))
            _end(target, kind, there.get(found), values)
        mine[row["id"]] = found
    return added


def _translated(kind: Kind, row: Mapping[Any, Any], ids: Ids, names: Mapping[str, str]) -> dict[str, Any]:
    """A row's values as they are in the target, without the number that it had in the source."""
    values = {c.name: row[c.name] for c in kind.table.c if c.name != _own_number(kind.table).name}
    for column, of in kind.refers.items():
        values[column] = ids[of][values[column]]
    if kind.table is t.PILOT:
        values["slug"] = names.get(values["slug"], values["slug"])
    if kind.table is t.DEVICE:
        name = names.get(row["id"], row["id"])
        values |= {"id": name, "user": name, "shard": shard_of(name)}
    return values


def _insert(target: Connection, kind: Kind, row: Mapping[Any, Any], values: Mapping[str, Any]) -> int | str:
    found: int | str = target.execute(insert(kind.table).values(values).returning(kind.table.c.id)).scalar_one()
    if kind.table is t.CALIBRATION and row["version"] == row["id"]:  # a line is called by its own number
        target.execute(update(kind.table).where(kind.table.c.id == found).values(version=found))
    return found


def _end(target: Connection, kind: Kind, there: Any, values: Mapping[str, Any]) -> None:
    """Write down an end that only the source knows."""
    if kind.ends and there is not None and getattr(there, kind.ends[0]) is None and values[kind.ends[0]] is not None:
        ended = {column: values[column] for column in kind.ends}
        target.execute(update(kind.table).where(kind.table.c.id == there.id).values(ended))


def _other_quantities(kind: Kind) -> Any:
    """A check for rows of series: one series has one quantity."""

    def check(values: Mapping[str, Any], there: Any) -> None:
        if kind.table is t.SERIES and there is not None and there.quantity != values["quantity"]:
            raise RegistryRefusal(
                "other_quantity", channel=there.channel, place=there.place_id, kept=there.quantity,
                measured=values["quantity"],
            )  # fmt: skip

    return check


def _raise_serials(target: Connection, source: Connection, ids: Mapping[int | str, int | str]) -> None:
    """The next order to a device has a higher number than any that either registry gave."""
    for row in source.execute(select(t.DEVICE.c.id, t.DEVICE.c.update_serial)):
        lower = (t.DEVICE.c.id == ids[row.id], t.DEVICE.c.update_serial < row.update_serial)
        target.execute(update(t.DEVICE).where(*lower).values(update_serial=row.update_serial))


def _taken_pilots(
    target: Connection, source: Connection, names: Mapping[str, str], known: Mapping[int | str, int | str]
) -> list[Clash]:
    """Two pilots of one slug are one where all else is the same, or where somebody says so by a name that is there."""
    there = {row.slug: row for row in target.execute(select(t.PILOT))}
    found = []
    for row in source.execute(select(t.PILOT).order_by(t.PILOT.c.id)):
        other = there.get(row.slug)
        if row.id in known or row.slug in names or other is None:
            continue
        if (other.name, other.licence, other.timezone, other.demo) != (row.name, row.licence, row.timezone, row.demo):
            found.append(Clash("pilot", row.slug, free_name(row.slug, set(there))))
    return found


def _taken_devices(
    target: Connection, source: Connection, names: Mapping[str, str], known: Mapping[int | str, int | str]
) -> list[Clash]:
    """A device is known by its link, wherever it goes; another one of its name is in its way."""
    there = {row.id: row.link for row in target.execute(select(t.DEVICE.c.id, t.DEVICE.c.link))}
    taken, found = set(there), []
    rows = source.execute(select(t.DEVICE.c.id, t.DEVICE.c.link).order_by(t.DEVICE.c.number)).all()
    taken |= {row.id for row in rows}
    links = set(there.values())
    for row in rows:
        wanted = names.get(row.id, row.id)
        if row.id not in known and row.link not in links and wanted in there:
            found.append(Clash("device", row.id, free_name(wanted, taken)))
            taken.add(found[-1].free)
    return found


def free_name(name: str, taken: set[str]) -> str:
    """The first name with another number that nobody has.

    >>> free_name("air-1", {"air-1", "air-2"}), free_name("pilote", {"pilote"})
    ('air-3', 'pilote-2')
    """
    base, number = NUMBERED.fullmatch(name).groups()  # type: ignore[union-attr]
    for n in itertools.count(int(number or 1) + 1):
        if (free := f"{base[: LONGEST - 1 - len(str(n))]}-{n}") not in taken:
            return free
    raise AssertionError


def _own_number(table: Table) -> Any:
    """The column that is given anew: of a device its number, of all others their id."""
    return table.c.number if table is t.DEVICE else table.c.id


def numbered(found: Mapping[str, Mapping[str, int | str]]) -> Ids:
    """Ids as they were before they were written down as JSON, whose names are texts.

    >>> numbered({"series": {"3": 12}, "device": {"air-1": "air-4"}})
    {'series': {3: 12}, 'device': {'air-1': 'air-4'}}
    """
    return {kind: {old if kind == "device" else int(old): new for old, new in of.items()} for kind, of in found.items()}


def needed(found: Sequence[Clash]) -> dict[str, str]:
    """The names that solve these clashes."""
    return {clash.name: clash.free for clash in found}
