"""The pages as a browser without JavaScript gets them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from api.web.routes import preferred

VOID = {"meta", "link", "br", "img", "input", "hr", "col", "wbr", "source"}


class Closed(HTMLParser):
    """Reads a page, and fails where an element is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember what is open."""
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the one that was opened last."""
        assert self.open
        assert self.open.pop() == tag


@pytest.fixture
def pages(city: Any) -> list[str]:
    """Every kind of page in both languages."""
    quay, court = city.places["Quai ouest"].id, city.places["secret court"].key
    return [
        "/fr/", "/en/", "/fr/?quantity=rain", "/fr/donnees", "/en/data", f"/fr/lieu/{quay}", f"/en/place/{quay}?range=7d",
        f"/fr/lieu/{quay}?range=30d", f"/apercu/{court}", f"/preview/{court}",
    ]  # fmt: skip


def test_pages_are_sound_html_in_their_language(ask: Any, pages: list[str]) -> None:
    """Every element closed in order, no id twice, the language told, no script, nothing from elsewhere."""
    for path in pages:
        told = ask(path)
        assert told.status_code == 200, path
        reader = Closed()
        reader.feed(told.text)
        assert reader.open == [], path
        assert len(set(reader.ids)) == len(reader.ids), path
        lang = "en" if path.startswith(("/en", "/preview")) else "fr"
        assert f'<html lang="{lang}"' in told.text
        assert told.headers["content-language"] == lang
        assert "<script" not in told.text
        loaded = re.findall(r'(?:src|<link[^>]+href)="([^"]+)"', told.text)
        assert all(not url.startswith("http") or url.startswith("http://girouette.test") for url in loaded), path


@pytest.mark.slow
def test_every_link_of_a_page_works(ask: Any, pages: list[str]) -> None:
    """Pages, downloads, feeds: whatever leads to us."""
    links = {
        link.replace("&amp;", "&")
        for path in pages
        for link in re.findall(r'href="([^"#]+)', ask(path).text)
        if link.startswith(("/", "http://girouette.test"))
    }

    assert len(links) > 20
    assert {link for link in links if ask(link).status_code not in {200, 302}} == set()


def test_a_place_offers_a_table_for_a_french_spreadsheet(city: Any, ask: Any) -> None:
    """Beside the plain CSV, which such a spreadsheet opens in one column; the licence has the name that people know."""
    page = ask(f"/fr/lieu/{city.places['Quai ouest'].id}").text
    link = re.search(r'href="([^"]+)"[^>]*>CSV pour Excel<', page)

    assert link is not None
    assert ask(link.group(1)).content.startswith("\ufefftime_utc;value".encode())
    assert ">Licence Ouverte 2.0 (Etalab)</a>" in page


def test_a_visitor_gets_their_language(ask: Any) -> None:
    """By what the browser asks for, French where it says nothing."""
    assert ask("/", headers={"accept-language": "en-GB,en;q=0.9"}).headers["location"].endswith("/en/")
    assert ask("/").headers["location"].endswith("/fr/")
    assert [preferred(a) for a in ("de", "de, en;q=0.3", "fr;q=0.2, en;q=0.9", "en;q=x")] == ["fr", "en", "en", "en"]


def test_assets_are_kept_for_ever_under_a_mark(ask: Any) -> None:
    """The page names them with a mark of their content."""
    page = ask("/fr/").text
    style = re.search(r'href="([^"]+style\.css[^"]*)"', page)

    assert style is not None
    told = ask(style.group(1))
    assert told.status_code == 200
    assert "immutable" in told.headers["cache-control"]
    assert ask("/static/secret.txt").status_code == 404


def test_a_demonstration_says_so(city: Any, ask: Any) -> None:
    """On the first page and on each place of it."""
    quay = city.places["Quai ouest"].id

    assert "Démonstration" in ask("/fr/").text
    assert "Demonstration" in ask(f"/en/place/{quay}").text
    assert "Demonstration" not in ask(f"/en/place/{city.places['Port'].id}").text


def test_an_unknown_place_is_a_page_in_its_language(ask: Any) -> None:
    """With a way back."""
    told = ask("/fr/lieu/999", headers={"accept": "text/html"})

    assert told.status_code == 404
    assert '<html lang="fr"' in told.text
    assert 'href="http://girouette.test/fr/"' in told.text
