"""`girouette cmd` and `girouette log`: ask a board something, and wait for its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, BrokerUrl, RegistryUrl, StoreUrl, recipes_of, registry_of, settled
from deploy.commands.speech import argument, option, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError

if TYPE_CHECKING:
    from deploy.settings import Settings
    from gateway.registry import Device

OBEYED = {
    "identify": "obeyed_identify", "sample": "obeyed_sample", "configure": "obeyed_configure", "reboot": "obeyed_reboot",
}  # fmt: skip
"""What a board can be asked, with the text that tells of it."""
ORDERS = (*OBEYED, "log")
Wait = Annotated[str, option("wait", "--wait", metavar="DURATION")]


def cmd(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    order: Annotated[str, argument("order", metavar="|".join(ORDERS))],
    *,
    period_s: Annotated[int | None, option("new_period", "--period", metavar="SECONDS", min=1, max=86_400)] = None,
    batch: Annotated[int | None, option("batch", "--batch", metavar="N", min=0, max=60)] = None,
    wait: Wait = "30s",
    broker: BrokerUrl = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """Ask the board, again and again, until it answers or time is up."""
    from deploy.orders import commander, give

    changes = {key: value for key, value in (("period_s", period_s), ("batch", batch)) if value is not None}
    check_order(order, changes)
    settings = settled(ctx, broker=broker, store=store, registry=registry)
    device = check_device(settings, name)
    if batch:
        check_sleep(settings, device)
    if order == "log":
        return show_log(settings, name, wait_s=seconds(wait), as_json=as_json)
    more = {"set": changes} if changes else {}
    answer = asyncio.run(give(name, order, broker=commander(settings), wait_s=seconds(wait), **more))
    done = answer.get("ok") is True
    if done and period_s is not None:
        with registry_of(settings) as known:
            known.set_period(name, float(period_s), at_s=int(time.time()))
    told = text(OBEYED[order], name=name) if done else text("disobeyed", name=name, why=answer.get("why", "?"))
    tell({"device": name, "do": order, **answer}, [told], as_json=as_json)
    return DONE if done else REFUSED


def log(
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    *,
    wait: Wait = "30s",
    broker: BrokerUrl = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """The diary that the board keeps: starts, connections, what went wrong."""
    settings = settled(ctx, broker=broker, store=store, registry=registry)
    check_device(settings, name)
    return show_log(settings, name, wait_s=seconds(wait), as_json=as_json)


def show_log(settings: Settings, name: str, *, wait_s: float, as_json: bool) -> int:
    """Print a board's diary with its dates. Raises CommandError."""
    from deploy.orders import commander, diary, lines_of

    rows = lines_of(asyncio.run(diary(name, broker=commander(settings), wait_s=wait_s)))
    tell(rows, [diary_line(row) for row in rows], as_json=as_json)
    return DONE


def diary_line(row: dict[str, Any]) -> str:
    """A line for people: the date where the board knew it, else the boot and its uptime."""
    if row["boot"] is None:
        return str(row["text"])
    if row["time_s"] is None:
        when = text("diary_undated", boot=row["boot"], up=row["up"])
    else:
        when = f"{datetime.fromtimestamp(row['time_s'], UTC).astimezone():%Y-%m-%d %H:%M:%S}"
    return f"{when}  {row['text']}"


def check_order(order: str, changes: Mapping[str, int]) -> None:
    """Refuse what no board can do. Raises CommandError."""
    if order not in ORDERS:
        raise CommandError("unknown_order", code=USAGE, order=order, choices=", ".join(ORDERS))
    if (order == "configure") != bool(changes):
        raise CommandError("nothing_to_change", code=USAGE)


def check_device(settings: Settings, name: str) -> Device:
    """The device of this name. Raises CommandError where it is not registered, or is retired."""
    with registry_of(settings) as known:
        for row in known.devices():
            if row.id == name and row.stage != "retired":
                return row
    raise CommandError("unknown_device", name=name)


def check_sleep(settings: Settings, device: Device) -> None:
    """Refuse to let a board sleep that counts or listens. Raises CommandError."""
    from devices.energy import can_sleep

    known = recipes_of(settings)
    for slug in device.recipe.split("+"):
        if slug in known and not can_sleep(known[slug]):
            raise CommandError("cannot_sleep", name=device.id, recipe=slug)
