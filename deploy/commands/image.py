"""`girouette image`: the whole flash of a board as files, for whoever writes it by other means than `girouette flash`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import (
    AsJson,
    BrokerUrl,
    Recipes,
    RegistryUrl,
    StoreUrl,
    recipes_of,
    registry_of,
    settled,
    terminal,
)
from deploy.commands.speech import argument, option, tell, text
from deploy.faults import USAGE, CommandError

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.flash.micropython import Whole
    from devices.flash.parts import Part
    from gateway.registry import Registry

MIB = 1 << 20


def image(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    *,
    micropython: Annotated[Path | None, option("micropython", "--micropython", metavar="FILE")] = None,
    out: Annotated[Path | None, option("image_out", "--out", metavar="DIR")] = None,
    flash_size: Annotated[str, option("image_flash_size", "--flash-size", metavar="MB")] = "4MB",
    kind: Annotated[str | None, option("board", "--board", metavar="BOARD")] = None,
    broker: BrokerUrl = None,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that an empty board needs to be this device into files, under secrets that are new each time."""
    from deploy.commands.devices import hints, renew_accounts
    from deploy.flashing.by_hand import write_parts

    flash_bytes = size_of(flash_size)
    given = {
        "broker": broker,
        "store": store,
        "registry": registry,
        "recipes": recipes,
        "board_micropython": micropython,
    }
    settings = settled(ctx, **given)
    with registry_of(settings) as known:
        board, whole, parts = made(settings, known, name, kind, flash_bytes)
        after = renew_accounts(settings, known)
    about = {"device": name, "board": board, "flash_bytes": flash_bytes}
    about |= {"micropython": whole.version, "micropython_sha256": whole.sha256}
    folder = out or Path(f"{name}-flash")
    told = write_parts(folder, parts, board, about)
    lines = [f"0x{p['offset']:06x}  {p['size']:>8}  {p['sha256'][:16]}  {p['file']}" for p in told["parts"]]
    lines += [text("image_micropython", version=whole.version, sha256=whole.sha256)]
    lines += [text("image_line", command=told["command"]), text("image_secret", folder=folder, name=name)]
    tell({**told, "folder": str(folder), "reload": after}, [*lines, *hints(settings, after)], as_json=as_json)


def made(
    settings: Settings, known: Registry, name: str, kind: str | None, flash_bytes: int
) -> tuple[str, Whole, list[Part]]:
    """The kind of board, its MicroPython, and the parts of its flash under secrets that are new from now on.

    What cannot be made is refused before the secrets change. Raises CommandError, RegistryError, RefusalError.
    """
    from deploy.commands.devices import check_accounts, chosen_recipes
    from deploy.workshop.making import Maker
    from devices.flash.parts import parts
    from devices.image import place
    from gateway.registry.enrol import renew_secrets

    maker, row = Maker(settings, known, recipes_of(settings)), known.identities.device(name)
    mine = place(chosen_recipes(settings, [row.recipe]), kind)
    board = mine[0].board
    with fetching() as progress:
        whole = maker.micropython(board, progress)
    check_accounts(settings, None)
    parts(whole.content, maker.image(mine, board), board, flash_bytes)
    image = maker.image(mine, board, renew_secrets(known, name))
    return board, whole, parts(whole.content, image, board, flash_bytes)


def size_of(told: str) -> int:
    """Bytes of a flash, from what is printed on it. Raises CommandError.

    >>> size_of("4MB"), size_of("16")
    (4194304, 16777216)
    """
    found = re.fullmatch(r"(2|4|8|16|32)(MB|Mo)?", told.strip(), re.IGNORECASE)
    if found is None:
        raise CommandError("bad_flash_size", code=USAGE, value=told)
    return int(found[1]) * MIB


@contextlib.contextmanager
def fetching() -> Iterator[Callable[[int, int], object]]:
    """A function that shows how much of MicroPython has been fetched, where a person watches."""
    if not terminal():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("MicroPython", total=None)
        yield lambda count, of: bar.update(task, completed=count, total=of)
