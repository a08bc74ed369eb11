"""What boards are flashed with in this installation: its registry and store, its broker for boards, MicroPython, and its networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.commands.options import recipes_of
from deploy.faults import AWAY

if TYPE_CHECKING:
    from deploy.flashing.flash import Workbench
    from deploy.flashing.ports import Port
    from deploy.flashing.wish import Wish
    from deploy.settings import Settings
    from deploy.workshop.reach import Reach
    from gateway.registry import Registry


def workbench(settings: Settings, known: Registry, wish: Wish, ports: Sequence[Port]) -> Workbench:
    """What boards are flashed with here. Raises FlashError where no broker answers although readings are waited for."""
    import threading

    from deploy.assembly import open_store
    from deploy.commands.devices import check_accounts, renew_accounts
    from deploy.flashing.enrolling import Enrolling
    from deploy.flashing.flash import Workbench
    from deploy.flashing.ports import boards
    from deploy.workshop.reach import reach
    from deploy.workshop.rehearsal import running_boards
    from devices.virtual.stand_in import stand_in

    where = reach(settings, here=bool(ports) and all(on_this_machine(port) for port in ports))
    rehearsed = (
        wish.micropython is None and bool(ports) and {p.path for p in ports} <= {b.port for b in running_boards()}
    )
    told = wish.micropython or settings.board_micropython
    if wish.wait_s is not None:
        check_broker(where, settings)
    check_accounts(settings, None)
    accounts = threading.Lock()

    def changed() -> None:
        with accounts:
            renew_accounts(settings, known)

    return Workbench(
        Enrolling(known, recipes_of(settings), where, networks(settings), public_url(settings)),
        lambda: open_store(settings.store, read_only=True, settings=settings),
        lambda kind: stand_in(kind) if rehearsed else micropython_for(kind, told),
        changed,
        boards,
    )


def micropython_for(kind: str, told: Path | None) -> bytes:
    """MicroPython for a kind of board: the file, or that of the prepared folder, that was told, else fetched once.

    Raises InterpreterError, OSError.
    """
    from devices.flash.micropython import find_micropython

    if told is not None and told.is_dir():
        return find_micropython(kind, prepared=told).content
    return find_micropython(kind, given=told).content


def on_this_machine(port: Port) -> bool:
    """Is it a virtual board, whose loopback is ours?"""
    return port.path.startswith(("/dev/pts/", "/dev/ttys", "socket://127.0.0.1:", "rfc2217://127.0.0.1:"))


def check_broker(where: Reach, settings: Settings) -> None:
    """Refuse before anything is written where no board could send. Raises FlashError."""
    from deploy.flashing.faults import FlashError
    from deploy.workshop.reach import answers

    if answers(where.host, where.port):
        return
    if not settings.board_broker and answers("127.0.0.1", where.port):
        raise FlashError("broker_here_only", code=AWAY, host=where.host, port=where.port)
    raise FlashError("no_broker", code=AWAY, host=where.host, port=where.port)


def networks(settings: Settings) -> list[dict[str, Any]]:
    """The Wi-Fi networks that every board is to know."""
    from deploy.networks import known_networks

    return known_networks(settings)


def public_url(settings: Settings) -> str:
    """Where pages are: as set, else on this machine."""
    return settings.public_url or f"http://{settings.api_host}:{settings.api_port}"
