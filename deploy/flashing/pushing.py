"""Files of a changed recipe or firmware to a board that is a device already: only those that differ, and nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.faults import AWAY, CommandError
from deploy.flashing import mpremote
from deploy.flashing.faults import FlashError
from deploy.flashing.wish import Wish, fitting, wired_as

if TYPE_CHECKING:
    from deploy.flashing.ports import Port
    from deploy.settings import Settings
    from devices.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Compared:
    """A board beside what it should have."""

    port: str
    device: str
    files: Mapping[str, bytes]
    changes: mpremote.Changes


def compare(port: Port, recipes: Mapping[str, Recipe], settings: Settings, wish: Wish) -> Compared:
    """What differs between a board's program and that of this installation; the board stands still until it is restarted.

    Raises FlashError for a board that is no device, or another one than is wished.
    """
    if not mpremote.answers(port.path):
        raise FlashError("no_repl", code=AWAY, port=port.path)
    found = mpremote.look(port.path)
    if found.device is None or not found.ours:
        raise FlashError("not_a_device", port=port.path)
    if wish.device not in {None, found.device}:
        raise FlashError("other_board", device=found.device, wanted=wish.device)
    files = program(found, recipes, settings, wish, port)
    return Compared(port.path, found.device, files, mpremote.differences(files, found.files))


def copy(compared: Compared, progress: Callable[[float], object] = lambda _share: None) -> None:
    """Afterwards the board's program is that of this installation, each hash compared. Raises FlashError."""
    count = max(1, len(compared.changes.written))
    if compared.changes:
        given = mpremote.Given(compared.files, {})
        mpremote.push(compared.port, given, compared.changes, lambda n: progress(n / count))


def program(
    found: mpremote.Found, recipes: Mapping[str, Recipe], settings: Settings, wish: Wish, port: Port
) -> Mapping[str, bytes]:  # fmt: skip
    """The files that a board of this recipe has here. Raises CommandError, FlashError."""
    from devices.anchors import anchor_files, read_anchors
    from devices.image import configuration, encoded, firmware_for, place

    slugs = (found.recipe or "").split("+")
    for slug in slugs:
        if slug not in recipes:
            raise CommandError("unknown_recipe", slug=slug, choices=", ".join(recipes))
    if settings.board_anchors is None and any(path.startswith("/anchors/") for path in found.files):
        raise FlashError("has_anchors", device=found.device)
    mine = [recipes[slug] for slug in slugs]
    placed = place(mine, fitting(mine, found.kind or wired_as(mine, found.wiring), wish, port.path))
    anchors = read_anchors(settings.board_anchors) if settings.board_anchors else ()
    return {**firmware_for(placed), **anchor_files(anchors), "/config.json": encoded(configuration(placed, anchors))}
