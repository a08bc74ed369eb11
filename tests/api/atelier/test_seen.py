"""The atelier's pages in a real browser: by mouse, by keyboard, in both languages, on a small screen."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from deploy.serve import Guest, config, listen
from devices.words import LANGUAGES, say

SIZE = {"width": 1280, "height": 720}
CARDS = "[...document.querySelectorAll('.pick')].filter(e => e.offsetHeight > 20).length"
"""How many cards can be seen."""


@contextlib.contextmanager
def served(app: Any, port: int) -> Iterator[str]:
    """The application on loopback; its address."""
    server = Guest(config(app))
    with listen("127.0.0.1", port) as socket:
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[socket])))
        thread.start()
        try:
            yield f"http://localhost:{port}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def page(room: Any, part: Callable[[str], str], free_port: Callable[[], int]) -> Iterator[Page]:
    """A page of Debian's Chromium at the atelier; what it complains of fails the test."""
    complaints: list[str] = []
    with served(room.app(), free_port()) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("chromium"), args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_context(locale="fr-FR", viewport=SIZE, base_url=site).new_page()  # type: ignore[arg-type]
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        yield opened
        browser.close()
    assert complaints == []


@pytest.mark.slow
def test_a_sensor_is_chosen_by_mouse_and_taken_back(page: Page) -> None:
    """The card becomes a line, the bench with "Commencer" is on the screen without scrolling, and "Changer" brings all cards back."""
    page.goto("/fr/atelier")
    count = page.evaluate(CARDS)
    page.locator(".pick", has_text="Bruit").first.click()

    assert page.evaluate(CARDS) == 1
    button = page.locator("[data-atelier=start]")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < SIZE["height"]
    page.locator("#change").click()
    assert page.evaluate(CARDS) == count > 15
    assert not page.locator(".bench").is_visible()


@pytest.fixture
def published(room: Any) -> Any:
    """The room, whose public address is a proxy's."""
    room.public_url = "https://air.example.org"
    return room


@pytest.mark.slow
def test_where_there_is_a_public_address_one_comes_in_here_by_a_link(published: Any, page: Page) -> None:
    """The refusal says what to type; the address that it prints has a button, and the page is there, with its cookie, over plain HTTP."""
    page.goto("/fr/atelier")
    assert "tapez-y girouette atelier" in page.inner_text("main")
    page.goto(f"/atelier/e/{published.link()}")
    page.click("main button")
    page.wait_for_selector("[data-atelier=start]", state="attached")

    assert page.url.endswith("/fr/atelier")
    page.reload()
    assert page.evaluate(CARDS) > 15


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_without_a_script_the_commands_can_be_read(page: Page, lang: str) -> None:
    """With JavaScript off: why, what to do, and the three lines to type; the button that would need it is greyed."""
    browser = page.context.browser
    assert browser is not None
    page.goto(f"/{lang}/atelier")

    plain = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 700}).new_page()
    plain.goto(page.url)

    for key in ("no_script", "no_script_do", "instead_file", "instead_line", "instead_esptool"):
        assert plain.locator("noscript :is(h2, p)", has_text=say(f"atelier.{key}", lang)).is_visible(), key
    for line in ("girouette atelier --file", "girouette flash air", "girouette image air-1"):
        assert plain.locator("noscript code", has_text=line).is_visible(), line
    assert plain.locator("[data-atelier=start]").is_disabled()


@pytest.mark.slow
def test_a_sensor_is_chosen_by_keyboard_alone(page: Page) -> None:
    """The first Tab skips to the content; arrows go through the cards, which stay until one goes on; boards and "Commencer" follow."""
    page.goto("/fr/atelier")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    count = page.evaluate(CARDS)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    assert page.evaluate(CARDS) == count > 15
    assert page.evaluate("document.querySelector('[name=recipe]:checked').value") == "bin-level"
    names = []
    for _ in range(8):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate(
                "document.activeElement.id || document.activeElement.name || document.activeElement.innerText"
            )
        )
    assert names[0] == "change"
    assert "board" in names
    assert page.evaluate(CARDS) == 1


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/fr/atelier", "/en/atelier", "/fr/atelier/poste", "/en/atelier/poste"])
def test_pages_fit_a_telephone_and_name_all_that_can_be_used(page: Page, path: str) -> None:
    """Nothing is wider than the screen; each field, button and picture has a name or is said to have none; one first heading."""
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(path)
    if not path.endswith("poste"):
        page.locator(".pick").first.click()

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    nameless = """[...document.querySelectorAll('input, button, img, select')].filter(e =>
      !(e.labels?.length || e.innerText || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.hasAttribute('alt')))"""
    assert page.evaluate(f"{nameless}.map(e => e.outerHTML)") == []
    assert page.locator("h1").count() == 1


@pytest.mark.slow
def test_the_sheet_for_the_it_department_prints_on_one_page(page: Page) -> None:
    """The sheet alone, on A4, in either language."""
    for lang in ("fr", "en"):
        page.goto(f"/{lang}/atelier/poste")
        printed = page.pdf(prefer_css_page_size=True)
        assert re.findall(rb"/Type /Pages\s*/Count (\d+)|/Count (\d+)", printed)[0] in {(b"1", b""), (b"", b"1")}, lang
