"""The town's side of a move: each board that a merge brought gets a secret of the town's, in an order that it alone can read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.assembly import journal_file, open_journal
from deploy.passage.order import IV_BYTES, Order, Passage, identity, seal
from deploy.passage.taking import FACT, last_heard
from deploy.workshop.reach import Reach, reach
from devices.anchors import since
from gateway.registry.enrol import renew_secrets

if TYPE_CHECKING:
    from deploy.settings import Settings
    from gateway.registry import Registry


@dataclass(frozen=True, slots=True)
class Guest:
    """A device that a merge brought, and its board, which is still elsewhere."""

    device: str
    """What it is called here."""
    board: str
    """What its board is called until then."""
    key: str
    """By what the board knows its orders, in hexadecimal."""
    arrived: bool
    """Was it heard here since?"""


def guests(settings: Settings) -> dict[str, Guest]:
    """The devices that merges brought, by the name that they have here; of two sources the one that was merged first last."""
    journal = open_journal(journal_file(settings))
    try:
        facts = [json.loads(kept) for kept in journal.facts(FACT).values()]
        heard = last_heard(journal)
    finally:
        journal.close()
    found: dict[str, Guest] = {}
    for fact in sorted(facts, key=lambda each: each["first_s"]):
        for board, device in fact["ids"]["device"].items():
            if device in fact["keys"]:
                arrived = heard.get(device, 0) > fact["heard"].get(device, 0)
                found[device] = Guest(device, board, fact["keys"][device], arrived)
    return found


def invite(settings: Settings, registry: Registry, chosen: Collection[Guest], *, within_s: int) -> Passage:
    """The orders for these: their secrets are fresh from now on, and those of an earlier invitation open nothing any more.

    Raises CommandError, FlashError and RegistryError.
    """
    there = reach(settings)
    return Passage(
        f"{there.host}:{there.port}",
        tuple(_order(registry, guest, there, settings.public_url, within_s=within_s) for guest in chosen),
    )


def _order(registry: Registry, guest: Guest, there: Reach, public_url: str, *, within_s: int) -> Order:
    with registry.together():
        made = renew_secrets(registry, guest.device)
        registry.identities.set_expiry(guest.device, None)  # it was made to be flashed in time, and that it was
        serial = registry.next_serial(guest.device, at_s=int(time.time()))
        page = made.page(public_url) if public_url else None
        told = identity(
            made.id, there, password=made.password, update_key=made.update_key, page=page, **bounds(there, within_s)
        )
        return seal(
            guest.board,
            told,
            anchors=there.anchors,
            key=bytes.fromhex(guest.key),
            serial=serial,
            iv=os.urandom(IV_BYTES),
        )


def bounds(there: Reach, within_s: int) -> Mapping[str, Any]:
    """How long the board tries, and before which date no certificate of the town is good."""
    return {"within_s": within_s, "trusted_since": max(map(since, there.anchors), default=0)}


def staying(known: Mapping[str, Guest], devices: Collection[Any]) -> list[Guest]:
    """Of all guests those who may still come: in service, and not heard here yet."""
    gone = {row.id for row in devices if not row.in_service}
    return [guest for name, guest in known.items() if name not in gone and not guest.arrived]
