"""A resource path as steps: `Datastreams(1)/Observations(5)/FeatureOfInterest/name/$value`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from api.problems import Malformed, NotThere

MAX_STEPS = 20
_STEP = re.compile(r"([^()]+?)(?:\((.*)\))?")
_ID = re.compile(r"-?\d{1,19}")
ENDINGS = ("$value", "$ref", "$count")


@dataclass(frozen=True, slots=True)
class Step:
    """One name of a path, with the id in its brackets where it has one."""

    name: str
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """The steps of a path and how it ends: `$value`, `$ref`, or nothing."""

    steps: tuple[Step, ...]
    ending: str = ""


def read_resource(path: str) -> Resource:
    """The steps of a decoded path below the service root; slashes at the end do not matter.

    >>> read_resource("Things(1)/name/$value")
    Resource(steps=(Step(name='Things', id=1), Step(name='name', id=None)), ending='$value')
    """
    parts = [p for p in path.split("/") if p]
    if len(parts) > MAX_STEPS:
        raise Malformed(f"this path has more than {MAX_STEPS} steps")
    ending = parts.pop() if parts and parts[-1].startswith("$") else ""
    if ending and (ending not in ENDINGS or not parts):
        raise NotThere(f"a path may end in {' or '.join(ENDINGS[:2])}, not in {ending}")
    return Resource(tuple(_step(p) for p in parts), ending)


def _step(part: str) -> Step:
    found = _STEP.fullmatch(part)
    if found is None:
        raise Malformed(f"{part!r} is no step of a path: write Things(1)")
    if found[2] is None:
        return Step(found[1])
    if not _ID.fullmatch(found[2].strip()):
        raise Malformed(f"ids are whole numbers: {found[1]}(1), not {part}")
    return Step(found[1], int(found[2]))
