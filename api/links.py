"""Absolute addresses as the public sees them, through whatever proxy stands before us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request

from api.settings import ApiSettings

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")


@dataclass(frozen=True, slots=True)
class Links:
    """Makes addresses that begin with `base` and keep the preview key where there is one."""

    base: str
    key: str | None = None

    def to(self, path: str, query: str = "") -> str:
        """The absolute address of a path below the base."""
        asked = "&".join(part for part in (query, f"key={quote(self.key)}" if self.key else "") if part)
        return f"{self.base}{path}{'?' + asked if asked else ''}"


def links(request: Request, settings: ApiSettings, key: str | None = None) -> Links:
    """The links of one request: from the public address of the settings, else from the request and its proxies."""
    return Links(settings.public_url.rstrip("/") or _seen_from_outside(request), key)


def _seen_from_outside(request: Request) -> str:
    """Scheme, host and prefix by X-Forwarded-*; what does not look like one is passed over."""
    proto = _first(request, "x-forwarded-proto") or request.url.scheme
    host = _first(request, "x-forwarded-host") or request.headers.get("host", "")
    port = _first(request, "x-forwarded-port")
    prefix = _first(request, "x-forwarded-prefix") or _first(request, "x-forwarded-path")
    host = host if _HOST.fullmatch(host) else "localhost"
    usual = {"http": "80", "https": "443"}
    proto = proto if proto in usual else "http"
    if port.isdigit() and port != usual[proto] and ":" not in host.rpartition("]")[2]:
        host = f"{host}:{port}"
    return f"{proto}://{host}{prefix.rstrip('/') if _PATH.fullmatch(prefix) else ''}"


def _first(request: Request, name: str) -> str:
    return request.headers.get(name, "").partition(",")[0].strip()
