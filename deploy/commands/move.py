"""`girouette device invite` and `device move`: boards of a workshop go to the town without being flashed again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.devices import device, hints, renew_accounts
from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, BrokerUrl, RegistryUrl, StoreUrl, registry_of, settled
from deploy.commands.speech import Command, argument, option, tell, text
from deploy.faults import AWAY, DONE, REFUSED, CommandError

if TYPE_CHECKING:
    from deploy.passage.inviting import Guest
    from deploy.passage.moving import Outcome
    from gateway.registry import Registry

ENDS = {
    "left": "moved_left", "handed": "moved_handed", "back": "moved_back", "refused": "moved_refused",
    "silent": "moved_silent",
}  # fmt: skip
"""How a move ends, with the text that tells of it."""


@device.command("invite", cls=Command, help=text("device_invite"))
def invite_devices(
    ctx: typer.Context,
    file: Annotated[Path, argument("passage_made")],
    names: Annotated[list[str] | None, argument("devices")] = None,
    *,
    within: Annotated[str, option("invite_within", "--within", metavar="DURATION")] = "15m",
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write the orders by which boards that are elsewhere come here."""
    from deploy.passage.inviting import guests, invite, staying
    from deploy.passage.order import write_passage

    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        there = guests(settings)
        chosen = those(known, there, names) if names else staying(there, known.devices())
        if not chosen:
            raise CommandError("nobody_to_invite")
        passage = invite(settings, known, chosen, within_s=int(seconds(within)))
        write_passage(file, passage)
        command = renew_accounts(settings, known)
    told = {"file": str(file), "town": passage.town, "devices": {g.board: g.device for g in chosen}, "reload": command}
    lines = [text("invited", file=file, count=len(chosen), town=passage.town), *hints(settings, command)]
    tell(told, [*lines, text("invited_next", file=file.name)], as_json=as_json)


def those(registry: Registry, there: dict[str, Guest], names: Sequence[str]) -> list[Guest]:
    """The guests of these names or groups. Raises CommandError for one who is none, or is here already."""
    from deploy.groups import chosen

    found = []
    for row in chosen(registry.devices(), names):
        if row.id not in there:
            raise CommandError("no_guest", name=row.id)
        if there[row.id].arrived:
            raise CommandError("guest_arrived", name=row.id)
        found.append(there[row.id])
    return found


@device.command("move", cls=Command, help=text("device_move"))
def move_devices(
    ctx: typer.Context,
    names: Annotated[list[str] | None, argument("devices")] = None,
    *,
    to: Annotated[Path, option("move_to", "--to", metavar="PASSAGE")],
    port: Annotated[str | None, option("move_port", "--port", metavar="PORT")] = None,
    wait: Annotated[str, option("wait", "--wait", metavar="DURATION")] = "30s",
    watch: Annotated[str, option("move_watch", "--watch", metavar="DURATION")] = "30s",
    broker: BrokerUrl = None,
    as_json: AsJson = False,
) -> int:
    """Hand boards the town's orders, over this broker or by cable."""
    from deploy.orders import commander
    from deploy.passage.moving import hand_over, move_all
    from deploy.passage.order import read_passage

    settings = settled(ctx, broker=broker)
    passage = read_passage(to)
    if port is not None:
        ended = [hand_over(passage, port)]
    else:
        orders = [passage.of(name) for name in names] if names else list(passage.orders)
        waits = {"wait_s": seconds(wait), "watch_s": seconds(watch)}
        ended = asyncio.run(move_all(orders, broker=commander(settings), **waits))
    told = {"town": passage.town, "devices": [asdict(each) for each in ended]}
    tell(told, [line_of(each, passage.town) for each in ended], as_json=as_json)
    ends = {each.end for each in ended}
    return REFUSED if ends & {"back", "refused"} else AWAY if "silent" in ends else DONE


def line_of(outcome: Outcome, town: str) -> str:
    """What became of one board, in a sentence."""
    from deploy.commands.updates import word

    return text(ENDS[outcome.end], name=outcome.device, town=town, why=word(outcome.why))
