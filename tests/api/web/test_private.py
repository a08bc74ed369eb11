"""A device's page by its link: private until it is public, the way to the public page then, and nothing for who has no link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from api.catalogue import Catalogue
from api.front import Front
from api.problems import NotThere
from api.readings import Desk, Readings
from api.settings import ApiSettings
from api.web.private import published
from devices.quantity import load_quantities

HOUR_S = 3600


def link_of(city: Any, device: str) -> str:
    """What the address of a device's page ends with."""
    link: str = city.registry.identities.device(device).link
    return link


def test_a_private_page_shows_the_place_as_the_public_will_see_it(city: Any, ask: Any) -> None:
    """With curve, newest value and CSV; the past that is public of it besides; nobody may keep or index it."""
    told = ask(f"/d/{link_of(city, 'secret-3')}", headers={"Accept-Language": "en"})

    assert told.status_code == 200
    assert told.headers["Cache-Control"] == "private, no-store"
    assert told.headers["Referrer-Policy"] == "no-referrer"
    assert told.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex, nofollow">' in told.text
    assert "ETag" not in told.headers
    assert "Private preview: what secret-3 measures is not public yet" in told.text
    assert "<h1>Toit</h1>" in told.text
    assert len(re.findall(r"<figure>\s*<svg", told.text)) == 2, "a curve for each channel"
    assert "666.1" in told.text, "what the device has measured there"
    assert "wind-1" not in told.text, "who stood there before is the public page's to tell"


@pytest.mark.slow
@pytest.mark.parametrize(("accepted", "lang"), [("fr-FR,fr;q=0.9", "fr"), ("en-GB", "en"), ("", "fr")])
def test_a_label_speaks_the_language_of_the_browser(city: Any, ask: Any, accepted: str, lang: str) -> None:
    """And each language has an address of its own, which the page links to."""
    link = link_of(city, "secret-3")
    told = ask(f"/d/{link}", headers={"Accept-Language": accepted})

    assert (told.headers["Content-Language"], told.headers["Vary"]) == (lang, "Accept-Language")
    assert {ask(f"/d/{link}/{name}").headers["Content-Language"] for name in ("fr", "en")} == {"fr", "en"}
    other = "en" if lang == "fr" else "fr"
    assert f"/d/{link}/{other}" in told.text
    assert f"/d/{link}/{lang}?range=7d" in told.text
    assert ask(f"/d/{link}/{lang}?range=7d").status_code == 200


@pytest.mark.slow
def test_downloads_of_a_private_page_work_by_the_link_alone(city: Any, ask: Any) -> None:
    """CSV, JSON, events and SensorThings: with the link the device's readings are there, without it only the public ones."""
    link = link_of(city, "secret-3")
    opened = [a.replace("&amp;", "&") for a in re.findall(r'href="([^"]+)"', ask(f"/d/{link}/en").text)]
    downloads = [a for a in opened if "/api/series/" in a or "/v1.1/" in a]

    assert len(downloads) == 14
    assert all(f"key={link}" in a for a in downloads)
    for address in downloads:
        told = ask(address)
        assert (told.status_code, told.headers["Cache-Control"]) == (200, "private, no-store")
    speed = city.series("Toit", "wind_speed")
    rows = ask(f"/api/series/{speed}.csv?key={link}").text
    assert rows.count("666.125") == 180
    assert rows.count(",3.25,") == 180, "what was public before"
    assert "666.125" not in ask(f"/api/series/{speed}.csv").text


@pytest.mark.slow
def test_a_link_opens_what_its_device_measured_and_nothing_of_others(own_city: Any, asker: Any) -> None:
    """Neither another device at the same place, nor who stood there in private before, nor another place."""
    parc = own_city.places["secret court"]
    own_city.add_device("guest", parc.pilot_id, "secret court", "humidity")
    own_city.fill("secret court", "humidity", lambda _: 41.5)
    own_city.registry.retire("secret-1", at_s=own_city.now_s - HOUR_S)
    own_city.add_device("heir", parc.pilot_id, "secret court", "temperature", at_s=own_city.now_s - HOUR_S)
    ask = asker(own_city.app())
    temperature, humidity = (own_city.series("secret court", c) for c in ("temperature", "humidity"))
    guest, heir = link_of(own_city, "guest"), link_of(own_city, "heir")

    assert ask(f"/api/series/{humidity}.csv?key={guest}").text.count("41.5") == 360
    assert ask(f"/api/series/{temperature}.csv?key={guest}").status_code == 404
    assert "Temperature" not in ask(f"/d/{guest}/en").text
    assert ask(f"/api/series/{temperature}.csv?key={heir}").text.count("666.125") == 60, (
        "its own hour, not the five before"
    )
    assert ask(f"/api/series/{humidity}.csv?key={heir}").status_code == 404
    assert "secret harbour" not in ask(f"/api/places?key={heir}").text


