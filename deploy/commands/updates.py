"""`girouette update`: a new version for one device, for those of a recipe, or for all, in stages."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.durations import seconds
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
from deploy.faults import AWAY, DONE, REFUSED, USAGE, CommandError

if TYPE_CHECKING:
    from deploy.commands.interpreters import Interpreters
    from deploy.delivery import Outcome
    from deploy.orders import Broker
    from deploy.rollout import Stage
    from devices.recipe import Recipe
    from devices.update import Release
    from gateway.registry import Device, Registry

Progress = Callable[[str, int, int], object]


def update(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    who: Annotated[str | None, argument("who")] = None,
    *,
    stage: Annotated[str, option("update_stage", "--stage", metavar="PERCENT")] = "100%",
    most_back: Annotated[str, option("update_most_back", "--most-back", metavar="PERCENT")] = "5%",
    changes: Annotated[Path | None, option("update_config", "--config", metavar="FILE")] = None,
    anchors: Annotated[Path | None, option("update_anchors", "--anchors", metavar="DIR")] = None,
    board: Annotated[str | None, option("update_board", "--board", metavar="KIND")] = None,
    interpreter: Annotated[Path | None, option("update_interpreter", "--interpreter", metavar="FILE")] = None,
    wait: Annotated[str, option("update_wait", "--wait", metavar="DURATION")] = "20m",
    recipes: Recipes = None,
    broker: BrokerUrl = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """Give each device of the stage the firmware of this installation, or an interpreter, and wait for what becomes of it."""
    from deploy.commands.interpreters import Interpreters, interpreter_in
    from deploy.orders import commander
    from deploy.rollout import stage_of
    from devices.anchors import read_anchors, version_with
    from devices.image import firmware_version

    settings = settled(ctx, broker=broker, store=store, registry=registry, recipes=recipes)
    fraction, borne, changed = percent(stage), percent(most_back), changes_in(changes)
    trusted = read_anchors(anchors) if anchors else ()
    image = interpreter_in(interpreter, board, alone=not (changed or trusted)) if interpreter else None
    version = image.version if image else version_with(firmware_version(), trusted)
    with registry_of(settings) as known:
        what = stage_of(known.devices(), known.updates(), version, who=who, fraction=fraction)
        what = replace(what, back_share=borne)
        if not what.chosen and not what.keyless:
            raise CommandError("unknown_device", name=who or "-")
        if not what.chosen:
            raise CommandError("update_no_key", names=", ".join(what.keyless))
        releases = (
            Interpreters(known, image) if image
            else Releases(known, recipes_of(settings), changed, board, anchors=trusted)
        )  # fmt: skip
        whole, ended = asyncio.run(carry_out(what, releases, broker=commander(settings), wait_s=seconds(wait)))
    return report(what, whole=whole, ended=ended, as_json=as_json)


class Releases:
    """Makes the version for each device, with a fresh number, when it is its turn."""

    def __init__(
        self, registry: Registry, recipes: Mapping[str, Recipe], changes: Mapping[str, Any], board: str | None,
        *, anchors: Sequence[bytes] = (),
    ) -> None:  # fmt: skip
        self.registry, self._recipes, self._changes, self._board = registry, recipes, changes, board
        self._anchors = anchors

    def of(self, name: str) -> Release:
        """The version for this device. Raises CommandError, RefusalError."""
        from devices.anchors import anchor_files, configured, version_with
        from devices.image import firmware_for, firmware_version, place, wired
        from devices.update import release

        device: Device = next(d for d in self.registry.devices() if d.id == name)
        slugs = device.recipe.split("+")
        for slug in slugs:
            if slug not in self._recipes:
                raise CommandError("unknown_recipe", slug=slug, choices=", ".join(self._recipes))
        placed = place([self._recipes[slug] for slug in slugs], self._board)
        changes = {
            **(wired(placed) if self._board else {}),
            **(configured(self._anchors) if self._anchors else {}),
            **self._changes,
            "firmware": version_with(firmware_version(), self._anchors),
        }
        serial = self.registry.next_serial(name, at_s=int(time.time()))
        return release(
            name, firmware_for(placed) | anchor_files(self._anchors), key=bytes.fromhex(device.update_key), serial=serial, changes=changes
        )  # fmt: skip


async def carry_out(
    stage: Stage, releases: Releases | Interpreters, *, broker: Broker, wait_s: float
) -> tuple[bool, list[Outcome]]:  # fmt: skip
    """Give the version to all that are due, and write down what becomes of each; was it all of them?"""
    from deploy.delivery import deliver
    from deploy.rollout import came_back, roll_out

    registry, ended = releases.registry, []

    def note(outcome: Outcome) -> None:
        ended.append(outcome)
        registry.note_update(outcome.device, stage.version, outcome.end, outcome.why, at_s=int(time.time()))

    with watched() as progress:

        async def give(name: str) -> Outcome:
            made = releases.of(name)
            return await deliver(made, broker=broker, wait_s=wait_s, progress=lambda sent, of: progress(name, sent, of))

        whole = await roll_out(stage, give, back=came_back(stage, registry.updates()), ended=note)
    return whole, ended


@contextlib.contextmanager
def watched() -> Iterator[Progress]:
    """A function that shows how far each device is, where a person watches."""
    if not terminal():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    with Bars(console=Console(stderr=True), transient=True) as bars:
        of: dict[str, TaskID] = {}

        def show(name: str, sent: int, whole: int) -> None:
            if name not in of:
                of[name] = bars.add_task(name, total=whole)
            bars.update(of[name], completed=sent)

        yield show


def report(stage: Stage, *, whole: bool, ended: list[Outcome], as_json: bool) -> int:
    """Say what became of each device; the exit code."""
    from dataclasses import asdict

    lines = [line_of(outcome, stage.version) for outcome in ended]
    lines += [] if ended else [text("updated_nothing", version=stage.version)]
    lines += [] if whole else [text("updated_stopped", version=stage.version, left=len(stage.due) - len(ended))]
    lines += [text("updated_keyless", names=", ".join(stage.keyless))] if stage.keyless else []
    told = {"version": stage.version, "stopped": not whole, "keyless": list(stage.keyless)}
    tell({**told, "devices": [asdict(o) for o in ended]}, lines, as_json=as_json)
    ends = {o.end for o in ended}
    if not whole or ends & {"back", "refused"}:
        return REFUSED
    return AWAY if "silent" in ends else DONE


def line_of(outcome: Outcome, version: str) -> str:
    """What became of one device, in a sentence."""
    end = "started" if outcome.end == "silent" and outcome.why else outcome.end
    return text(ENDS[end], name=outcome.device, version=version, why=word(outcome.why))


ENDS = {
    "kept": "updated_kept", "back": "updated_back", "refused": "updated_refused", "silent": "updated_silent",
    "started": "updated_started",
}  # fmt: skip
"""How an update ends, with the text that tells of it."""
WHYS = {
    "boots": "why_boots", "wakes": "why_wakes", "time": "why_time", "mac": "why_mac", "replayed": "why_replayed",
    "hash": "why_hash", "no-key": "why_no_key", "on-trial": "why_on_trial", "disk": "why_disk", "memory": "why_memory",
    "gone": "why_gone", "silent": "why_silent", "anchors": "why_anchors",
    "one-slot": "why_one_slot", "too-large": "why_too_large", "chip": "why_chip", "image": "why_image", "start": "why_start",
}  # fmt: skip
"""Words of a board's that are told in a sentence; others as they are."""


def word(why: str) -> str:
    """What a board's word means."""
    return text(WHYS[why]) if why in WHYS else why


def percent(told: str) -> float:
    """A share from its percentage. Raises CommandError."""
    try:
        share = float(told.strip().removesuffix("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise CommandError("bad_percent", code=USAGE, value=told)
    return share


def changes_in(file: Path | None) -> Mapping[str, Any]:
    """Settings of `config.json` from a file; none where no file is given. Raises CommandError."""
    if file is None:
        return {}
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as e:
        raise CommandError("bad_changes", file=file, why=e) from None
    if not isinstance(told, dict):
        raise CommandError("bad_changes", file=file, why="{}")
    return told
