"""`girouette atelier`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.cli import run
from deploy.commands.atelier import drawn, outside
from deploy.settings import Settings


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What the command prints."""
    assert run(["atelier", *words]) == 0
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, where nothing is set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GIROUETTE_PUBLIC_URL", raising=False)


def test_it_says_where_the_atelier_is(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """On loopback, and without making anything."""
    assert "http://localhost:8000/" in typed(capsys)
    assert list(tmp_path.iterdir()) == []


def test_where_a_public_address_is_set_one_enters_here_by_a_link(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At this machine's own address, each time another one; where it is loopback's the page itself is told."""
    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", "https://air.example.org")
    said = typed(capsys)
    here = {json.loads(typed(capsys, "--json"))["here"] for _ in range(2)}

    assert "http://localhost:8000/atelier/e/" in said
    assert "https://air.example.org" in said
    assert len(here) == 2
    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", "http://localhost:8000")
    assert "/atelier/e/" not in typed(capsys)


def test_a_link_is_printed_once_with_its_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept as a hash; each time another one."""
    monkeypatch.setenv("GIROUETTE_PUBLIC_URL", "https://air.example.org/data/")
    told = typed(capsys, "--link")
    links = {json.loads(typed(capsys, "--link", "--json"))["link"] for _ in range(3)}

    assert told.count("https://air.example.org/data/atelier/e/") == 1
    assert "█" in told
    assert len(links) == 3
    kept = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert not [link for link in links if link.rpartition("/")[2].encode() in kept]


def test_it_says_where_a_browser_cannot_program() -> None:
    """Over http:// on a network, and where nobody else can come at all; nothing where it can."""
    assert outside(Settings(public_url="https://air.example.org"))[1] == []
    for settings in (Settings(), Settings(api_host="192.0.2.7"), Settings(public_url="http://air.example.org")):
        (hint,) = outside(settings)[1]
        assert "--file" in hint, settings


def test_the_code_is_drawn_within_a_terminal() -> None:
    """No wider than eighty columns."""
    assert max(map(len, drawn("https://air.example.org/atelier/e/" + "x" * 32).splitlines())) < 80
