"""Licences by their usual names."""

from __future__ import annotations

import pytest

from api.licences import ETALAB, LICENCES, NAMES, licence_name, licence_url


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("etalab-2.0", ETALAB),
        ("Licence Ouverte 2.0", ETALAB),
        ("ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
        ("https://example.org/ours", "https://example.org/ours"),
        ("ours", None),
    ],
)
def test_a_licence_has_an_address(name: str, url: str | None) -> None:
    """By its usual name in any case, or by its own address."""
    assert licence_url(name) == url


def test_people_read_a_name_and_not_a_code() -> None:
    """Each name has an address; what is unknown stays as it is."""
    assert licence_name("ETALAB-2.0") == "Licence Ouverte 2.0 (Etalab)"
    assert licence_name("of our own") == "of our own"
    assert set(NAMES) <= set(LICENCES)
