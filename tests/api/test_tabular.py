"""The plain routes below `/api`."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

TEMPERATURE = "Quai ouest", "temperature"


@pytest.fixture
def series(city: Any) -> int:
    """The number of a public series of 360 readings."""
    return city.series(*TEMPERATURE)


def rows(text: str) -> list[dict[str, str]]:
    """A CSV as Python's own reader has it."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_series_as_csv_is_a_file_with_its_licence(ask: Any, series: int) -> None:
    """Every reading, oldest first, under a name that says what it is; the licence is linked too."""
    told = ask(f"/api/series/{series}.csv")

    found = rows(told.text)
    assert len(found) == 360
    assert (found[0]["time"], found[0]["value"]) == ("2026-11-25T08:00:00Z", "10.0")
    assert [r["flag"] for r in found[-4:]] == ["1", "9", "4", "3"]
    assert told.headers["content-type"] == "text/csv; charset=utf-8"
    assert told.headers["content-disposition"] == 'attachment; filename="rennes_quai-ouest_temperature_raw.csv"'
    assert 'rel="license"' in told.headers["link"]


@pytest.mark.parametrize(("tier", "count"), [("raw", 120), ("m1", 120), ("h1", 2)])
def test_bounds_are_half_open_at_every_tier(ask: Any, series: int, tier: str, count: int) -> None:
    """The first moment is in, the last is not."""
    asked = f"from=2026-11-25T09:00:00Z&to=2026-11-25T11:00:00Z&tier={tier}"

    found = rows(ask(f"/api/series/{series}.csv?{asked}").text)
    told = ask.json(f"/api/series/{series}.json?{asked}")

    assert len(found) == len(told["readings" if tier == "raw" else "windows"]) == count
    assert found[0]["time"] == told["from"] == "2026-11-25T09:00:00Z"
    assert found[-1]["time"] < told["to"] == "2026-11-25T11:00:00Z"


def test_json_says_what_it_is(ask: Any, series: int) -> None:
    """The series with its unit and place, the tier, the licence, and null where nothing was measured."""
    told = ask.json(f"/api/series/{series}.json")

    assert told["series"]["unit"] == "Cel"
    assert told["series"]["place_name"] == "Quai ouest"
    assert told["licence"].startswith("https://")
    assert told["attribution"] == "Ville de Rennes"
    assert told["readings"][-3] == {"time": "2026-11-25T13:57:00Z", "value": None, "flag": 9}
    assert told["readings"][0]["generated"] is True


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_stretch_without_readings_is_an_empty_table(ask: Any, series: int, ending: str) -> None:
    """Nothing measured then: the head, and no row."""
    told = ask(f"/api/series/{series}.{ending}?from=2020-01-01&to=2020-01-02")

    assert told.status_code == 200
    assert rows(told.text) == [] if ending == "csv" else told.json()["readings"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=yesterday", "from: 'yesterday' is not a time"),
        ("to=2026-13-01", "to: "),
        ("from=2026-11-25&to=2026-11-24", "must come after"),
        ("tier=y1", "tier: "),
        ("tier=", "tier: "),
        ("start=2026-11-25", "there is no parameter 'start' here; there are from, to, tier"),
        ("tier=m1&tier=h1", "tier is given twice"),
        ("excel=yes", "excel: "),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_a_sentence(ask: Any, series: int, query: str, said: str) -> None:
    """400, problem+json, and the name of what is wrong; never a table of something else."""
    told = ask(f"/api/series/{series}.csv?{query}")

    assert told.status_code == 400
    assert told.headers["content-type"] == "application/problem+json"
    assert said in told.json()["detail"]


@pytest.mark.parametrize(
    ("name", "status"), [("999.csv", 404), ("x.csv", 400), ("1.xlsx", 404), ("-1.csv", 404), ("9" * 30 + ".json", 404)]
)
def test_a_series_that_is_not_there(ask: Any, name: str, status: int) -> None:
    """404 where the number is nobody's, 400 where it is none."""
    assert ask(f"/api/series/{name}").status_code == status


def test_excel_by_a_parameter(ask: Any, series: int) -> None:
    """`excel=1` for a double click in a French spreadsheet, `excel=0` as if nothing was said."""
    told = ask(f"/api/series/{series}.csv?excel=1").content

    assert told.startswith(b"\xef\xbb\xbftime_utc;value;")
    assert ask(f"/api/series/{series}.csv?excel=0").text == ask(f"/api/series/{series}.csv").text


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", ["/api/series/1.csv", "/api/series/1.json?tier=h1", "/api/latest.geojson", "/api/places", "/api/series", "/api/quantities"]
)  # fmt: skip
def test_what_the_asker_holds_is_not_sent_again(ask: Any, path: str) -> None:
    """An ETag, 304 for who holds it, HEAD with the headers alone, and a time that others may keep it."""
    first = ask(path)

    again = ask(path, headers={"If-None-Match": first.headers["etag"]})
    head = ask(path, "HEAD")

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    assert head.headers["content-length"] == str(len(first.content))
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert "license" in first.headers["link"]


def test_latest_moves_when_something_new_is_there(own_city: Any, asker: Any) -> None:
    """The ETag of the latest readings follows a reading, a flag, silence and the registry; not the mere time."""
    ask = asker(own_city.app())

    def etag() -> str:
        return ask("/api/latest.geojson").headers["etag"]

    seen = [etag()]
    own_city.now_s += 30
    assert etag() == seen[0]
    own_city.flag("Port", "rain", int(own_city.now_s), 1, 6.5)
    seen.append(etag())
    own_city.flag("Port", "rain", int(own_city.now_s), 3, 6.5)
    seen.append(etag())
    own_city.now_s += 600
    seen.append(etag())
    own_city.registry.add_pilot("another", "Another")
    seen.append(etag())
    assert len(set(seen)) == len(seen)


def test_places_series_and_quantities_lead_to_each_other(ask: Any) -> None:
    """Each list names what the others have, and each address in it works."""
    places, listed, quantities = ask.json("/api/places"), ask.json("/api/series"), ask.json("/api/quantities")

    numbers = {s["id"] for s in listed["series"]}
    assert {n for p in places["places"] for n in p["series"]} == numbers
    assert {s["quantity"] for s in listed["series"]} <= {q["slug"] for q in quantities["quantities"]}
    assert [p["slug"] for p in places["pilots"]] == ["rennes", "brest"]
    one, place = listed["series"][0], places["places"][0]
    for address in (one["csv"], one["json"], one["sensorthings"], place["sensorthings"], place["page"]):
        assert ask(address).status_code == 200