def test_the_same_address_shows_the_public_page_later(own_city: Any, asker: Any) -> None:
    """Private, then public, then hidden again: the address never changes, and no browser remembers the way."""
    ask = asker(own_city.app())
    address, place = f"/d/{link_of(own_city, 'secret-1')}", own_city.places["secret court"].id
    assert ask(address).status_code == 200

    own_city.registry.set_stage("secret-1", "public", at_s=own_city.now_s - HOUR_S)
    for path, lang in ((address, {"Accept-Language": "en"}), (f"{address}/en", {})):
        told = ask(path, headers=lang)
        assert (told.status_code, told.headers["Location"]) == (303, f"http://girouette.test/en/place/{place}")
        assert told.headers["Cache-Control"] == "private, no-store"
    assert ask(f"/en/place/{place}").status_code == 200

    series, key = own_city.series("secret court", "temperature"), address.removeprefix("/d/")
    opened, public = ask(f"/api/series/{series}.csv?key={key}"), ask(f"/api/series/{series}.csv")
    assert opened.text == public.text, "a label that everybody reads does not open the days before"
    assert public.text.count("666.125") == 60

    own_city.registry.set_stage("secret-1", "essai", at_s=own_city.now_s)
    assert ask(address).status_code == 200
    assert ask(f"/en/place/{place}").status_code == 404


def test_a_public_device_leads_to_where_it_stands(city: Any, ask: Any) -> None:
    """One that was moved leads to its new place."""
    told = ask(f"/d/{link_of(city, 'wind-1')}/fr")

    assert told.headers["Location"].endswith(f"/fr/lieu/{city.places['Gare'].id}")


@pytest.mark.parametrize("link", ["x", "a" * 22, "a" * 200, "%00", "'", "x/fr", "a" * 22 + "/en", "..%2Ffr"])
def test_an_unknown_link_is_answered_as_any_unknown_page(ask: Any, link: str) -> None:
    """404, in the browser's language, nothing kept."""
    told = ask(f"/d/{link}", headers={"Accept": "text/html", "Accept-Language": "en"})
    other = ask("/no/such/page", headers={"Accept": "text/html", "Accept-Language": "en"})

    assert told.status_code == other.status_code == 404
    assert told.text == other.text
    assert told.headers["Cache-Control"] == "no-store"


@pytest.mark.slow
def test_a_renewed_link_shuts_the_old_address(own_city: Any, asker: Any) -> None:
    """The page and the downloads of the old link are gone with the next request."""
    ask = asker(own_city.app())
    series, old = own_city.series("secret court", "temperature"), link_of(own_city, "secret-1")
    assert {ask(p).status_code for p in (f"/d/{old}", f"/api/series/{series}.csv?key={old}")} == {200}

    new = own_city.registry.identities.renew_link("secret-1").link

    assert {ask(p).status_code for p in (f"/d/{old}", f"/api/series/{series}.csv?key={old}")} == {404}
    assert {ask(p).status_code for p in (f"/d/{new}", f"/api/series/{series}.csv?key={new}")} == {200}


@pytest.mark.slow
@pytest.mark.parametrize("end", ["retire", "revoke"])
def test_the_label_of_who_is_gone_shows_what_is_public_and_nothing_private(own_city: Any, asker: Any, end: str) -> None:
    """Whoever has a stolen board in hand reads nothing in private; a public place goes on being shown."""
    ask = asker(own_city.app())
    ends: dict[str, Callable[..., Any]] = {
        "retire": own_city.registry.retire,
        "revoke": own_city.registry.identities.revoke,
    }
    for device in ("secret-1", "rain-1"):
        ends[end](device, at_s=own_city.now_s)
    series, secret = own_city.series("secret court", "temperature"), link_of(own_city, "secret-1")

    assert ask(f"/d/{link_of(own_city, 'rain-1')}").status_code == 303
    assert ask(f"/d/{secret}").status_code == 404
    assert ask(f"/api/series/{series}.csv?key={secret}").status_code == 404


@pytest.mark.slow
def test_a_device_in_stock_has_no_page_yet(own_city: Any, asker: Any) -> None:
    """Until it is put somewhere."""
    place = own_city.places["secret court"]
    own_city.registry.add_device(
        "spare", pilot_id=place.pilot_id, recipe="air", channels=[("humidity", "humidity", {})], period_s=60,
        place_id=None, at_s=own_city.now_s, password_hash="",
    )  # fmt: skip
    ask = asker(own_city.app())
    address = f"/d/{link_of(own_city, 'spare')}"
    assert ask(address).status_code == 404

    own_city.registry.move("spare", place.id, at_s=own_city.now_s)

    assert ask(address).status_code == 200


def test_what_is_published_is_looked_up_without_building_a_view(city: Any) -> None:
    """An unknown link costs one look into an index, and leaves nothing behind."""
    front = Front(
        Catalogue(city.registry, load_quantities()), Readings(city.store), Desk(short_in_loop=True), ApiSettings()
    )

    with pytest.raises(NotThere):
        published(front, "nobody's")
    assert front.catalogue._kept == {}
    assert published(front, link_of(city, "air-1")) == city.places["Quai ouest"].id
    assert published(front, link_of(city, "secret-1")) is None
    front.desk.close()
