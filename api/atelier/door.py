"""The door of the atelier: who a request is from, or why it goes no further."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from api.atelier.access import COOKIE, at_this_machine, direct, from_elsewhere, host_of, is_public, straight
from api.atelier.port import Guest, Guests, WorkshopError
from api.front import Front
from api.links import links

HERE = "here"
"""The name of who sits at this machine."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may enter."""

    name: str
    guest: Guest | None = None
    """None at this machine."""


@dataclass(frozen=True, slots=True)
class Door:
    """Lets in who may enter."""

    front: Front
    guests: Guests

    def visitor(self, request: Request) -> Visitor:
        """Who asks. Raises WorkshopError, whose sentence says how to get in."""
        public = self.front.settings.public_url
        if at_this_machine(request, public):
            return Visitor(HERE)
        if cookie := request.cookies.get(COOKIE):
            guest = self.guests.known(cookie, self.front.now_s())
            if guest is None:
                raise WorkshopError("cookie_old")
            return Visitor(guest.name, guest)
        if direct(request):
            raise WorkshopError("public_here", url=public) if is_public(public) else WorkshopError("other_user")
        if straight(request):
            host, port = host_of(request.headers.get("host", "")), (request.scope.get("server") or ("", 80))[1] or 80
            raise WorkshopError("other_name", host=host[:80] or "?", port=port, path=request.url.path[:80])
        raise WorkshopError("closed")

    def maker(self, request: Request) -> Visitor:
        """Who asks for a board. Raises WorkshopError where they may not enter, their page is none of ours, or the line is open to ears."""
        found = self.visitor(request)
        self.same_origin(request, found)
        if found.guest is not None and not (direct(request) or self.encrypted(request)):
            raise WorkshopError("insecure")
        return found

    def same_origin(self, request: Request, visitor: Visitor | None = None) -> None:
        """Afterwards the request was made by a page of ours; WorkshopError where it was not."""
        local = visitor is not None and visitor.guest is None
        ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
        public = links(request, self.front.settings).base
        if from_elsewhere(request, ours) and (local or from_elsewhere(request, public)):
            raise WorkshopError("elsewhere")

    def encrypted(self, request: Request) -> bool:
        """Does nobody between the browser and us hear what is said, as far as we are told?"""
        return links(request, self.front.settings).base.startswith("https://")
