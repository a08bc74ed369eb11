"""`girouette authority`: the town's own authority, by which boards know the broker, and its successor."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import AsJson
from deploy.commands.speech import Command, Group, argument, option, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError

if TYPE_CHECKING:
    from deploy.authority import Standing

authority = typer.Typer(cls=Group, help=text("authority"))
LATE = {"authority": "authority_late", "broker": "broker_late"}
STANDING = {True: "authority_standing", False: "authority_idle_standing"}
Folder = Annotated[Path, argument("deployment")]
Names = Annotated[list[str] | None, option("tls_name", "--name", metavar="HOST")]


@authority.command("make", cls=Command, help=text("authority_make"))
def make(folder: Folder, *, names: Names = None, as_json: AsJson = False) -> None:
    """The first authority of this folder, and the broker's certificate."""
    from deploy.authority import make as begin
    from deploy.authority import show as look
    from deploy.initialise import listen_safely

    begin(folder, names or (), now=now())
    listen_safely(folder)
    found = look(folder, now=now())
    lines = [*map(line_of, found), text("authority_made", folder=folder)]
    tell([asdict(one) for one in found], lines, as_json=as_json)


@authority.command("renew", cls=Command, help=text("authority_renew"))
def renew(
    folder: Folder,
    *,
    names: Names = None,
    successor: Annotated[bool, option("authority_next", "--next")] = False,
    use: Annotated[int | None, option("authority_use", "--use", metavar="N", min=1)] = None,
    forget: Annotated[int | None, option("authority_forget", "--forget", metavar="N", min=1)] = None,
    as_json: AsJson = False,
) -> None:
    """A new certificate for the broker; or a successor for its authority, which boards must hear of before it is used."""
    from deploy import authority as kept

    if successor + (use is not None) + (forget is not None) > 1 or (names and (successor or forget)):
        raise CommandError("authority_one", code=USAGE)
    if successor:
        number = kept.add(folder, now=now())
        more = text("authority_next_made", number=number, folder=folder)
    elif forget is not None:
        kept.forget(folder, forget)
        more = text("authority_forgotten", number=forget)
    else:
        kept.renew(folder, use=use, names=names or (), now=now())
        more = text("authority_renewed")
    found = kept.show(folder, now=now())
    tell([asdict(one) for one in found], [*map(line_of, found), more], as_json=as_json)


@authority.command("show", cls=Command, help=text("authority_show"))
def show(folder: Folder, *, as_json: AsJson = False) -> int:
    """How long each certificate is good for; exit code 1 where it is time to renew."""
    from deploy.authority import show as look

    found = look(folder, now=now())
    late = [one for one in found if one.late]
    lines = [*map(line_of, found), *(text(LATE[one.kind], days=one.days, folder=folder) for one in late)]
    tell([{**asdict(one), "late": one.late} for one in found], lines, as_json=as_json)
    return REFUSED if late else DONE


def now() -> dt.datetime:
    """The moment."""
    return dt.datetime.now(dt.UTC)


def line_of(one: Standing) -> str:
    """One certificate, in a line."""
    key = "broker_standing" if one.kind == "broker" else STANDING[one.used]
    return text(key, name=one.name, until=one.until, days=one.days)
