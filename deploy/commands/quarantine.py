"""`girouette quarantine`: what was refused, with its bytes, and how it is tried once more."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, rows_of, settled
from deploy.commands.speech import LANG, Command, Group, argument, option, tell, text
from deploy.faults import USAGE, CommandError
from devices.words import say

if TYPE_CHECKING:
    from deploy.settings import Settings
    from gateway.journal import Journal
    from gateway.quarantine import Row

quarantine = typer.Typer(cls=Group, help=text("quarantine"))
Code = Annotated[str | None, option("code", "--code", metavar="CODE")]
Device = Annotated[str | None, option("of_device", "--device", metavar="ID")]


@quarantine.command("list", cls=Command, help=text("quarantine_list"))
def list_rows(
    ctx: typer.Context,
    *,
    code: Code = None,
    device: Device = None,
    most: Annotated[int, option("most", "--most", metavar="N", min=1)] = 100,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The newest rows, and how many there are of each code."""
    with journal_of(settled(ctx, store=store, registry=registry)) as journal:
        rows = [row_told(row) for row in journal.refused(code=code, device=device, most=most)]
        counts, overflow = journal.refused_counts()
    shown = [{**row, "at": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(row["time_s"]))} for row in rows]
    total = text(
        "quarantine_counts", counts=", ".join(f"{c} {n}" for c, n in sorted(counts.items())) or "0", over=overflow
    )
    whys = [text("code_told", code=each, why=why(each)) for each in sorted({row["code"] for row in rows})]
    tell(rows, [*rows_of(shown, "id", "at", "code", "device", "bytes", "topic"), *whys, total], as_json=as_json)


@quarantine.command("show", cls=Command, help=text("quarantine_show"))
def show_row(
    ctx: typer.Context,
    number: Annotated[int, argument("row")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """One row, its bytes included."""
    with journal_of(settled(ctx, store=store, registry=registry)) as journal:
        row = journal.refused_row(number)
    if row is None:
        raise CommandError("unknown_row", number=number)
    told = {**row_told(row), "ep": row.ep, "sq": row.sq, "payload": row.payload.decode("utf-8", "backslashreplace")}
    tell(told, [*(f"{key:<9}{value}" for key, value in told.items()), why(row.code)], as_json=as_json)


@quarantine.command("replay", cls=Command, help=text("quarantine_replay"))
def replay_rows(
    ctx: typer.Context,
    numbers: Annotated[list[int] | None, argument("rows")] = None,
    *,
    code: Code = None,
    device: Device = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The gateway admits these once more: the chosen rows, or all of a code or of a device."""
    if not numbers and code is None and device is None:
        raise CommandError("replay_what", code=USAGE)
    with journal_of(settled(ctx, store=store, registry=registry)) as journal:
        count = journal.replay(ids=tuple(numbers or ()), code=code, device=device)
    tell({"asked": count}, [text("replayed", count=count) if count else text("replayed_none")], as_json=as_json)


@contextlib.contextmanager
def journal_of(settings: Settings) -> Iterator[Journal]:
    """The journal, open while the command runs. Raises CommandError where no gateway has made one yet."""
    from deploy.assembly import journal_file, open_journal

    file = journal_file(settings)
    if not file.exists():
        raise CommandError("no_file", file=file)
    with contextlib.closing(open_journal(file)) as journal:
        yield journal


def why(code: str) -> str:
    """What a code means and what to do, for people."""
    return say(f"refusals.{code.replace('-', '_')}", LANG)


def row_told(row: Row) -> dict[str, Any]:
    """A row without its bytes."""
    return {
        "id": row.id, "code": row.code, "device": row.device, "time_s": row.time_s, "topic": row.topic,
        "bytes": len(row.payload), "again": bool(row.again),
    }  # fmt: skip
