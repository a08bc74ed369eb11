"""`girouette wifi`: the networks that boards are to know, and how a board on the cable is given them."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, registry_of, rows_of, settled, terminal
from deploy.commands.speech import LANG, Command, Group, argument, option, tell, text
from deploy.faults import USAGE, CommandError

if TYPE_CHECKING:
    from devices.improv import Board, Heard, Talk

PortOption = Annotated[str | None, option("wifi_port", "--port", metavar="PORT")]
MOST_PASSWORD_BYTES = 1024
LISTENS_S, STARTS_S = 2.5, 8.0
"""So long a board that listens takes to answer, and one that was started to listen."""

wifi = typer.Typer(cls=Group, help=text("wifi"), invoke_without_command=True, no_args_is_help=False)


@wifi.callback(cls=Group, help=text("wifi"))
def ask(ctx: typer.Context) -> None:
    """Without a subcommand: ask for a network, and keep it."""
    if ctx.invoked_subcommand is not None:
        return
    if not sys.stdin.isatty():
        raise CommandError("wifi_ask_whom", code=USAGE)
    keep(ctx, typer.prompt(text("wifi_name")), None)


@wifi.command("add", cls=Command, help=text("wifi_add"))
def add(
    ctx: typer.Context,
    ssid: Annotated[str, argument("ssid")],
    *,
    password_file: Annotated[Path | None, option("password_file", "--password-file", metavar="FILE")] = None,
) -> None:
    """Keep a network; its password is asked for, or read from a file."""
    keep(ctx, ssid, password_file)


def keep(ctx: typer.Context, ssid: str, password_file: Path | None) -> None:
    """Put a network at the top of the file."""
    from deploy.networks import known_networks, with_network, write_networks

    settings = settled(ctx)
    known = known_networks(settings)
    networks = with_network(known, ssid, password_of(ssid, password_file))
    write_networks(settings.wifi, networks)
    print(text("wifi_kept", name=ssid, file=settings.wifi, count=len(networks)))
    print(text("wifi_next"))


def password_of(ssid: str, file: Path | None) -> str:
    """The password, from the first line of a file (`-` is stdin) or from who sits here, unseen; an empty one is an open network's."""
    if file is None:
        if not sys.stdin.isatty():
            raise CommandError("wifi_password_how", code=USAGE)
        return getpass.getpass(text("wifi_password", name=ssid))
    if str(file) == "-":
        return sys.stdin.readline(MOST_PASSWORD_BYTES).rstrip("\r\n")
    with file.open(encoding="utf-8") as lines:
        return lines.readline(MOST_PASSWORD_BYTES).rstrip("\r\n")


@wifi.command("list", cls=Command, help=text("wifi_list"))
def list_(ctx: typer.Context, *, as_json: AsJson = False) -> None:
    """The networks that are kept, never their passwords."""
    from deploy.networks import known_networks

    settings = settled(ctx)
    told = [{"ssid": n["ssid"], "open": not n["password"], "static": "static" in n} for n in known_networks(settings)]
    lines = [n["ssid"] + ("  " + text("wifi_open") if n["open"] else "") for n in told]
    tell(told, lines or [text("wifi_no_network")], as_json=as_json)


@wifi.command("forget", cls=Command, help=text("wifi_forget"))
def forget(ctx: typer.Context, ssid: Annotated[str, argument("ssid")]) -> None:
    """Take a network out of the file; boards that know it keep it."""
    from deploy.networks import known_networks, write_networks

    settings = settled(ctx)
    known = known_networks(settings)
    left = [n for n in known if n["ssid"] != ssid]
    if len(left) == len(known):
        raise CommandError("wifi_unknown", name=ssid, choices=", ".join(n["ssid"] for n in known) or "-")
    write_networks(settings.wifi, left)
    print(text("wifi_forgotten", name=ssid, file=settings.wifi))


