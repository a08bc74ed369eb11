"""The town's invitations: who may still come, under which key its order is sealed, and what the order says."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from halves import T0, Half

from deploy.faults import CommandError
from deploy.passage.inviting import Guest, guests, invite, staying
from deploy.passage.merging import Merge, merge
from deploy.passage.order import Order, digest
from deploy.settings import Settings


@pytest.fixture
def halves(tmp_path: Path) -> tuple[Half, Half]:
    """A workshop with two devices, one of which the town renames when it takes it in."""
    workshop, town = Half(tmp_path / "workshop.sqlite"), Half(tmp_path / "town.sqlite")
    workshop.settle("atelier", "air-1", "air-2")
    town.settle("rennes", "air-1", name="Rennes")
    workshop.account("air-1", 7, 10)
    merge(Merge(workshop.file, Settings(store=f"sqlite:{town.file}"), rename=True), apply=True)
    return workshop, town


def settings_of(town: Half) -> Settings:
    """The town's settings: boards reach its broker without TLS."""
    return Settings(
        store=f"sqlite:{town.file}", board_broker="mqtt://town.example:1884", public_url="https://air.example"
    )


def read(order: Order, key: str) -> dict[str, Any]:
    """What an order says to who has the key."""
    sealed, secret = base64.b64decode(order.box), digest(bytes.fromhex(key), b"gir-move 1 box")
    clear = Cipher(algorithms.AES(secret), modes.CBC(sealed[:16])).decryptor().update(sealed[16:])
    told: dict[str, Any] = json.loads(clear[: clear.index(b"\n")])
    return told


def test_an_order_is_sealed_under_the_key_of_the_workshop_and_gives_the_towns(halves: tuple[Half, Half]) -> None:
    """Name, broker and page of the town, and a password and a key that neither side had before; the number grows."""
    _, town = halves
    settings = settings_of(town)
    known = guests(settings)
    key = b"atelier0".hex().ljust(64, "0")
    assert known["air-3"] == Guest("air-3", "air-1", key, arrived=False)

    with town.registry() as registry:
        registry.identities.set_expiry("air-3", T0)
        passage = invite(settings, registry, [known["air-3"]], within_s=60)
        row = next(d for d in registry.devices() if d.id == "air-3")

    order = passage.of("air-1")
    told = read(order, key)
    assert passage.town == "town.example:1884"
    assert (told["device"], told["broker"]["host"], told["broker"]["port"]) == ("air-3", "town.example", 1884)
    assert told["update_key"] == row.update_key != key
    assert told["broker"]["password"] not in row.password_hash
    assert told["page"] == f"https://air.example/d/{row.link}"
    assert (told["within_s"], told["anchors"], row.update_serial) == (60, [], order.serial)
    assert row.expires_s is None


@pytest.mark.slow
def test_a_second_invitation_is_sealed_under_the_same_key(halves: tuple[Half, Half]) -> None:
    """The board has not moved yet, whatever the town's registry knows by now."""
    _, town = halves
    settings = settings_of(town)
    with town.registry() as registry:
        invite(settings, registry, staying(guests(settings), registry.devices()), within_s=60)

        again = guests(settings)["air-2"]

        passage = invite(settings, registry, [again], within_s=60)
    assert read(passage.of("air-2"), again.key)["device"] == "air-2"


@pytest.mark.slow
def test_who_has_arrived_is_not_invited_again(halves: tuple[Half, Half]) -> None:
    """A device that was heard here after the workshop heard it last is here; one that is retired does not come."""
    workshop, town = halves
    settings = settings_of(town)
    with town.registry() as registry:
        registry.retire("air-2", at_s=T0 + 10)
        assert [g.device for g in staying(guests(settings), registry.devices())] == ["air-3"]

        heard(town, "air-3", T0 + 60)
        assert staying(guests(settings), registry.devices()) == []

    heard(workshop, "air-1", T0 + 120)  # it went back
    merge(Merge(workshop.file, settings), apply=True)
    assert guests(settings)["air-3"].arrived is False


def heard(half: Half, device: str, at_s: int) -> None:
    """A gateway hears the device."""
    with half.journal() as journal:
        journal._db.execute("UPDATE journal_ledger SET heard_s = ? WHERE device = ?", (at_s, device))


@pytest.mark.slow
def test_a_broker_that_asks_for_authorities_has_to_have_some(halves: tuple[Half, Half]) -> None:
    """Without their folder nothing is written, and nobody's secret has changed."""
    _, town = halves
    settings = Settings(store=f"sqlite:{town.file}", board_broker="mqtts://town.example")
    with town.registry() as registry:
        before = registry.devices()
        with pytest.raises(CommandError):
            invite(settings, registry, list(guests(settings).values()), within_s=60)
        assert registry.devices() == before
