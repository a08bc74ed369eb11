"""Journey 1: the demo from end to end, seen with a real browser, and counted."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
SECONDS = 75


@contextmanager
def browser(chromium: str, size: tuple[int, int]) -> Iterator[tuple[Page, list[str]]]:
    """A page of Debian's Chromium without JavaScript, and every address that it asked for."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = running.new_context(
            java_script_enabled=False, locale="fr-FR", viewport={"width": size[0], "height": size[1]}
        ).new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        try:
            yield page, asked
        finally:
            running.close()


def latest(port: int) -> list[dict[str, object]]:
    """Every latest reading that the API shows; none while it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/latest.geojson", timeout=2) as answer:
            features = json.load(answer)["features"]
    except OSError:
        return []
    return [reading for feature in features for reading in feature["properties"]["latest"]]


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_a_citizen_reads_the_demo_in_a_browser(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None], part: Callable[[str], str]
) -> None:
    """Twelve places with live values, a curve, a CSV, a flag told in words, nothing from elsewhere, nothing lost."""
    chromium, port, report = part("chromium"), free_port(), tmp_path / "report.json"
    command = [sys.executable, "-m", "deploy.cli", "demo", "--port", str(port), "--for", f"{SECONDS}s"]
    options = ["--report", str(report), "--keep", str(tmp_path / "kept")]
    with (tmp_path / "demo.log").open("wb") as log:
        demo = subprocess.Popen([*command, *options], cwd=ROOT, stdout=log, stderr=log)
    try:
        until(
            lambda: len([r for r in latest(port) if not r["generated"]]) >= 30,
            within_s=60,
            what="live readings of the boards",
        )
        with browser(chromium, (1280, 900)) as (page, asked):
            look_at_first_page(page, port, tmp_path)
            look_at_place(page, tmp_path)
            assert [
                url for url in asked if not url.startswith(f"http://127.0.0.1:{port}/") and "data:" not in url
            ] == []
        until(lambda: [r for r in latest(port) if r["flag"] in {3, 4}], within_s=SECONDS + 30, what="a flag to show")
        assert demo.wait(timeout=SECONDS + 120) == 0, (tmp_path / "demo.log").read_text()[-3000:]
    finally:
        demo.kill()
        demo.wait()

    told = json.loads(report.read_text())
    assert (told["lost"], told["duplicated"], told["held"]) == (0, 0, 0)
    assert told["devices"] == 12
    assert told["kept"] >= told["sent"] > 12 * 20
    assert any(int(flag) >= 3 for by_flag in told["readings"].values() for flag in by_flag)


def look_at_first_page(page: Page, port: int, tmp_path: Path) -> None:
    """French, a map, twelve places with values."""
    page.goto(f"http://127.0.0.1:{port}/")
    page.screenshot(path=tmp_path / "first-page.png", full_page=True)

    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("svg").first.is_visible()
    assert page.locator("table tbody tr").count() >= 30
    assert "Démonstration" in page.inner_text("body")
    assert (tmp_path / "first-page.png").stat().st_size > 40_000


def look_at_place(page: Page, tmp_path: Path) -> None:
    """A curve a series, its values as a table, and a CSV that can be fetched."""
    page.locator("main a[href*='/fr/lieu/'], main a[href*='/place/']").first.click()
    page.screenshot(path=tmp_path / "place.png", full_page=True)

    assert page.locator("svg path, svg polyline").count() > 0
    link = page.locator("a[href*='.csv']").first.get_attribute("href")
    assert link is not None
    answer = page.request.get(
        link if link.startswith("http") else page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + link
    )
    assert answer.ok
    assert answer.text().splitlines()[0].startswith("time,value,unit,flag")
    assert len(answer.text().splitlines()) > 10
