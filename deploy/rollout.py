"""A new version for many devices: which of them in a stage, a few at a time, and when to stop."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from deploy.delivery import BACK, KEPT, SILENT, Outcome
from deploy.faults import CommandError
from deploy.groups import names_of
from gateway.registry.rows import Device, Update

AT_ONCE = 4
"""So many devices are given a version at the same time."""
MOST_BACK = 0.05
"""A stage stops once more than this share of it has come back, and more than one device, unless another share is set."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What is to be done in one stage."""

    version: str
    chosen: tuple[str, ...]
    """The stage's share of the devices, whatever became of them."""
    due: tuple[str, ...]
    """Those of them that neither run the version nor gave it up."""
    keyless: tuple[str, ...]
    """Devices that have no key and are therefore left out: they must be flashed by USB once."""
    back_share: float = MOST_BACK
    """Which share of the stage may come back; one device always may."""

    @property
    def most_back(self) -> int:
        """So many may come back.

        >>> Stage("v2", tuple("abcdefghij"), (), (), 0.3).most_back
        3
        """
        return max(1, int(len(self.chosen) * self.back_share + 1e-9))


def share(devices: Iterable[str], version: str, fraction: float) -> tuple[str, ...]:
    """This share of the devices, one at least, chosen by version: the same each time, and a larger share holds a smaller one.

    >>> share(["a", "b", "c", "d"], "0123abcd", 0.5)
    ('a', 'c')
    """
    ordered = sorted(devices, key=lambda name: hashlib.sha256(f"{version} {name}".encode()).digest())
    return tuple(ordered[: math.ceil(len(ordered) * fraction)])


def stage_of(
    devices: Sequence[Device], updates: Sequence[Update], version: str, *, who: str | None, fraction: float
) -> Stage:
    """The stage: of all devices in service, or of those of a recipe or `@group`, or one by its name, given a version anew if asked."""
    there = [d for d in devices if d.in_service]
    living = [d for d in there if who is None or who in names_of(d)]
    able = {d.id: d for d in living if d.update_key}
    chosen = share(able, version, fraction)
    ends = {(u.device_id, u.version): u.end for u in updates}
    done = {d for d in chosen if able[d].firmware == version or ends.get((d, version)) in {KEPT, BACK}}
    due = chosen if who in able else tuple(d for d in chosen if d not in done)
    return Stage(version, chosen, due, tuple(d.id for d in living if not d.update_key))


async def roll_out(
    stage: Stage, give: Callable[[str], Awaitable[Outcome]], *, back: int = 0, ended: Callable[[Outcome], object]
) -> bool:
    """Give the version to every device that is due; `ended` hears of each. False where it stopped by itself.

    `back` devices of the stage had come back before. A device that began the version and fell silent counts as one of them.
    Raises what `give` raises as CommandError.
    """
    waiting = list(stage.due)

    async def work() -> None:
        nonlocal back
        while waiting and back <= stage.most_back:
            outcome = await give(waiting.pop(0))
            back += harmed(outcome)
            ended(outcome)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(work())
    except* CommandError as several:
        away = several.exceptions[0]
    else:
        return not waiting
    raise away  # the broker went: one sentence, not one for each device that waited for it


def harmed(outcome: Outcome) -> bool:
    """Does this speak against the version? A refusal does not, nor does a device that was not there."""
    return outcome.end == BACK or (outcome.end == SILENT and outcome.why != "")


def came_back(stage: Stage, updates: Sequence[Update]) -> int:
    """How many devices of the stage gave this version up before, and have not kept it since."""
    ends = {u.device_id: u.end for u in updates if u.version == stage.version}
    return sum(ends.get(name) == BACK for name in stage.chosen)