@wifi.command("own", cls=Command, help=text("wifi_own"))
def own(
    ctx: typer.Context,
    names: Annotated[list[str], argument("devices")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The Wi-Fi that these boards open where they find none, and its key; on a terminal with the code that a phone joins by."""
    from deploy.groups import chosen as meant
    from devices.portal import own_network

    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        found = [(row.id, own_network(row.id, row.update_key)) for row in meant(known.devices(), names)]
    told = [{"device": n, "ssid": o.ssid if o else None, "key": o.key if o else None} for n, o in found]
    lines = [f"{o.ssid}  {o.key}" if o else text("wifi_own_none", name=n) for n, o in found]
    tell(told, lines, as_json=as_json)
    if len(found) == 1 and found[0][1] is not None and not as_json and sys.stdout.isatty():
        import segno

        segno.make(found[0][1].code, error="m", micro=False).terminal(compact=True)


@wifi.command("scan", cls=Command, help=text("wifi_scan"))
def scan(ctx: typer.Context, *, port: PortOption = None, as_json: AsJson = False) -> None:
    """Which networks the board on the cable hears."""
    from deploy.networks import known_networks

    known = {n["ssid"] for n in known_networks(settled(ctx))}
    with talk_to(port) as (talk, board):
        heard = talk.scan()
    told = [{"ssid": h.ssid, "dbm": h.dbm, "open": not h.closed, "known": h.ssid in known} for h in heard]
    tell({"device": board.device, "networks": told}, scanned(board, heard, known), as_json=as_json)


def scanned(board: Board, heard: Sequence[Heard], known: set[str]) -> list[str]:
    """What a board hears, as lines."""
    if not heard:
        return [text("wifi_hears_nothing", name=board.device)]
    rows = [
        {
            "bars": "▂▄▆"[: 1 + (h.dbm > -80) + (h.dbm > -65)], "ssid": h.ssid, "dbm": f"{h.dbm} dBm",
            "note": text("wifi_known") if h.ssid in known else text("wifi_open") if not h.closed else "",
        }
        for h in heard
    ]  # fmt: skip
    return [text("wifi_hears", name=board.device), *rows_of(rows, "bars", "ssid", "dbm", "note")]


@wifi.command("give", cls=Command, help=text("wifi_give"))
def give(
    ctx: typer.Context,
    ssid: Annotated[str | None, argument("wifi_one")] = None,
    *,
    port: PortOption = None,
    as_json: AsJson = False,
) -> None:
    """Give the board on the cable the networks that are kept: it joins each that it hears, and remembers it."""
    from deploy.networks import known_networks

    known = known_networks(settled(ctx))
    wanted = [n for n in known if ssid in {None, n["ssid"]}]
    if not wanted:
        if ssid is None:
            raise CommandError("wifi_none_kept")
        raise CommandError("wifi_unknown", name=ssid, choices=", ".join(n["ssid"] for n in known) or "-")
    with talk_to(port) as (talk, board):
        say(text("wifi_to", name=board.device))
        told = given(talk, wanted)
        told |= {"device": board.device, "page": talk.page() if told["given"] else None}
    page = [text("wifi_page", address=told["page"])] if told["page"] else []
    if not told["given"]:
        raise CommandError("wifi_not_given", name=board.device)
    tell(told, [text("wifi_given", name=board.device, networks=", ".join(told["given"])), *page], as_json=as_json)


def given(talk: Talk, wanted: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the networks that the board hears, that which is to be tried first at last; which it took, refused and did not hear.

    Where it hears none of them, and where only one is wanted, they are tried all the same: a network may hide its name.
    """
    from devices.improv import ImprovError

    say(text("wifi_listening"))
    heard = {h.ssid for h in talk.scan()}
    took: list[str] = []
    refused: list[str] = []
    tried = [n for n in wanted if n["ssid"] in heard] or list(wanted)
    away = [n["ssid"] for n in wanted if n not in tried]
    for name in away:
        say(text("wifi_away", name=name))
    for network in reversed(tried):
        say(text("wifi_joining", name=network["ssid"]))
        try:
            talk.give(network["ssid"], network["password"])
        except ImprovError as error:
            refused.append(network["ssid"])
            say("✗ " + error.said(LANG))
            continue
        took.insert(0, network["ssid"])
        say("✓ " + network["ssid"])
    return {"given": took, "refused": refused, "away": away}


def say(line: str) -> None:
    """Tell how far it is, beside the result."""
    print(line, file=sys.stderr)


@contextmanager
def talk_to(port: str | None) -> Iterator[tuple[Talk, Board]]:
    """A conversation with the only board, or that on the named port; who it is. Raises FlashError and ImprovError with what to do."""
    from deploy.flashing.ports import chosen

    path = chosen(port).path
    with closing(opened(path)) as line:
        talk = awake(line, terminal_progress())
        yield talk, talk.board()


def terminal_progress() -> Callable[[str], None]:
    """Tells what is going on, where a person watches."""
    return say if terminal() else lambda _line: None


def opened(path: str) -> Any:
    """The port. Raises FlashError where it cannot be opened."""
    import serial

    from deploy.flashing.faults import fault_of

    try:
        return serial.serial_for_url(path, 115_200, timeout=0.1, write_timeout=5, exclusive=True)
    except (serial.SerialException, OSError) as error:
        raise fault_of("pyserial", path, str(error)) from None


def awake(line: Any, progress: Callable[[str], None]) -> Talk:
    """A board that listens: as it is, else started again, for it listens for ten seconds then. Raises ImprovError where it stays silent."""
    from devices.improv import ImprovError, Talk

    talk = Talk(line)
    with suppress(ImprovError):
        talk.wait_for(LISTENS_S)
        return talk
    progress(text("wifi_restarting"))
    with suppress(ImprovError, OSError):  # a virtual port has no such line
        reset(line)
        talk.wait_for(STARTS_S)
        return talk
    restart_from_prompt(line)
    talk.wait_for(STARTS_S)
    return talk


def reset(line: Any) -> None:
    """Reset the chip by the line that bridges and Espressif's own USB have for that."""
    line.dtr, line.rts = False, True
    time.sleep(0.1)
    line.rts = False


def restart_from_prompt(line: Any) -> None:
    """Interrupt the program, and let MicroPython start anew."""
    line.write(b"\r\x03\x03")
    time.sleep(0.5)
    line.write(b"\x02\x04")
