"""Where concrete parts meet: the only file that names adapters. Heavy libraries are imported when they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.faults import CommandError
from deploy.settings import Settings, load_settings

if TYPE_CHECKING:
    from gateway.registry import Registry
    from gateway.store.port import Store

SQLITE, INFLUX = "sqlite:", "influx:"
DEFAULT = "sqlite:girouette.sqlite"
Labels = Callable[[int], Mapping[str, str]]
"""The tags of a series: channel, pilot, place, quantity."""


def file_of(url: str) -> Path | None:
    """The file of an embedded store or registry, None where the URL names a server.

    >>> file_of("sqlite:girouette.sqlite").name, file_of("influx:http://127.0.0.1:8086")
    ('girouette.sqlite', None)
    """
    return Path(url.removeprefix(SQLITE).removeprefix("///")) if url.startswith(SQLITE) else None


def registry_url(settings: Settings) -> str:
    """Where the registry is: as set, else in the store's file, else in the default one."""
    return settings.registry or (settings.store if file_of(settings.store) else DEFAULT)


def journal_file(settings: Settings) -> Path:
    """Where the journal is: in the store's file where it has one, else as set, else in the registry's.

    Raises CommandError where an embedded store is asked to keep its journal elsewhere.
    """
    embedded = file_of(settings.store)
    if embedded and settings.journal and settings.journal.resolve() != embedded.resolve():
        raise CommandError("journal_elsewhere", journal=settings.journal, store=embedded)
    return embedded or settings.journal or file_of(registry_url(settings)) or Path(DEFAULT.removeprefix(SQLITE))


def open_store(
    url: str, *, read_only: bool = False, labels: Labels | None = None, settings: Settings | None = None
) -> Store:
    """The store of a URL: `sqlite:PATH` or `influx:http://HOST:PORT`.

    `labels` are needed where a remote store is written to. Raises CommandError for another URL, StoreError for the store's
    own reasons.
    """
    if (path := file_of(url)) is not None:
        from gateway.store.sqlite import SqliteStore

        return SqliteStore(path, read_only=read_only)
    if not url.startswith((f"{INFLUX}http://", f"{INFLUX}https://")):
        raise CommandError("bad_store", url=url)
    from gateway.store.influx import InfluxStore

    settings = settings or load_settings()
    return InfluxStore(
        url.removeprefix(INFLUX), token=settings.influx_token.get_secret_value(), org=settings.influx_org,
        labels=labels or no_labels, timeout_s=settings.influx_timeout_s,
    )  # fmt: skip


def no_labels(series: int) -> Mapping[str, str]:
    """The tags of a series that nobody writes to."""
    return {"series": str(series)}


def open_registry(url: str, *, migrate: bool = True) -> Registry:
    """The registry of a URL: `sqlite:PATH`, or PostgreSQL's. Raises RegistryError."""
    from gateway.registry import Registry

    return Registry(url, migrate=migrate)
