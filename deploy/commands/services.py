"""`girouette gateway`, `api`, `demo` and `health`: what runs until it is stopped, and whether it does."""

from __future__ import annotations

import http.client
import urllib.request
from pathlib import Path
from typing import Annotated
from urllib.error import HTTPError, URLError

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import BrokerUrl, Recipes, RegistryUrl, StoreUrl, settled, terminal
from deploy.commands.speech import LANG, argument, option, text
from deploy.faults import AWAY, DONE, CommandError

HEALTH_S = 5.0


def gateway(
    ctx: typer.Context,
    *,
    broker: BrokerUrl = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    recipes: Recipes = None,
    adopt: Annotated[bool, option("adopt", "--adopt")] = False,
) -> int:
    """Run the gateway until it is told to stop."""
    from deploy.assembly import run_gateway
    from deploy.log import start_log

    settings = settled(ctx, broker=broker, store=store, registry=registry, recipes=recipes)
    start_log(settings.log, settings.log_level, watched=terminal())
    return run_gateway(settings, adopt=adopt)


def api(
    ctx: typer.Context,
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    host: Annotated[str | None, option("host", "--host", metavar="ADDRESS")] = None,
    port: Annotated[int | None, option("port", "--port", metavar="N")] = None,
    recipes: Recipes = None,
) -> int:
    """Run the public side until it is told to stop."""
    from deploy.assembly import run_api
    from deploy.log import start_log

    settings = settled(ctx, store=store, registry=registry, recipes=recipes, api_host=host, api_port=port)
    start_log(settings.log, settings.log_level, watched=terminal())
    return run_api(settings)


def demo(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    *,
    for_: Annotated[str | None, option("for", "--for", metavar="DURATION")] = None,
    report: Annotated[Path | None, option("report", "--report", metavar="FILE")] = None,
    port: Annotated[int | None, option("demo_port", "--port", metavar="N")] = None,
    keep: Annotated[Path | None, option("keep", "--keep", metavar="DIR")] = None,
    backfill: Annotated[str, option("backfill", "--backfill", metavar="DURATION")] = "30d",
    kill: Annotated[str, option("kill", "--kill", metavar="CHILD@MOMENT,...")] = "",
    broker: Annotated[str, option("demo_broker", "--broker", metavar="KIND")] = "auto",
    recipes: Recipes = None,
) -> int:
    """The whole river on this machine."""
    from deploy.demo import DemoOptions, kills
    from deploy.demo import demo as play

    settings = settled(ctx, recipes=recipes)
    return play(
        DemoOptions(
            for_s=None if for_ is None else seconds(for_), report=report, port=port, keep=keep,
            backfill_s=seconds(backfill), kills=kills(kill), recipes=settings.recipes, broker=broker, lang=LANG,
        )
    )  # fmt: skip


def health(url: Annotated[str, argument("url")]) -> int:
    """Does this address answer 200?"""
    if not url.startswith(("http://", "https://")):
        raise CommandError("bad_url", url=url)
    try:
        with urllib.request.urlopen(url, timeout=HEALTH_S) as answer:  # noqa: S310 - checked above
            status = int(answer.status)
    except HTTPError as e:
        raise CommandError(
            "unwell", code=AWAY, url=url, why=" ".join(e.read(500).decode(errors="replace").split()) or e
        ) from e
    except (URLError, http.client.HTTPException, TimeoutError) as e:
        raise CommandError("unwell", code=AWAY, url=url, why=getattr(e, "reason", e)) from e
    print(text("well", url=url, status=status))
    return DONE
