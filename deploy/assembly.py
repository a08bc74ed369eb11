"""Where concrete parts meet: the only file that names adapters. Heavy libraries are imported when they are chosen."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from deploy.faults import AWAY, CommandError
from deploy.settings import Settings, load_settings

if TYPE_CHECKING:
    from gateway.inbox.port import Inbox
    from gateway.journal import Journal
    from gateway.pipeline import Pipeline
    from gateway.registry import Registry
    from gateway.store.port import Store

SQLITE, INFLUX = "sqlite:", "influx:"
SERVERS = (f"{INFLUX}http://", f"{INFLUX}https://")
DEFAULT = "sqlite:girouette.sqlite"
LOOPBACK = "127.0.0.1"
BROKERS: Mapping[str, Literal["auto", "mosquitto", "iotcore"]] = {
    "auto": "auto", "mosquitto": "mosquitto", "iotcore": "iotcore",
}  # fmt: skip
Labels = Callable[[int], Mapping[str, str]]
"""The tags of a series: channel, pilot, place, quantity."""


def file_of(url: str) -> Path | None:
    """The file of an embedded store or registry, None where the URL names a server.

    >>> file_of("sqlite:girouette.sqlite").name, file_of("influx:http://127.0.0.1:8086")
    ('girouette.sqlite', None)
    """
    return Path(url.removeprefix(SQLITE).removeprefix("///")) if url.startswith(SQLITE) else None


def registry_url(settings: Settings) -> str:
    """Where the registry is: as set, else in the store's file, else in the default one.

    Raises CommandError where the store is none: another file would be taken in silence.
    """
    if not settings.store.startswith((SQLITE, *SERVERS)):
        raise CommandError("bad_store", url=settings.store)
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
    url: str, *, read_only: bool = False, labels: Labels | None = None, settings: Settings | None = None,
    within: sqlite3.Connection | None = None,
) -> Store:  # fmt: skip
    """The store of a URL: `sqlite:PATH` or `influx:http://HOST:PORT`.

    `labels` are needed where a remote store is written to; `within` a transaction on an embedded file it is part of that. Raises CommandError for another URL, StoreError for the store's
    own reasons.
    """
    if (path := file_of(url)) is not None:
        from gateway.store.sqlite import SqliteStore

        return SqliteStore(path, read_only=read_only, within=within)
    if not url.startswith(SERVERS):
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


def labels_of(registry: Registry) -> Labels:
    """The tags of each series, read again from the registry when an unknown one comes."""
    known: dict[int, Mapping[str, str]] = {}

    def labels(series: int) -> Mapping[str, str]:
        if series not in known:
            pilots = {row.id: row.slug for row in registry.pilots()}
            of_place = {row.id: pilots[row.pilot_id] for row in registry.places()}
            for row in registry.series():
                known[row.id] = {
                    "channel": row.channel, "pilot": of_place[row.place_id], "place": str(row.place_id),
                    "quantity": row.quantity,
                }  # fmt: skip
        return known[series]

    return labels


def open_journal(path: Path) -> Journal:
    """The journal in this SQLite file. Raises StoreError."""
    from gateway.journal import Journal

    return Journal(path)


def open_inbox(settings: Settings) -> Inbox:
    """The inbox of the brokers that are set. Raises CommandError where none is, InboxError for what is no broker."""
    from gateway.inbox.mqtt import MqttInbox

    return MqttInbox(*broker_urls(settings), window=settings.broker_window, authorities=settings.broker_ca)


def broker_urls(settings: Settings) -> list[str]:
    """The broker's accounts as URLs: those that name no user get the one that is set.

    Raises CommandError where none is set.
    """
    user, password = settings.broker_user, settings.broker_password.get_secret_value()
    urls = settings.broker.split()
    if not urls:
        raise CommandError("bad_broker", url=settings.broker)
    if not user:
        return urls
    ours = f"//{quote(user, safe='')}:{quote(password, safe='')}@"
    return [url if "@" in url else url.replace("//", ours, 1) for url in urls]


def run_gateway(settings: Settings, *, adopt: bool) -> int:
    """Run the gateway until SIGINT or SIGTERM. Raises CommandError, RegistryError and StoreError with a sentence."""
    import asyncio

    from deploy.expiry import end_unused, while_running
    from deploy.probes import probes
    from deploy.serve import Guest, config, listen, live

    with contextlib.ExitStack() as opened:
        port = settings.gateway_http_port
        listening = [opened.enter_context(listen(LOOPBACK, port))] if port else []
        pipeline = assemble(settings, opened, adopt=adopt)
        registry = opened.enter_context(contextlib.closing(open_registry(registry_url(settings))))
        ending = end_unused(registry, settings.accounts, settings.broker_pid_file, clock=time.time)
        work = while_running(pipeline.run(), ending)
        asyncio.run(live(work, beside=Guest(config(probes(pipeline))), listening=listening))
    return 0


def assemble(settings: Settings, opened: contextlib.ExitStack, *, adopt: bool) -> Pipeline:
    """The gateway's parts, put together; they are closed with the stack."""
    from devices.quantity import load_quantities
    from gateway.pipeline import Pipeline

    quantities = load_quantities(settings.recipes)
    registry = opened.enter_context(contextlib.closing(open_registry(registry_url(settings))))
    labels = labels_of(registry)
    store = opened.enter_context(contextlib.closing(open_store(settings.store, labels=labels, settings=settings)))
    journal = opened.enter_context(contextlib.closing(open_journal(journal_file(settings))))
    inbox = open_inbox(settings)
    return Pipeline(inbox, journal, store, registry, quantities, clock=time.time, settings=settings, adopt=adopt)


