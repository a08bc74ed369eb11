"""What makes a board one device: everything that it must be told, and no longer than was thought of beforehand."""

from __future__ import annotations

import secrets
from dataclasses import replace

from deploy.identity import LONGEST, identity_of
from deploy.workshop.reach import Reach
from devices.image import build_image
from devices.recipe import load_recipes

DER = b"\x30\x82" * 60
WHERE = Reach("broker.example", 8883, (DER,), "broker")


def test_a_device_is_told_who_it_is_where_to_go_and_its_page() -> None:
    """What the registry gave, what the town is reached by, and what was asked for this board alone."""
    enrolled = replace(LONGEST, id="air-1", user="air-1", password="p", link="k3Jm")

    told = identity_of(
        enrolled, WHERE, networks=[{"ssid": "hall", "password": "a long key"}], public_url="https://air.example",
        board="c6", period_s=10,
    )  # fmt: skip

    assert (told.device, told.user, told.password, told.period_s, told.board) == ("air-1", "air-1", "p", 10, "c6")
    assert (told.host, told.port, told.anchors, told.tls_name) == ("broker.example", 8883, (DER,), "broker")
    assert told.wifi == ({"ssid": "hall", "password": "a long key"},)
    assert told.page == "https://air.example/d/k3Jm"


def test_who_is_not_enrolled_yet_takes_as_much_room_as_anybody() -> None:
    """The longest name, secrets of full length: what fits for it fits for whoever it becomes."""
    recipe = load_recipes()["climate"]
    someone = replace(LONGEST, password=secrets.token_urlsafe(32), update_key=secrets.token_hex(32), link="k" * 22)

    longest, real = (
        len(
            build_image(
                [recipe], identity_of(who, replace(WHERE, anchors=()), networks=[], public_url="", board="c6")
            ).settings["identity"]
        )
        for who in (LONGEST, someone)
    )

    assert longest >= real
