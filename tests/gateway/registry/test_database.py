"""The registry's schema: made by migrations, from every published version on, and refused where it is not ours."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.registry import Registry, RegistryAway, RegistryError, RegistryMismatch
from gateway.registry.database import HEAD, MIGRATIONS, Database, sqlite_path
from gateway.registry.tables import METADATA, VERSIONS
from gateway.store.steps import VERSION

GOLDEN = Path(__file__).parent.parent / "golden"


def test_migrations_make_the_tables_that_we_use(opened: Callable[..., Registry]) -> None:
    """A migrated database and the tables in the code do not differ in anything."""
    registry = opened()

    with registry._database.reading() as connection:
        ours = {"version_table": VERSIONS, "include_name": lambda name, kind, _: kind != "table" or "registry" in name}
        assert compare_metadata(MigrationContext.configure(connection, opts=ours), METADATA) == []


def test_the_newest_migration_is_the_one_we_expect() -> None:
    """The program looks for the version that its last migration gives."""
    scripts = ScriptDirectory(str(MIGRATIONS))

    assert scripts.get_current_head() == HEAD
    assert all(len(script.revision) == 4 for script in scripts.walk_revisions()), "versions are compared as text"


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("registry-*.sql")), ids=lambda path: path.stem)
def test_every_published_version_can_be_opened(golden: Path, tmp_path: Path) -> None:
    """A registry as an older version left it opens with all that was in it."""
    path = tmp_path / "girouette.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript(golden.read_text(encoding="utf-8"))

    with closing(Registry(f"sqlite:{path}")) as registry:
        assert [p.slug for p in registry.pilots()] == ["rennes"]
        assert [p.name for p in registry.places()] == ["Mairie", "École l'Été"]
        assert [(d.id, d.stage, d.shard) for d in registry.devices()] == [
            ("air-1", "retired", "82"),
            ("air-2", "essai", "38"),
        ]
        assert [(i.start_s, i.end_s) for i in registry.installations()][2] == (1_700_150_000, None)
        assert registry.public_spans(1) == [(1_700_003_600, 1_700_100_000)]
        assert registry.public_spans(3) == [(1_700_100_000, 1_700_300_000)]
        assert registry.periods(3) == ((0, 60.0), (1_700_200_000, 30.0))
        assert registry.series()[1].quality == {"suspect_high": 80.0}
        assert registry.place_by_key("key-of-place-2").id == 2
        assert registry.add_place(1, "Parc", lat=48, lon=-1).id == 3


def test_every_published_version_has_its_golden_file() -> None:
    """For each migration there is a dump as it left a registry."""
    names = {f"registry-{s.revision}" for s in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}

    assert names == {path.stem for path in GOLDEN.glob("registry-*.sql")}


def test_many_may_open_at_once(url: str) -> None:
    """Processes that start together migrate once between them."""
    failed: list[Exception] = []

    def start() -> None:
        try:
            Registry(url).close()
        except RegistryError as e:
            failed.append(e)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []


def test_a_newer_schema_is_refused(opened: Callable[..., Registry], url: str) -> None:
    """A registry of a later version stops the program with what to do, and stays as it was."""
    with opened()._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSIONS} SET version_num = '9999'")

    for migrate in (True, False):
        with pytest.raises(RegistryMismatch, match="install the newer girouette"):
            Registry(url, migrate=migrate)


def test_who_may_not_migrate_is_told_to_wait(url: str) -> None:
    """A reader of a database without our tables makes none."""
    path = sqlite_path(url)
    if path is not None:
        sqlite3.connect(path).close()

    with pytest.raises(RegistryMismatch, match="start the gateway once"):
        Database(url, migrate=False)


def test_the_file_is_the_stores_too(tmp_path: Path) -> None:
    """Whoever opens the one embedded file first brings all of it up to date, and commits to it as durably as the store."""
    with closing(Registry(f"sqlite:{tmp_path / 'g.sqlite'}")) as registry, registry._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar() == VERSION
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.parametrize("url", ["sqlite:/no/such/folder/g.sqlite", "sqlite:////no/such/folder/g.sqlite"])
def test_a_file_that_cannot_be_is_told(url: str) -> None:
    """A folder that is not there is named."""
    with pytest.raises(RegistryAway, match="/no/such/folder"):
        Registry(url)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """Another kind of file and an unknown kind of URL are refused with what to give."""
    (tmp_path / "letter").write_text("Dear mayor,\n" * 500)
    with pytest.raises(RegistryMismatch, match="not one of Girouette's"):
        Registry(f"sqlite:{tmp_path / 'letter'}")
    with pytest.raises(RegistryMismatch, match="give sqlite:PATH"):
        Registry("carrier-pigeon://roof")