def run_api(settings: Settings) -> int:
    """Run the public side until SIGINT or SIGTERM. Raises CommandError, RegistryError and StoreError with a sentence."""
    import structlog

    from api.app import create_app
    from api.settings import ApiSettings
    from deploy.serve import listen, serve
    from deploy.workshop.door import open_workshop
    from devices.quantity import load_quantities

    reads: Literal["loop", "thread"] = "loop" if file_of(settings.store) else "thread"
    file = file_of(registry_url(settings))
    with contextlib.ExitStack() as opened:
        listening = opened.enter_context(listen(settings.api_host, settings.api_port))
        if file is not None and not file.exists():
            raise CommandError("no_file", code=AWAY, file=file)
        store = opened.enter_context(contextlib.closing(open_store(settings.store, read_only=True, settings=settings)))
        registry = opened.enter_context(contextlib.closing(open_registry(registry_url(settings), migrate=False)))
        shown = ApiSettings(public_url=settings.public_url, store_reads=reads)
        quantities = load_quantities(settings.recipes)
        workshop = open_workshop(settings, registry, store)
        app = create_app(registry=registry, store=store, quantities=quantities, settings=shown, workshop=workshop)
        structlog.get_logger().info("api.listening", host=settings.api_host, port=listening.getsockname()[1])
        serve(app, [listening])
    return 0


def start_broker(directory: Path, port: int, *, kind: str = "auto", log: Path) -> subprocess.Popen[bytes]:
    """The embedded broker on loopback, as a child that dies with this process. Raises BrokerError where it cannot be had."""
    from gateway import broker

    return broker.start_broker(directory, port, kind=broker_kind(kind), log=log)


def broker_kind(kind: str) -> Literal["mosquitto", "iotcore"]:
    """Which embedded broker is meant; `auto` is mosquitto where it is installed. Raises CommandError for another kind, BrokerError."""
    from gateway import broker

    if kind not in BROKERS:
        raise CommandError("bad_broker_kind", kind=kind, choices=", ".join(BROKERS))
    return "mosquitto" if broker.choose(BROKERS[kind]) == "mosquitto" else "iotcore"


def refused_samples(url: str) -> set[tuple[str, int, int]]:
    """Every numbered sample that lies in the quarantine of this embedded file: device, ep, sq."""
    path = file_of(url)
    if path is None:
        raise CommandError("bad_store", url=url)
    with contextlib.closing(open_journal(path)) as journal:
        return journal.refused_samples()
