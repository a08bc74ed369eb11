"""Where the registry's tables live, and who may change them when: an SQLite file shared with the store, or PostgreSQL."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, exc, inspect, select, update
from sqlalchemy.pool import QueuePool

from gateway.registry.rows import RegistryAway, RegistryError, RegistryMismatch
from gateway.registry.tables import REVISION, VERSIONS
from gateway.store.port import StoreError, StoreMismatch
from gateway.store.steps import APPLICATION_ID, connect, prepare, told

HEAD = "0004"
"""The newest migration in gateway/migrations: alembic is imported only where the tables are not there yet."""
MIGRATIONS = Path(__file__).parent.parent / "migrations"


class Database:
    """A database whose registry tables are of our version.

    Raises RegistryMismatch for a newer one, and for an older one unless it may be migrated.
    """

    def __init__(self, url: str, *, migrate: bool) -> None:
        self._own = threading.local()
        """The connection of a thread that is in `writing`: what it reads and writes there is one transaction."""
        with _told():
            self._engine = _engine(url, migrate=migrate)
            if self._version() != HEAD:
                self._bring_up_to_date(migrate=migrate)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One view of all tables."""
        if (mine := self._mine()) is not None:
            yield mine
            return
        with _told(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction at a time over all processes; the revision is one higher afterwards, or nothing has changed.

        Within it, further ones of the same thread are part of it.
        """
        if (mine := self._mine()) is not None:
            yield mine
            return
        with _told(), self._engine.connect().execution_options(write=True) as connection, connection.begin():
            connection.execute(update(REVISION).values(revision=REVISION.c.revision + 1))
            self._own.connection = connection
            try:
                yield connection
            finally:
                self._own.connection = None

    @contextlib.contextmanager
    def attempting(self) -> Iterator[None]:
        """A part of `writing` that can fail by itself: where it raises, what it changed is undone, and the rest goes on."""
        with self.writing() as connection, connection.begin_nested():
            yield

    def _mine(self) -> Connection | None:
        found: Connection | None = getattr(self._own, "connection", None)
        return found

    def revision(self) -> int:
        """How many changes there have been."""
        with self.reading() as connection:
            return int(connection.execute(_REVISION).scalar_one())

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _version(self) -> str | None:
        with self._engine.connect() as connection:
            return _version(connection)

    def _bring_up_to_date(self, *, migrate: bool) -> None:
        """Migrate under one lock, so that processes that start together do it once."""
        with self._engine.connect().execution_options(write=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
            found = _version(connection)
            if found is not None and not found <= HEAD:
                raise RegistryMismatch("newer", found=found, head=HEAD)
            if found != HEAD and not migrate:
                raise RegistryMismatch("older")
            if found != HEAD:
                upgrade(connection)


_REVISION = select(REVISION.c.revision).where(REVISION.c.id == 1)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the missing migrations on this connection, within its transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL (`sqlite:PATH` or `sqlite:///PATH`), None for any other URL.

    >>> sqlite_path("sqlite:data/girouette.sqlite").name, sqlite_path("postgresql+psycopg://localhost/girouette")
    ('girouette.sqlite', None)
    """
    if not url.startswith("sqlite:"):
        return None
    return Path(url.removeprefix("sqlite:").removeprefix("///"))


def _engine(url: str, *, migrate: bool) -> Engine:
    path = sqlite_path(url)
    if path is None:
        try:
            return create_engine(url, pool_pre_ping=True)
        except (exc.ArgumentError, ImportError) as e:
            raise RegistryMismatch("no_registry", why=e) from e
    if migrate:
        with contextlib.closing(connect(path)) as db:
            prepare(db)
    engine = create_engine("sqlite://", creator=lambda: connect(path), poolclass=QueuePool)
    event.listen(engine, "connect", lambda db, _: db.execute("PRAGMA foreign_keys = ON"))
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Who will write says so at once: a reader that turns into a writer can be refused without waiting."""
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSIONS):
        return None
    versions = Table(VERSIONS, MetaData(), autoload_with=connection)
    found: str | None = connection.execute(select(versions.c.version_num)).scalar()
    return found


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The database's faults, in the words of the registry."""
    try:
        yield
    except exc.DBAPIError as e:
        if isinstance(e.orig, sqlite3.Error):
            raise _from_store(told(e.orig)) from e
        raise RegistryAway("away", why=e.orig) from e
    except StoreError as e:
        raise _from_store(e) from e


def _from_store(error: StoreError) -> RegistryError:
    if isinstance(error, StoreMismatch):
        return RegistryMismatch("of_the_file", told=error)
    return RegistryAway("of_the_file", told=error)
