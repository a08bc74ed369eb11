"""`girouette atelier`: where the atelier is, a link into it, or the whole of it as one file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, Recipes, RegistryUrl, StoreUrl, recipes_of, registry_of, settled
from deploy.commands.room import Folders, without_internet
from deploy.commands.speech import LANG, option, tell, text
from deploy.faults import DONE, CommandError

if TYPE_CHECKING:
    from deploy.settings import Settings
    from deploy.workshop.onefile import Plan
    from devices.recipe import Recipe

MINUTE_S = 60
LINK_FOR, FILE_FOR, PREPARED_FOR = "2h", "8h", "14d"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file is wanted for."""

    file: Path
    slugs: Sequence[str]
    kinds: Sequence[str]
    """Kinds of board; the one that is recommended for each recipe where there are none."""
    seats: int
    each: int
    lang: str
    for_s: float


def atelier(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    *,
    link: Annotated[bool, option("atelier_link", "--link")] = False,
    for_: Annotated[str | None, option("atelier_for", "--for", metavar="DURATION")] = None,
    boards: Annotated[int, option("atelier_boards", "--boards", metavar="N", min=1, max=999)] = 20,
    file: Annotated[Path | None, option("atelier_file", "--file", metavar="FILE")] = None,
    slugs: Annotated[list[str] | None, option("recipe", "--recipe", metavar="SLUG")] = None,
    kinds: Annotated[list[str] | None, option("atelier_board", "--board", metavar="BOARD")] = None,
    seats: Annotated[int, option("atelier_seats", "--seats", metavar="N", min=1, max=99)] = 1,
    each: Annotated[int, option("atelier_each", "--each", metavar="N", min=1, max=99)] = 2,
    micropython: Annotated[Path | None, option("micropython", "--micropython", metavar="FILE")] = None,
    lang: Annotated[str, option("atelier_lang", "--lang", metavar="LANG")] = "fr",
    sheet: Annotated[Path | None, option("atelier_sheet", "--sheet", metavar="FILE")] = None,
    hotspot: Annotated[Path | None, option("atelier_hotspot", "--hotspot", metavar="DIR")] = None,
    prepare: Annotated[Path | None, option("atelier_prepare", "--prepare", metavar="DIR")] = None,
    prepared: Annotated[Path | None, option("atelier_prepared", "--prepared", metavar="DIR")] = None,
    check: Annotated[bool, option("atelier_check", "--check")] = False,
    pi: Annotated[bool, option("atelier_pi", "--pi")] = False,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int | None:
    """Where the atelier is on this machine, a link into it for others, all of it as a file, or what a room without internet needs."""
    settings = settled(ctx, store=store, registry=registry, recipes=recipes, board_micropython=micropython)
    for_s = seconds(for_ or (PREPARED_FOR if prepare else FILE_FOR))
    asked = Asked(sheet or file or Path(), slugs or [], kinds or [], seats, each, lang, for_s)
    folders = Folders(hotspot, prepare, prepared)
    if folders or check:
        return without_internet(settings, folders, check=check, asked=asked, pi=pi, as_json=as_json)
    if sheet is not None:
        return print_sheets(settings, asked, file)
    told, lines = (
        filed(settings, asked)
        if file is not None
        else opened(settings, for_s=seconds(for_ or LINK_FOR), boards=boards, link=link)
    )
    tell(told, lines, as_json=as_json)
    return None


def opened(settings: Settings, *, for_s: float, boards: int, link: bool) -> tuple[dict[str, object], list[str]]:
    """Where the atelier is on this machine, by a one-time link where a public address is set, and with another one for others if asked."""
    from api.atelier.access import is_public

    here, lines = f"http://localhost:{settings.api_port}/{LANG}/atelier", []
    if is_public(settings.public_url):
        here = fresh_link(settings, f"http://localhost:{settings.api_port}", for_s=for_s, boards=boards)
        lines = [
            text(
                "atelier_here_once",
                url=settings.public_url,
                minutes=opens_min(),
                hours=f"{for_s / 3600:g}",
                boards=boards,
            )
        ]
    lines = [text("atelier_here", address=here), *lines, *silent(settings)]
    if not link:
        return {"here": here}, lines
    more, address = linked(settings, for_s=for_s, boards=boards)
    return {"here": here, "link": address}, [*lines, *more]


def print_sheets(settings: Settings, asked: Asked, file: Path | None) -> int:
    """Write the sheets for a workshop's tables, a file for each recipe; they name the atelier's file where that is how it opens."""
    from deploy.workshop.tablesheet import table_sheet

    recipes, lang = wanted(settings, asked), spoken(asked.lang)
    here = f"{settings.public_url or f'http://localhost:{settings.api_port}'}/{lang}/atelier"
    for number, recipe in enumerate(recipes):
        where = asked.file if number == 0 else asked.file.with_stem(f"{asked.file.stem}-{number + 1}")
        page = table_sheet(recipe.on(recipe.boards[0]), lang, address=here if file is None else file.name)
        where.write_text(page, encoding="utf-8")
        print(where)
    return DONE


def silent(settings: Settings) -> list[str]:
    """What to type first where nothing listens there."""
    from deploy.workshop.reach import answers

    return [] if answers("127.0.0.1", settings.api_port, within_s=1) else [text("atelier_silent")]


def linked(settings: Settings, *, for_s: float, boards: int) -> tuple[list[str], str]:
    """A fresh one-time link: what to say of it, and its address."""
    base, hints = outside(settings)
    address = fresh_link(settings, base, for_s=for_s, boards=boards)
    said = text("atelier_link", address=address, minutes=opens_min(), hours=f"{for_s / 3600:g}", boards=boards)
    return [said, "", drawn(address), *hints], address


def fresh_link(settings: Settings, base: str, *, for_s: float, boards: int) -> str:
    """The address of a link into the atelier that nobody has used."""
    from deploy.workshop.door import passes_of
    from deploy.workshop.passes import Terms

    return f"{base}/atelier/e/{passes_of(settings).add_link(Terms(for_s, boards), time.time())}"


def opens_min() -> int:
    """Within how many minutes a link is to be opened."""
    from deploy.workshop.passes import OPENS_S

    return round(OPENS_S / MINUTE_S)


def filed(settings: Settings, asked: Asked) -> tuple[dict[str, object], list[str]]:
    """The atelier as a file, with its batch of identities: what to say of it. Raises SpokenError; then nothing is left behind."""
    from deploy.commands.devices import check_accounts, hints, renew_accounts
    from deploy.commands.image import fetching
    from deploy.workshop.making import Maker
    from deploy.workshop.onefile import Plan, batch, claim, enrol_all, fill, load, page

    mine, now_s = wanted(settings, asked), int(time.time())
    plan = Plan(mine, asked.seats, asked.each, now_s, now_s + int(asked.for_s), spoken(asked.lang))
    check_accounts(settings, None)
    with contextlib.ExitStack() as undone, registry_of(settings, make=True) as known:
        claim(asked.file)
        undone.callback(asked.file.unlink)
        maker = Maker(settings, known, {recipe.slug: recipe for recipe in mine})
        with fetching() as progress:
            loaded = load(maker, plan, progress)
        page(plan, {}, note="")  # refused before anything is registered
        held = enrol_all(maker, plan)
        command = renew_accounts(settings, known)
        size = fill(asked.file, page(plan, batch(maker, plan, loaded, held), note=note(plan)))
        undone.pop_all()
    names = [one.enrolled.id for one in held]
    told = {
        "file": str(asked.file),
        "bytes": size,
        "devices": names,
        "seats": plan.seats,
        "expires_s": plan.expires_s,
        "reload": command,
    }
    size_mb = f"{size / 1e6:.1f}".replace(".", "," if LANG == "fr" else ".")
    lines = [
        text("atelier_file", file=asked.file, size=size_mb, count=plan.count, seats=plan.seats),
        text("atelier_file_one" if plan.seats == 1 else "atelier_file_many", seats=plan.seats),
        text("atelier_file_until", until=moment(plan.expires_s, LANG)),
    ]
    return told, [*lines, *hints(settings, command)]


def wanted(settings: Settings, asked: Asked) -> list[Recipe]:
    """The recipes of a file, for its boards. Raises CommandError for what there is not."""
    from deploy.workshop.onefile import narrowed
    from devices.pinout import load_pinouts

    known = recipes_of(settings)
    kinds = [kind for word in asked.kinds for kind in word.split(",")]
    if not asked.slugs:
        raise CommandError("atelier_which", choices=", ".join(known))
    for slug in asked.slugs:
        if slug not in known:
            raise CommandError("unknown_recipe", slug=slug, choices=", ".join(known))
    for kind in kinds:
        if kind not in load_pinouts():
            raise CommandError("atelier_unknown_board", board=kind, choices=", ".join(load_pinouts()))
    mine = [known[slug] for slug in dict.fromkeys(asked.slugs)]
    return narrowed(mine, kinds or [recipe.boards[0] for recipe in mine])


def spoken(lang: str) -> str:
    """A language of ours. Raises CommandError."""
    from devices.words import LANGUAGES

    if lang not in LANGUAGES:
        raise CommandError("atelier_lang", lang=lang, choices=", ".join(LANGUAGES))
    return lang


def note(plan: Plan) -> str:
    """What the file says of itself."""
    from devices.words import say

    whose = say("atelier.file_one" if plan.seats == 1 else "atelier.file_many", plan.lang, seats=plan.seats)
    return f"{say('atelier.file_note', plan.lang, count=plan.count, until=moment(plan.expires_s, plan.lang))} {whose}"


def moment(at_s: int, lang: str) -> str:
    """A day and a time of this computer's clock, in a language."""
    from datetime import UTC, datetime

    from babel.dates import format_datetime

    return format_datetime(datetime.fromtimestamp(at_s, UTC).astimezone(), "d MMMM HH:mm", locale=lang)


def outside(settings: Settings) -> tuple[str, list[str]]:
    """What our address begins with for others, and what they cannot do there."""
    from deploy.workshop.reach import is_loopback, own_address

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
