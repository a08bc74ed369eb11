"""`girouette label`, as an agent types it, printed by a real browser, its codes read by a real reader."""

from __future__ import annotations

import base64
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray
from playwright.sync_api import Browser, sync_playwright

from deploy.faults import DONE, REFUSED
from deploy.labels import code_of

HERE = ("--place", "48.11,-1.68", "--name", "Mairie")
SITE = "https://capteurs.ville-exemple.fr"


@pytest.mark.slow
def test_labels_are_drawn_for_registered_devices(girouette: Callable[..., Any], home: Path) -> None:
    """The sheet names the device, its recipe and its place; without a public address it has no code, and that is said."""
    girouette("device", "add", "--recipe", "noise", *HERE)
    typed = girouette("label", "noise-1", "--file", "box.svg")
    sheet = (home / "box.svg").read_text(encoding="utf-8")

    assert (typed.code, typed.out.strip()) == (DONE, "box.svg")
    assert all(f">{word}<" in sheet for word in ("noise-1", "Noise", "Mairie"))
    assert "<path" not in sheet
    assert "GIROUETTE_PUBLIC_URL" in typed.err


@pytest.mark.slow
def test_labels_of_a_group_are_one_page_to_print(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve labels on two sheets in one file; as SVG a sheet is a file."""
    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", SITE)
    names = town(girouette, 12)

    assert girouette("label", "@ecole").out == "labels.html\n"
    assert re.findall(r">(air-[0-9]+)<", (home / "labels.html").read_text(encoding="utf-8")) == names
    assert girouette("label", "@ecole", "--file", "l.svg").out == "l.svg\nl-2.svg\n"


@pytest.mark.slow
def test_their_owner_alone_reads_labels(girouette: Callable[..., Any], home: Path) -> None:
    """A code leads to a private page, and `--wifi` prints a key: not even where others could read what stood there."""
    girouette("device", "add", "--recipe", "noise", *HERE)
    (home / "box.svg").touch(0o644)

    before = os.umask(0o022)
    try:
        girouette("label", "noise-1", "--file", "box.svg")
        girouette("label", "noise-1", "--wifi")
    finally:
        os.umask(before)

    assert {stat.S_IMODE((home / name).stat().st_mode) for name in ("box.svg", "labels.html")} == {0o600}


def test_who_is_not_registered_has_no_label(girouette: Callable[..., Any], home: Path) -> None:
    """It is named, and nothing is written."""
    girouette("device", "add", "--recipe", "noise", *HERE)
    typed = girouette("label", "noise-1", "noise-9")

    assert typed.code == REFUSED
    assert "noise-9" in typed.err
    assert not (home / "labels.html").exists()


def test_a_code_has_square_modules_and_no_margin_of_its_own() -> None:
    """The label gives it its margin."""
    code = code_of(f"{SITE}/d/" + "k" * 22)

    assert {len(row) for row in code} == {len(code)}
    assert code[0][:7] == code[6][:7] == (1,) * 7


@pytest.mark.slow
def test_what_is_printed_is_whole_and_its_codes_lead_home(
    girouette: Callable[..., Any], home: Path, part: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of A4 for each sheet, every label inside its page; a reader sees each device's own address on what is rendered."""
    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", SITE)
    names = town(girouette, 12)
    girouette("label", "@ecole")
    pages = {girouette("device", "link", name, "--json").told["page"] for name in names}

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=part("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            pdf, boxes, seen = printed(browser, home / "labels.html")
        finally:
            browser.close()

    assert len(re.findall(rb"/Type /Page\b(?!s)", pdf)) == len(boxes) == 2
    assert re.findall(rb"/MediaBox \[0 0 59[45][.0-9]* 84[12]", pdf)
    for (left, top, right, bottom), inside in boxes:
        assert all(left < a and top < b and c < right and d < bottom for a, b, c, d in inside)
    assert [len(inside) for _, inside in boxes] == [10, 2]
    read = {found.text for found in zxingcpp.read_barcodes(seen, formats=zxingcpp.BarcodeFormat.QRCode)}
    assert read == pages


def town(girouette: Callable[..., Any], count: int) -> list[str]:
    """So many devices of one group, each at its own place."""
    for number in range(count):
        girouette("device", "add", "--recipe", "air", "--place", f"48.{number + 10},-1.68")
    names = [f"air-{number + 1}" for number in range(count)]
    girouette("device", "group", "add", "ecole", *names)
    return names


Box = tuple[float, float, float, float]
BOXES = """() => [...document.querySelectorAll("section")].map(s => [s, ...s.querySelectorAll("rect[rx='8']")].map(e => {
  const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] }))"""


GREY = """async shot => {
  const image = new Image(); image.src = "data:image/png;base64," + shot; await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), drawn = canvas.getContext("2d");
  drawn.drawImage(image, 0, 0);
  const all = drawn.getImageData(0, 0, image.width, image.height).data, one = new Uint8Array(all.length / 4);
  for (let n = 0; n < one.length; n++) one[n] = all[4 * n + 1];
  const url = await new Promise(done => { const r = new FileReader(); r.onload = () => done(r.result);
    r.readAsDataURL(new Blob([one])) });
  return [image.width, url.split(",")[1]] }"""
"""The pixels of a screenshot, the green of each."""


def printed(browser: Browser, file: Path) -> tuple[bytes, list[tuple[Box, list[Box]]], NDArray[np.uint8]]:
    """The PDF of a page as a browser prints it; each sheet's box with those of its labels; and what is seen of it, in grey."""
    page = browser.new_page(viewport={"width": 850, "height": 1250}, device_scale_factor=2)
    page.goto(file.as_uri())
    shot = page.screenshot(full_page=True)
    pdf = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")
    sheets = page.evaluate(BOXES)
    width, pixels = page.evaluate(GREY, base64.b64encode(shot).decode())
    seen = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(-1, width)
    return pdf, [(tuple(sheet), [tuple(box) for box in labels]) for sheet, *labels in sheets], seen
