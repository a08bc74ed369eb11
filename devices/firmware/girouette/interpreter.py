"""Which interpreter runs where the chip has room for two, and whether a new one is kept.

A new one has one start. Unless it is marked as good in it the chip's own bootloader goes back to the one before at the next
reset, whatever that comes from; it is marked once the gateway has a sample that was made under it. Loaded at the few moments
when something is decided, and at a start only where a new interpreter was ever written.
"""

import json
import os

from esp32 import Partition

import rule
import slots

FILE = "interpreter.json"
WITHIN_S = 900


def read() -> dict:
    """What is known of the interpreter that was chosen last; nothing where none was, or where that cannot be read."""
    try:
        with open(FILE) as file:
            told = json.load(file)
        if isinstance(told["serial"], int) and isinstance(told["version"], str) and told["to"]:
            return told
    except (OSError, ValueError, TypeError, LookupError):
        pass
    return {}


def write(told: dict) -> None:
    """Replace what is known in one step."""
    with open(FILE + ".new", "w") as file:
        json.dump(told, file)
    os.rename(FILE + ".new", FILE)


def running() -> str:
    """The slot whose interpreter runs."""
    return Partition(Partition.RUNNING).info()[4]  # pyright: ignore[reportArgumentType]


def name_of(told: dict) -> str | None:
    """The interpreter that runs for good, where it came over the air."""
    return told.get("version") if told.get("kept") else told.get("before")


def choose(part, order: dict) -> None:
    """Let the interpreter in this slot have the next start. Raises OSError where the chip finds no sound image in it."""
    old, state = read(), rule.read()
    told = {"version": order["version"], "serial": order["serial"], "to": part.info()[4], "before": name_of(old)}
    told.update({"kept": False, "why": "start", "within_s": order.get("within_s", WITHIN_S)})
    write(told)
    try:
        part.set_boot()
    except OSError:
        write(old) if old else os.remove(FILE)
        raise
    # Whatever starts now, this order was tried: where a power cut comes before this line it is tried once more.
    state.update({"serial": order["serial"], "fails": 0})
    state.pop("back", None)
    rule.write(state)


def settle() -> None:
    """Find out at the start of a board whether a new interpreter runs on trial, runs for good, or was left again."""
    told = read()
    if not told:
        return
    if running() != told["to"]:
        slots.interpreter = name_of(told) if not told["kept"] else None
        _left(told)
        return
    if slots.heard and not told["kept"]:
        told["kept"] = True
        write(told)
    slots.interpreter, slots.tried = told["version"], not told["kept"]
    state = rule.read()
    if state["serial"] < told["serial"]:
        state["serial"] = told["serial"]
        rule.write(state)


def _left(told: dict) -> None:
    """The bootloader has left the interpreter that was tried, or somebody flashed another one, or it was never started."""
    state = rule.read()
    if state["serial"] < told["serial"]:
        return  # the power went before it could be started: the update goes on
    if not told["kept"]:
        slots.back = state["back"] = [told["version"], told["why"]]
        if not rule.write(state):
            return  # it is told at the next start
    if told["before"] and not told["kept"]:
        write({"version": told["before"], "serial": told["serial"], "to": running(), "before": None, "kept": True})
    else:
        os.remove(FILE)


def keep() -> None:
    """The gateway has a sample that was made under it: it runs from now on."""
    Partition.mark_app_valid_cancel_rollback()
    told = read()
    told["kept"] = True
    write(told)
    slots.tried = False


def lasted(up_s: int) -> str | None:
    """Why to restart, and thereby to go back, where the interpreter on trial had its time."""
    told = read()
    if up_s <= told.get("within_s", WITHIN_S):
        return None
    told["why"] = "time"
    write(told)
    return "interpreter: given up, no receipt in %d s" % up_s
