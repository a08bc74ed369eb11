"""Whether this start turns out well: a version on trial is kept once the gateway has a sample of it, and given up in time.

What counts is a receipt: a version that starts, connects and measures nothing has not shown that it works. Loaded at the few
moments when something is decided.
"""

import os

from micropython import const

import rule
import slots
from girouette.config import GOOD
from girouette.log import note

WITHIN_S = 900
_WELL_S = const(60)
"""A start that lasted so long is none that failed, even where another broker is on trial and does not answer."""


def first_of_trial(ep: int, following: int) -> int:
    """Which was the first sample that the version on trial made, in whichever of its starts?"""
    state = rule.read()
    known, first = state.get("first") or (None, 0)
    if known == ep:
        return first
    state["first"] = [ep, following]
    rule.write(state)
    return following


def receipted() -> bool:
    """The gateway has a sample of this start: a version on trial is kept from now on. False where the disk refuses."""
    if slots.moving:
        from girouette import moving

        try:
            moving.keep()
        except (OSError, ValueError) as error:
            note("move: not kept,", error)
            return False
    if slots.tried:
        from girouette import interpreter

        try:
            interpreter.keep()
        except OSError as error:
            note("interpreter: not kept,", error)
            return False
        note("interpreter: kept")
    if slots.trial:
        if not rule.keep():
            return False
        slots.trial = False
        note("update: kept")
    else:
        rule.well()
    if not slots.spoilt:
        keep_config(slots.path("config.json"))
    return True


def lasted(up_s: int) -> str | None:
    """This start has lasted a while: failed ones are forgotten. Why to restart, where a version on trial had its time."""
    if slots.tried:
        from girouette import interpreter

        return interpreter.lasted(up_s)
    if slots.moving:
        from girouette import moving

        why = moving.lasted(up_s)
        if why is not None or up_s < _WELL_S:
            return why
    if not slots.trial:
        rule.well()
        return None
    if up_s <= rule.read().get("within_s", WITHIN_S):
        return None
    slots.trial = False
    rule.give_up(rule.read(), "time")
    return "update: given up, no receipt in %d s" % up_s


def keep_config(path: str) -> None:
    """Keep a copy of this configuration, where it is not the one that is kept already."""
    try:
        with open(path, "rb") as file:
            now = file.read()
        if now != kept_config():
            with open(GOOD + ".new", "wb") as file:
                file.write(now)
            os.rename(GOOD + ".new", GOOD)
    except (OSError, MemoryError) as error:
        note("config: no copy kept,", error)


def kept_config() -> bytes:
    """The copy, or nothing."""
    try:
        with open(GOOD, "rb") as file:
            return file.read()
    except OSError:
        return b""
