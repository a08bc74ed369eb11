"""The rule by which a version is started, tried, kept or given up, and by which a board starts without its sensors.

The version that was flashed lies at the root, two more have room in the folders `a` and `b`. One small file says which runs;
it is replaced in one step, as littlefs renames, so that a power cut leaves the old word or the new one, and where it is lost
the root runs. No update replaces this rule. It is loaded where something is to be decided, and forgotten again.
"""

import json
import os

import slots

FILE = "slots.json"

BOOTS = 5
"""Starts of a version on trial without a receipt, after which it is given up; planned sleeps are counted apart."""
WAKES = 60
FAILS = 5
"""Starts in a row that came to nothing, after which the board starts without its sensors."""
NUMBERS = ("fails", "serial", "boots", "wakes", "within_s", "stays")


def read() -> dict:
    """What is written down; where that cannot be read, the board is as it was flashed."""
    try:
        with open(FILE) as file:
            told = json.load(file)
        sound = told["good"] in ("", "a", "b") and told["trial"] in (None, "a", "b")
        if sound and all(isinstance(told.get(name, 0), int) for name in NUMBERS):
            return told
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        pass
    return {"good": "", "trial": None, "serial": 0, "fails": 0}


def write(state: dict) -> bool:
    """Replace what is written down in one step; False where the disk refuses."""
    try:
        with open(FILE + ".new", "w") as file:
            json.dump(state, file)
        os.rename(FILE + ".new", FILE)
    except OSError as error:
        print("# slots: the disk refuses,", error)
        return False
    return True


def begin(*, slept: bool, typed: bool = False) -> str:
    """Count this start, and say in which folder the version lies that runs now.

    A soft reset is `typed`: somebody sits at the console, or a tool copies files; our firmware never makes one.
    """
    state = read()
    slots.heard = _heard(state)
    slots.trial, slots.safe = _tries(state, slept), None
    if slots.trial:
        slots.folder = state["trial"]
    elif slept:
        well()  # the start before this one came as far as its planned sleep
        slots.folder = state["good"]
    elif typed:
        slots.folder = state["good"]
    else:
        state["fails"] += 1
        write(state)
        slots.safe = _asked() or ("boots" if state["fails"] > FAILS else None)
        # Where not even its safe mode lives, the board is as it was flashed.
        slots.folder = "" if state["fails"] > 2 * FAILS else state["good"]
    slots.back = state.get("back")
    return slots.folder


def _heard(state: dict) -> bool:
    """Did a receipt come in a start that had no memory for this rule? The version is kept now."""
    try:
        os.stat(slots.HEARD)
    except OSError:
        return False
    if state["trial"] is not None:
        kept = {"good": state["trial"], "trial": None, "serial": state["serial"], "fails": 0}
        if not write(kept):
            return False
        state.clear()
        state.update(kept)
    os.remove(slots.HEARD)
    return True


def _asked() -> str | None:
    """Was this one start to be without sensors, because an update needs the memory?"""
    try:
        os.remove(slots.ROOM)
    except OSError:
        return None
    return "update"


def _tries(state: dict, slept: bool) -> bool:
    """Is the version on trial to be started once more? The count is on disk before it starts."""
    if state["trial"] is None:
        return False
    kind = "wakes" if slept else "boots"
    state[kind] = state.get(kind, 0) - 1
    if state[kind] >= 0 and write(state):
        return True
    give_up(state, kind)
    return False


def stage(place: str, version: str, serial: int, limits: dict) -> bool:
    """From the next start on the version in this folder is on trial; False where the disk refuses."""
    old = read()
    _heard(old)
    state = {"good": old["good"], "trial": place, "fails": 0, "serial": serial, "version": version}
    state.update({"boots": BOOTS, "wakes": WAKES})
    state.update(limits)
    return write(state)


def keep() -> bool:
    """The version on trial is the one that runs from now on."""
    state = read()
    return write({"good": state["trial"], "trial": None, "serial": state["serial"], "fails": 0})


def give_up(state: dict, why: str) -> None:
    """The version on trial is not tried again; `back` says which it was, and why."""
    back = [state.get("version", ""), why]
    state.update({"trial": None, "fails": 0, "back": back})
    write(state)


def well(fails: int = 0, stays: int = 0) -> None:
    """This start turned out well, or is to count as so many failed ones, after so many stays without sensors."""
    state = read()
    if (state["fails"], state.get("stays", 0)) != (fails, stays):
        state.update({"fails": fails, "stays": stays})
        write(state)
