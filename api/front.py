"""What every route shares: the catalogue, the readings, where reads run, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from starlette.requests import Request

from api.catalogue import Catalogue, View
from api.links import Links, links
from api.problems import NotThere
from api.readings import Desk, Readings
from api.settings import ApiSettings
from gateway.registry import Place

Key = Annotated[
    str | None,
    Query(
        max_length=128,
        description="Key of a place, or link of a device, that is not public yet; answers are then never cached.",
    ),
]
"""The preview key of a request."""


@dataclass(frozen=True, slots=True)
class Front:
    """The public side's parts, handed to every route."""

    catalogue: Catalogue
    readings: Readings
    desk: Desk
    settings: ApiSettings

    def view(self, key: str | None = None) -> View:
        """What the sender of a request may see."""
        return self.catalogue.view(key or None)

    def opened(self, key: str) -> tuple[View, Place]:
        """What the holder of a place's key may see, and that place. Raises NotThere where it has nothing to show."""
        view = self.view(key)
        place = view.places.get(view.opened or 0)
        if place is None:
            raise NotThere("no place opens with this key; ask who gave it to you for a new one")
        return view, place

    def answers(self) -> None:
        """Afterwards the registry and the store have answered once; raises what the silent one raises."""
        self.catalogue.view()
        self.readings.answers()

    def links(self, request: Request, view: View) -> Links:
        """Addresses as this request sees us."""
        return links(request, self.settings, view.key)

    def now_s(self) -> float:
        """The time, in seconds since 1970 UTC."""
        return self.settings.now_s()
