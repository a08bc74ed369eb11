"""`girouette dashboards build`: the files, in one language or both, with the names of the town where its registry is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_files_are_written_and_listed(girouette: Callable[..., Any], home: Path) -> None:
    """Four dashboards and two files of provisioning, and no registry is made for it."""
    typed = girouette("dashboards", "build", "grafana", "--json")

    assert typed.code == 0
    assert [Path(name).name for name in typed.told] == [
        "fleet.json", "quantity.json", "fleet.json", "quantity.json", "girouette.yaml", "girouette.yaml",
    ]  # fmt: skip
    assert all((home / name).is_file() for name in typed.told)
    assert [p.name for p in home.iterdir()] == ["grafana"]


def test_places_go_by_their_names(girouette: Callable[..., Any], home: Path) -> None:
    """Where a registry is there, its places and the pilot's time zone are in the dashboards."""
    girouette("pilot", "add", "cayenne", "Cayenne", "--timezone", "America/Cayenne")
    added = girouette("device", "add", "--recipe", "air", "--place", "4.93,-52.33", "--name", "Les Palmistes")
    girouette("dashboards", "build", "grafana")
    text = (home / "grafana/dashboards/fr/quantity.json").read_text()

    assert added.code == 0, added.err
    assert "Les Palmistes" in text
    assert "America/Cayenne" in text


def test_one_language(girouette: Callable[..., Any], home: Path) -> None:
    """Only the one that is asked for; a language that there is not is refused as a slip of the pen."""
    assert girouette("dashboards", "build", "grafana", "--language", "fr").code == 0
    refused = girouette("dashboards", "build", "other", "--language", "br")

    assert [p.name for p in (home / "grafana/dashboards").iterdir()] == ["fr"]
    assert (refused.code, "fr, en" in refused.err) == (2, True)
    assert not (home / "other").exists()
