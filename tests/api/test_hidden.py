"""What is not public leaves by no door: every output is searched for hidden readings and hidden names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from api.sensorthings.model import observation_id

SIX_HOURS = "from=2026-11-25T08:00:00Z&to=2026-11-25T14:00:00Z"
LEAK = re.compile(r"666[.,]1|secret", re.IGNORECASE)
SETS = (
    "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
    "FeaturesOfInterest",
)  # fmt: skip
EVERYTHING = "Datastreams($expand=Observations($top=1000),Sensor,ObservedProperty,Thing),Locations,HistoricalLocations"
PUBLIC_PLACES = {"Quai ouest", "Parc", "Toit", "Gare", "Port"}
MOMENTS = [f"2026-11-25T{hour:02}:{minute:02}:00Z" for hour in range(8, 14) for minute in (0, 59)]
PARC_OPENS_AGAIN = "2026-11-25T12:04:30Z"
TOIT_CLOSES = "2026-11-25T11:00:00Z"


def addresses(city: Any) -> Iterator[str]:
    """Every kind of address, for every place and series that there is, hidden ones included."""
    yield from (
        "/fr/",
        "/en/",
        "/fr/donnees",
        "/fr/qualite",
        "/en/data",
        "/api/places",
        "/api/series",
        "/api/latest.geojson",
        "/api/quantities",
    )
    yield from (f"/v1.1/{name}?$top=1000&$count=true" for name in SETS)
    yield f"/v1.1/Things?$expand={EVERYTHING}"
    yield "/v1.1/FeaturesOfInterest?$expand=Observations($top=1000;$orderby=result desc)"
    yield "/v1.1/Observations?$orderby=result desc"
    yield "/v1.1/Observations?$filter=result gt 600"
    yield "/v1.1/Observations?$expand=Datastream/Sensor,FeatureOfInterest&$orderby=phenomenonTime desc"
    for place in city.places.values():
        yield from (
            f"/{path}/{place.id}?range={span}"
            for path in ("fr/lieu", "en/place")
            for span in ("24h", "7d", "30d", "1y")
        )
        yield from (
            f"/v1.1/{name}({place.id})" for name in ("Things", "Locations", "HistoricalLocations", "FeaturesOfInterest")
        )
    for number in range(1, 20):
        yield from (f"/api/series/{number}.csv?tier={tier}" for tier in ("raw", "m1", "h1", "d1"))
        yield from (f"/api/series/{number}.json?tier={tier}&{SIX_HOURS}" for tier in ("raw", "m1", "h1", "d1"))
        yield f"/api/series/{number}.csv?excel=1"
        yield from (f"/api/series/{number}/events.{ending}" for ending in ("json", "csv"))
        yield from (f"/api/series/{number}/readings/{moment}/quality" for moment in MOMENTS)
        yield from (
            f"/v1.1/Datastreams({number}){rest}" for rest in ("", "/Observations?$top=1000", "/Sensor", "/Thing")
        )
        yield f"/v1.1/Sensors({number})/Datastreams"


@pytest.mark.slow
def test_nothing_hidden_is_in_any_output(city: Any, ask: Any) -> None:
    """No answer to any address holds a hidden reading, place, pilot or device."""
    told = {address: ask(address) for address in addresses(city)}

    assert {a: t.text[:200] for a, t in told.items() if LEAK.search(t.text)} == {}
    keys = [*(p.key for p in city.places.values()), *(d.link for d in city.registry.devices())]
    assert {a: key for a, t in told.items() for key in keys if key in t.text} == {}, "what opens more is told nowhere"
    assert {t.status_code for t in told.values()} == {200, 404}
    assert sum(t.status_code == 200 for t in told.values()) > 150


def test_hidden_is_answered_as_unknown_is(city: Any, ask: Any) -> None:
    """A hidden series, place or reading gets the very answer of one that never was: existence does not leak."""
    hidden, place = city.series("secret court", "temperature"), city.places["secret court"].id
    for told, known in [
        (f"/api/series/{hidden}.csv", "/api/series/999.csv"),
        (f"/v1.1/Datastreams({hidden})", "/v1.1/Datastreams(999)"),
        (f"/v1.1/Things({place})", "/v1.1/Things(999)"),
        (f"/fr/lieu/{place}", "/fr/lieu/999"),
        (f"/en/place/{place}", "/en/place/999"),
    ]:
        a, b = ask(told), ask(known)
        assert a.status_code == b.status_code == 404
        assert re.sub(r"\d+", "n", a.text) == re.sub(r"\d+", "n", b.text)


def test_a_hidden_reading_is_not_found_by_its_id(city: Any, ask: Any) -> None:
    """Ids can be reckoned, so each is checked: before the place opened again there is none."""
    parc = city.series("Parc", "noise_level")
    shown, hidden = 1_795_615_200 - 600, 1_795_615_200 - 5 * 3600

    assert ask(f"/v1.1/Observations({observation_id(parc, shown)})").status_code == 200
    assert ask(f"/v1.1/Observations({observation_id(parc, hidden)})").status_code == 404
    assert ask(f"/v1.1/Datastreams({parc})/Observations({observation_id(parc, hidden)})").status_code == 404
    found = ask.json(f"/v1.1/Observations?$filter=id eq {observation_id(parc, hidden)}&$count=true")
    assert found == {"@iot.count": 0, "value": []}


def test_counts_count_what_is_shown(city: Any, ask: Any) -> None:
    """`$count` and the rows agree, and neither knows of the hidden hours."""
    parc, toit = city.series("Parc", "noise_level"), city.series("Toit", "wind_speed")

    for series, expected in ((parc, 115), (toit, 180)):
        page = ask.json(f"/v1.1/Datastreams({series})/Observations?$count=true&$top=1000")
        assert page["@iot.count"] == len(page["value"]) == expected
        assert ask(f"/v1.1/Datastreams({series})/Observations/$count").text == str(expected)
        assert ask(f"/api/series/{series}.csv").text.count("\r\n") == expected + 1
    assert ask.json("/v1.1/Things?$count=true&$top=0")["@iot.count"] == len(PUBLIC_PLACES)


def test_the_extent_of_a_series_is_that_of_what_is_shown(city: Any, ask: Any) -> None:
    """A series begins when the place opened and ends where it closed."""
    parc = ask.json(f"/v1.1/Datastreams({city.series('Parc', 'noise_level')})")
    toit = ask.json(f"/v1.1/Datastreams({city.series('Toit', 'wind_speed')})")

    assert parc["phenomenonTime"] == "2026-11-25T12:05:00Z/2026-11-25T13:59:00Z"
    assert toit["phenomenonTime"] == "2026-11-25T08:00:00Z/2026-11-25T10:59:00Z"
    assert ask.json("/v1.1/HistoricalLocations?$select=time&$orderby=time desc")["value"][0] == {
        "time": PARC_OPENS_AGAIN
    }


def test_the_newest_reading_is_the_newest_that_is_shown(city: Any, ask: Any) -> None:
    """Where a place has closed, its latest is from before; the hidden ones after it are passed over."""
    features = {f["properties"]["name"]: f["properties"] for f in ask.json("/api/latest.geojson")["features"]}

    assert set(features) == PUBLIC_PLACES
    toit = {one["channel"]: one for one in features["Toit"]["latest"]}
    assert toit["wind_speed"]["time"] == "2026-11-25T10:59:00Z"
    assert toit["wind_speed"]["value"] == 3.25


def test_a_window_that_is_partly_hidden_is_hidden(city: Any, ask: Any) -> None:
    """A mean over a minute or an hour of which a part is not public would tell of it."""
    parc = city.series("Parc", "noise_level")

    minutes = ask.json(f"/api/series/{parc}.json?tier=m1")["windows"]
    hours = ask.json(f"/api/series/{parc}.json?tier=h1")["windows"]
    assert minutes[0]["time"] == "2026-11-25T12:05:00Z"
    assert [h["time"] for h in hours] == ["2026-11-25T13:00:00Z"]


def test_who_stands_there_now_is_not_told_where_only_the_past_is_public(city: Any, ask: Any) -> None:
    """A device in the atelier took the place of a public one: the series still names the public one."""
    toit = city.series("Toit", "wind_speed")

    assert ask.json(f"/v1.1/Datastreams({toit})/Sensor")["name"] == "wind-1"
    assert "wind-1" in ask(f"/en/place/{city.places['Toit'].id}").text


def test_leaving_public_hides_at_once(own_city: Any, asker: Any) -> None:
    """The next request after the change sees nothing of it, by every route that has seen it before."""
    ask = asker(own_city.app())
    series, place = own_city.series("Port", "rain"), own_city.places["Port"].id
    paths = [f"/api/series/{series}.csv", f"/v1.1/Datastreams({series})", f"/v1.1/Things({place})", f"/fr/lieu/{place}"]
    assert {ask(p).status_code for p in paths} == {200}

    own_city.registry.set_stage("rain-1", "essai", at_s=1_795_615_200)

    assert {ask(p).status_code for p in paths} == {404}
    for path in (
        "/fr/",
        "/api/latest.geojson",
        "/api/series",
        "/api/places",
        "/v1.1/Things",
        "/v1.1/Observations?$top=1000",
    ):
        assert "Port" not in ask(path).text
        assert "Brest" not in ask(path).text


@pytest.mark.parametrize("where", ["query", "path"])
def test_a_key_opens_one_place_whole_and_nothing_else(city: Any, ask: Any, where: str) -> None:
    """The place of the key is shown from its first reading; other hidden places stay hidden; nothing may be kept."""
    court = city.places["secret court"]
    series = city.series("secret court", "temperature")
    paths = {
        "query": [f"/api/series/{series}.csv?key={court.key}", f"/v1.1/Things({court.id})?key={court.key}", f"/api/series?key={court.key}"],
        "path": [f"/apercu/{court.key}", f"/preview/{court.key}"],
    }[where]  # fmt: skip

    for told in map(ask, paths):
        assert told.status_code == 200
        assert "secret court" in told.text or "666.125" in told.text
        assert "secret harbour" not in told.text
        assert told.headers["Cache-Control"] == "private, no-store"
        assert told.headers["X-Robots-Tag"] == "noindex"
        assert "ETag" not in told.headers


def test_a_preview_leads_on_with_its_key(city: Any, ask: Any) -> None:
    """Links of a preview keep the key, and work."""
    court = city.places["secret court"]

    links = re.findall(r'href="([^"]+)"', ask(f"/en/place/{city.places['Parc'].id}").text)
    opened = re.findall(r'href="([^"]+)"', ask(f"/preview/{court.key}").text)

    assert not any("key=" in link for link in links)
    downloads = [link.replace("&amp;", "&") for link in opened if "/api/series/" in link]
    assert downloads
    assert {ask(link).status_code for link in downloads} == {200}


@pytest.mark.parametrize("key", ["x", "a" * 200, "%00", "'"])
def test_a_wrong_key_opens_nothing(ask: Any, key: str) -> None:
    """404 or 400, and the same for every route."""
    for path in (
        f"/api/series?key={key}",
        f"/v1.1/Things?key={key}",
        f"/apercu/{key}",
        f"/api/latest.geojson?key={key}",
    ):
        assert ask(path).status_code in {400, 404}


def test_an_empty_key_is_no_key(ask: Any) -> None:
    """`?key=` is the public."""
    assert ask("/api/series?key=").headers["Cache-Control"].startswith("public")
