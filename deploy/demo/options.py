"""What `girouette demo` may be asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from devices.refusal import SpokenError

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
KILLABLE = ("broker", "gateway", "api")


class DemoError(SpokenError):
    """The demonstration cannot start; the sentence says what to do."""

    words = "demo"


@dataclass(frozen=True, slots=True)
class Kill:
    """One child that is killed at a moment of the run."""

    child: str
    at_s: float


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of the command, read."""

    for_s: float | None = None
    """How long it runs; until Ctrl-C where it is None."""
    report: Path | None = None
    port: int | None = None
    """The page's port; 8000, or any free one, where it is None."""
    keep: Path | None = None
    """The folder that stays; a passing one where it is None."""
    backfill_s: float = 30 * 86_400.0
    """How long a past is generated before the first reading."""
    kills: tuple[Kill, ...] = ()
    recipes: tuple[Path, ...] = ()
    """Folders of recipes of one's own: a device of each joins the twelve."""
    broker: str = "auto"
    """`mosquitto`, `iotcore`, or the first of them that is installed."""
    lang: str = "en"


def duration_s(text: str) -> float:
    """Seconds of a duration.

    Raises DemoError for anything else.

    >>> duration_s("90s"), duration_s("10m"), duration_s("30d"), duration_s("0")
    (90.0, 600.0, 2592000.0, 0.0)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if found is None:
        raise DemoError("bad_duration", value=text)
    return float(found[1]) * UNITS_S[found[2] or "s"]


def kills(text: str) -> tuple[Kill, ...]:
    """The kills that are asked for, as `gateway@2m,broker@4m`.

    Raises DemoError for anything else.

    >>> kills("gateway@2m,broker@90s")
    (Kill(child='gateway', at_s=120.0), Kill(child='broker', at_s=90.0))
    """
    found = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        child, at, when = part.partition("@")
        if not at or child not in KILLABLE:
            raise DemoError("bad_kill", value=part, choices="|".join(KILLABLE))
        found.append(Kill(child, duration_s(when)))
    return tuple(found)
