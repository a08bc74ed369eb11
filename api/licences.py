"""Licences by their usual names, with the address of the text and a short code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ETALAB = "https://www.etalab.gouv.fr/licence-ouverte-open-licence"
LICENCES: Mapping[str, str] = MappingProxyType(
    {
        "etalab-2.0": ETALAB,
        "lo-2.0": ETALAB,
        "licence ouverte 2.0": ETALAB,
        "odbl-1.0": "https://opendatacommons.org/licenses/odbl/1-0/",
        "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
        "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    }
)

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "etalab-2.0": "Licence Ouverte 2.0 (Etalab)",
        "lo-2.0": "Licence Ouverte 2.0 (Etalab)",
        "odbl-1.0": "ODbL 1.0",
        "cc-by-4.0": "CC BY 4.0",
        "cc0-1.0": "CC0 1.0",
    }
)
"""What people call them; these names are the same in both languages."""


def licence_name(name: str) -> str:
    """What a page calls a licence: as people do where its short code is known, else as it is.

    >>> licence_name("etalab-2.0")
    'Licence Ouverte 2.0 (Etalab)'
    """
    return NAMES.get(name.lower(), name)


def licence_url(name: str) -> str | None:
    """The address of a licence's text: its own where it is one, else by its usual name; None where it is unknown.

    >>> licence_url("CC-BY-4.0")
    'https://creativecommons.org/licenses/by/4.0/'
    """
    return name if name.startswith("https://") else LICENCES.get(name.lower())
