"""Who is meant: devices by their names, and groups of them as `@name`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploy.faults import CommandError
from gateway.registry.rows import Device

MARK = "@"
RETIRED = "retired"


def names_of(device: Device) -> set[str]:
    """Every word that means this device: its name, its recipes, its groups."""
    return {device.id, device.recipe, *device.recipe.split("+"), *(MARK + group for group in device.groups)}


def chosen(devices: Iterable[Device], words: Sequence[str]) -> list[Device]:
    """The devices of these names and groups, in the order in which they are named, each once.

    A group means those of its devices that are in service. Raises CommandError for a name or a group that there is not.
    """
    known = {device.id: device for device in devices}
    found: dict[str, Device] = {}
    for word in words:
        if word.startswith(MARK):
            found |= {d.id: d for d in members(known.values(), word.removeprefix(MARK))}
        elif word in known:
            found[word] = known[word]
        else:
            raise CommandError("unknown_device", name=word)
    return list(found.values())


def members(devices: Iterable[Device], group: str) -> list[Device]:
    """The devices of a group that are in service. Raises CommandError where there is none."""
    there = [d for d in devices if group in d.groups and d.stage != RETIRED and d.revoked_s is None]
    if not there:
        raise CommandError("unknown_group", group=group)
    return there
