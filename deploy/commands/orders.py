"""`girouette cmd`: ask a board something, and wait for its answer."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, BrokerUrl, RegistryUrl, StoreUrl, registry_of, settled
from deploy.commands.speech import argument, option, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError

ORDERS = ("identify", "sample")


def cmd(
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    order: Annotated[str, argument("order", metavar="identify|sample")],
    *,
    wait: Annotated[str, option("wait", "--wait", metavar="DURATION")] = "30s",
    broker: BrokerUrl = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """Ask the board, again and again, until it answers or time is up."""
    from deploy.orders import commander, give

    if order not in ORDERS:
        raise CommandError("unknown_order", code=USAGE, order=order, choices=", ".join(ORDERS))
    settings = settled(ctx, broker=broker, store=store, registry=registry)
    with registry_of(settings) as known:
        if name not in {row.id for row in known.devices() if row.stage != "retired"}:
            raise CommandError("unknown_device", name=name)
    answer = asyncio.run(give(name, order, broker=commander(settings), wait_s=seconds(wait)))
    done = answer.get("ok") is True
    told = text("obeyed", name=name, order=order) if done else text("disobeyed", name=name, why=answer.get("why", "?"))
    tell({"device": name, "do": order, **answer}, [told], as_json=as_json)
    return DONE if done else REFUSED
