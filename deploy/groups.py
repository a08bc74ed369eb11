"""Who is meant: devices by their names, and groups of them as `@name`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deploy.faults import CommandError
from gateway.registry.rows import Device

MARK = "@"


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


def waiting(devices: Iterable[Device], groups: Iterable[str], recipe: str | None = None) -> list[Device]:
    """The devices in service of these groups that wait for a board, having no secrets yet; with a recipe, only those of it."""
    mine = set(groups)
    there = [d for d in devices if mine & set(d.groups) and d.in_service]
    return [d for d in there if not d.password_hash and recipe in {None, d.recipe}]


def recipe_waiting(devices: Iterable[Device], group: str) -> str:
    """The recipe of all devices of a group that wait for a board. Raises CommandError where there is none, or another one."""
    recipes = sorted({device.recipe for device in waiting(devices, [group])})
    if not recipes:
        raise CommandError("nobody_waits", group=group)
    if len(recipes) > 1:
        raise CommandError("which_of_group", group=group, choices=", ".join(recipes), first=recipes[0])
    return recipes[0]


def members(devices: Iterable[Device], group: str) -> list[Device]:
    """The devices of a group that are in service. Raises CommandError where there is none."""
    there = [d for d in devices if group in d.groups and d.in_service]
    if not there:
        raise CommandError("unknown_group", group=group)
    return there
