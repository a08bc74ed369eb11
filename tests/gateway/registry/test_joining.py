"""One registry taken into another, table by table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from gateway.registry import Registry, RegistryRefusal
from gateway.registry.database import Database
from gateway.registry.joining import KINDS, clashes, join, needed
from gateway.registry.tables import DEVICE, METADATA, PILOT, REVISION


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Connection]:
    """A registry's file, to be changed."""
    with contextlib.closing(Database(f"sqlite:{file}", migrate=True)) as database, database.writing() as connection:
        yield connection


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """A source and a target, each with a device air-1 of its own."""
    files = tmp_path / "source.sqlite", tmp_path / "target.sqlite"
    for number, file in enumerate(files):
        with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
            pilot = registry.add_pilot(f"pilot-{number}", "Pilot").id
            place = registry.add_place(pilot, "Place", lat=48, lon=-1)
            registry.add_device(
                "air-1", pilot_id=pilot, recipe="air", channels=[("temperature", "temperature", {})], period_s=60,
                place_id=place.id, at_s=1000, password_hash="x",
            )  # fmt: skip
    return files


def test_every_table_of_the_registry_is_taken_over() -> None:
    """A table that a migration adds is in the list, or this fails."""
    assert {kind.table for kind in KINDS} == set(METADATA.tables.values()) - {REVISION}


@pytest.mark.slow
def test_references_are_those_of_the_target_and_a_clash_has_a_cure(both: tuple[Path, Path]) -> None:
    """A device of a name that is taken is refused, then joined under another one; its serial is the higher one."""
    source, target = both
    with opened(source) as theirs, opened(target) as mine:
        found = clashes(mine, theirs, {}, {})
        assert needed(found) == {"air-1": "air-2"}
        with pytest.raises(RegistryRefusal, match="air-2"):
            join(mine, theirs, names={}, known={})
        theirs.execute(update(DEVICE).values(update_serial=77))

        joined = join(mine, theirs, names=needed(found), known={})

        row = mine.execute(select(DEVICE).where(DEVICE.c.id == "air-2")).one()
        slug = mine.execute(select(PILOT.c.slug).where(PILOT.c.id == row.pilot_id)).scalar_one()
        assert (slug, row.user, row.update_serial) == ("pilot-0", "air-2", 77)
        again = join(mine, theirs, names={}, known=joined.ids)
        assert not any(again.added.values())


@pytest.mark.slow
def test_without_a_memory_of_it_the_same_rows_are_known_again(both: tuple[Path, Path]) -> None:
    """Links, keys and slugs tell: a device that comes back under another name is not made twice."""
    source, target = both
    with opened(source) as theirs, opened(target) as mine:
        join(mine, theirs, names={"air-1": "air-5"}, known={})

        again = join(mine, theirs, names={}, known={})

        assert again.ids["device"] == {"air-1": "air-5"}
        assert not any(again.added.values())


@pytest.mark.slow
def test_pilots_of_one_slug_are_one_where_they_are_alike_or_somebody_says_so(both: tuple[Path, Path]) -> None:
    """Another name under the same slug is a clash; a slug that is there joins its pilot."""
    source, target = both
    with opened(source) as theirs, opened(target) as mine:
        theirs.execute(update(PILOT).values(slug="pilot-1"))
        assert needed(clashes(mine, theirs, {"air-1": "air-2"}, {})) == {}
        theirs.execute(update(PILOT).values(name="Another"))
        assert needed(clashes(mine, theirs, {"air-1": "air-2"}, {})) == {"pilot-1": "pilot-2"}

        joined = join(mine, theirs, names={"air-1": "air-2", "pilot-1": "pilot-1"}, known={})

        assert joined.added["pilot"] == 0
