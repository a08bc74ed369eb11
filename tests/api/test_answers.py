"""Ready answers: tags, keeping, links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import Request

from api.answers import PRIVATE, PUBLIC_LIVE, headers, keeping, known, licence_links, link, ready, tag
from api.catalogue import Catalogue
from devices.quantity import load_quantities


def asking(etag: str) -> Request:
    """A request that holds this answer."""
    return Request({"type": "http", "headers": [(b"if-none-match", etag.encode())]})


def test_a_tag_moves_with_every_part() -> None:
    """Equal parts give the equal tag; where one part ends and the next begins matters."""
    assert tag("ab", 1) == tag("ab", 1)
    assert len({tag("ab", "c"), tag("a", "bc"), tag(b"abc"), tag("ab", "c", "")}) == 4


@pytest.mark.parametrize(
    ("held", "same"), [('W/"x"', True), ('"x"', True), ('"y", W/"x"', True), ("*", True), ('"y"', False), ("", False)]
)
def test_who_holds_an_answer_is_not_sent_it_again(held: str, same: bool) -> None:
    """Weak comparison, lists and `*` as RFC 9110 has them; what is made late is not made at all."""
    made: list[int] = []

    def body() -> bytes:
        made.append(1)
        return b"[]"

    answer = ready(asking(held), body, "application/json", {"ETag": 'W/"x"'})

    assert known(asking(held), 'W/"x"') is same
    assert answer.status_code == (304 if same else 200)
    assert len(made) == (0 if same else 1)


def test_what_a_key_opened_is_never_kept(city: Any) -> None:
    """No ETag, no cache, no robots."""
    catalogue = Catalogue(city.registry, load_quantities())
    public, opened = catalogue.view(), catalogue.view(city.places["secret court"].key)

    assert keeping(public) == PUBLIC_LIVE
    told = headers(cache=keeping(opened), etag=tag("x"))
    assert told == {"Cache-Control": PRIVATE, "X-Robots-Tag": "noindex"}


def test_each_licence_is_linked_once(city: Any) -> None:
    """Two pilots under one licence make one link; a licence without an address makes none."""
    pilot = city.registry.pilots()[0]

    assert licence_links([pilot, replace(pilot, slug="b"), replace(pilot, licence="ours")]) == [
        '<https://www.etalab.gouv.fr/licence-ouverte-open-licence>; rel="license"'
    ]
    assert link("/x", "next", title="more") == '</x>; rel="next"; title="more"'
