"""`girouette atelier`: where the atelier is, a link into it, or the whole of it as one file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, settled
from deploy.commands.speech import LANG, option, tell, text

if TYPE_CHECKING:
    from deploy.settings import Settings

MINUTE_S = 60


def atelier(
    ctx: typer.Context,
    *,
    link: Annotated[bool, option("atelier_link", "--link")] = False,
    for_: Annotated[str, option("atelier_for", "--for", metavar="DURATION")] = "2h",
    boards: Annotated[int, option("atelier_boards", "--boards", metavar="N", min=1, max=999)] = 20,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Where the atelier is on this machine, and a link into it for others."""
    settings = settled(ctx, store=store, registry=registry)
    here = f"http://localhost:{settings.api_port}/{LANG}/atelier"
    lines, told = [text("atelier_here", address=here)], {"here": here}
    if link:
        more, address = linked(settings, for_s=seconds(for_), boards=boards)
        lines, told = [*lines, *more], {**told, "link": address}
    tell(told, lines, as_json=as_json)


def linked(settings: Settings, *, for_s: float, boards: int) -> tuple[list[str], str]:
    """A fresh one-time link: what to say of it, and its address."""
    from deploy.passes import OPENS_S, Terms
    from deploy.workshop import passes_of

    base, hints = outside(settings)
    address = f"{base}/atelier/e/{passes_of(settings).add_link(Terms(for_s, boards), time.time())}"
    said = text(
        "atelier_link", address=address, minutes=round(OPENS_S / MINUTE_S), hours=f"{for_s / 3600:g}", boards=boards
    )
    return [said, "", drawn(address), *hints], address


def outside(settings: Settings) -> tuple[str, list[str]]:
    """What our address begins with for others, and what they cannot do there."""
    from deploy.reach import is_loopback, own_address

    if settings.public_url:
        base = settings.public_url.rstrip("/")
        return base, [] if base.startswith("https://") else [text("atelier_plain")]
    if is_loopback(settings.api_host):
        return f"http://localhost:{settings.api_port}", [text("atelier_loopback")]
    return f"http://{own_address() or settings.api_host}:{settings.api_port}", [text("atelier_plain")]


def drawn(address: str) -> str:
    """The address as a QR code of half blocks, as a terminal shows it."""
    import io

    import segno

    out = io.StringIO()
    segno.make(address, error="l").terminal(out, compact=True, border=2)
    return out.getvalue().rstrip("\n")
