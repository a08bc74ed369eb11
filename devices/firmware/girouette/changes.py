"""What an operator changed from afar: `changes.json` beside `config.json`, for the few settings that may be changed so."""

import json
import os

FILE = "changes.json"
ALLOWED = {"period_s": (1, 86400), "batch": (0, 60)}
"""The lowest and highest value of each."""


def changes(path: str = FILE) -> dict:
    """What was changed; nothing where the file is torn, or not there."""
    try:
        with open(path) as file:
            told = json.load(file)
        return {name: told[name] for name in told if reason(name, told[name]) is None}
    except (OSError, ValueError, TypeError, LookupError):
        return {}


def change(wanted: dict, path: str = FILE) -> str | None:
    """Keep these settings, None taking one back; afterwards all are kept, or one word says why none is."""
    for name in wanted:
        why = reason(name, wanted[name])
        if why == "unknown-setting" or why is not None and wanted[name] is not None:
            return why
    told = changes(path)
    told.update(wanted)
    try:
        with open(path + ".new", "w") as file:
            json.dump({name: told[name] for name in told if told[name] is not None}, file)
        os.rename(path + ".new", path)
    except OSError:
        return "disk"
    return None


def reason(name: str, value) -> str | None:
    """Why a setting cannot be so: unknown-setting, bad-value; None where it can."""
    if name not in ALLOWED:
        return "unknown-setting"
    low, high = ALLOWED[name]
    return None if isinstance(value, int) and low <= value <= high else "bad-value"
