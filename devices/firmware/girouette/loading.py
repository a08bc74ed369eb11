"""What the board is told, read and checked once at boot: `config.json`, who it is (settings.py) and what was changed from afar.

Loaded for that moment only: whoever has the configuration unloads this.
"""

import json
import os

import slots
from girouette.config import GOOD, Config

VERSION = 1
ORDER = "order.json"
"""An order to move to another broker, which waits for this start (moving.py)."""


class ConfigError(ValueError):
    """The configuration cannot be used; the message says what to do."""

    led = rgb = None
    """The pins of the light by which the board asks for somebody, where they are known."""


class NoIdentity(ConfigError):
    """Nobody has said yet who this board is."""

    def __init__(self, raw: dict):
        super().__init__("this board has no identity yet: flash it with `girouette flash` or from the page /atelier")
        self.led, self.rgb = raw.get("led"), raw.get("rgb")


def load_config(path: str = "config.json") -> Config:
    """Read the configuration, or raise ConfigError with a sentence that says what to do."""
    try:
        with open(path) as file:
            raw = json.load(file)
    except (OSError, ValueError) as error:
        raise ConfigError("%s cannot be read (%s): flash the board again" % (path, error))
    if not isinstance(raw, dict):
        raise ConfigError("%s is no table of settings: flash the board again" % path)
    if raw.get("v") != VERSION:
        raise ConfigError("%s is of version %s, this firmware reads %d: flash again" % (path, raw.get("v"), VERSION))
    try:
        be_someone(raw)
        raw.update(changed())
        config = Config(raw)
    except (LookupError, TypeError, AttributeError) as error:
        raise ConfigError("%s lacks %s: flash the board again" % (path, error))
    if config.period_s < 1:
        raise ConfigError("%s: period_s is %s, at least 1 is needed" % (path, config.period_s))
    return config


def changed() -> dict:
    """What was changed from afar."""
    from girouette.changes import changes

    slots.unload("girouette.changes")
    return changes()


def be_someone(raw: dict) -> None:
    """Add who this board is, and the networks that it knows, but what an update has set (`set`)."""
    from girouette.settings import setting, still_set

    try:
        told, networks, moves = setting("identity") or {}, setting("wifi"), setting("trial") is not None
    except (OSError, ValueError) as error:
        raise ConfigError("NVS cannot be read (%s): flash the board again" % error)
    finally:
        slots.unload("girouette.settings")
    if networks is not None:
        told["wifi"] = networks
    stays = still_set(raw, told)
    for name in told:
        if name not in stays:
            raw[name] = told[name]
    if "device" not in raw:
        raise NoIdentity(raw)
    if slots.safe is None and (moves or waits(ORDER)):
        from girouette import moving

        moving.settle(raw)
        for name in ("girouette.moving", "girouette.seal", "girouette.settings", "rule"):
            slots.unload(name)


def waits(name: str) -> bool:
    """Is there a file of this name?"""
    try:
        os.stat(name)
    except OSError:
        return False
    return True


def usable_config(path: str) -> Config:
    """The configuration, or the last good one where it is spoilt; that of a version on trial has to be sound itself."""
    try:
        return load_config(path)
    except ConfigError as error:
        if slots.trial or isinstance(error, NoIdentity):
            raise
        print("# config:", error)
        slots.spoilt = True
        return load_config(GOOD)
