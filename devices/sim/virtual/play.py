"""Plays one boot of a board in virtual time: `session.json` says what happens, `transcript` what was said."""

import builtins
import gc
import json
import os
import sys
import time

import ballast
import machine
from broker import the_broker
from gateway import the_gateway
from gauge import Gauge, attach
from script import the_script

LEAVES_SAFE_MODE = ("safe mode: as ever once more",)
"""The last that a board says in safe mode, which it leaves by a reset."""
leaves_safe_mode = False

with open("../session.json") as file:
    told = json.load(file)
time.begin(told["unix_ms"] + told["begins_ms"])
os.seed(told["seed"] + told["begins_ms"])
the_script.open(told, open("../transcript", "a") if told["transcript"] else None)
the_script.perform_event = lambda what, rest: perform(what, rest)
if told["gateway"]:
    the_gateway.open()
    the_broker.on_said, the_broker.on_joined = the_gateway.hear, the_gateway.joined
    the_script.each_second, the_script.at_end = the_gateway.tick, the_gateway.close


if told.get("bridge"):
    from bridge import Bridge

    bridge = Bridge(*told["bridge"])
    the_broker.on_said, the_broker.on_joined = bridge.hear, bridge.joined
    the_script.each_second, the_script.at_end = bridge.tick, lambda: bridge.tell_end("time")


def perform(what: str, rest: list) -> None:
    """An event of the script: of the gateway, or of the broker."""
    if what == "gateway":
        the_gateway.runs = rest[0] == "up"
    else:
        the_broker.perform(what, rest)


def hear_console(text, *more, **how) -> None:
    """Print as ever; a sample that was dropped is part of the session."""
    global leaves_safe_mode
    the_print(text, *more, **how)
    leaves_safe_mode = more == LEAVES_SAFE_MODE
    if text == "D":
        the_script.tell("drops", *more)


def reset() -> None:
    """A board that fails fails its session; one that leaves safe mode has not failed."""
    if told.get("bridge") and leaves_safe_mode:
        bridge.tell_end("safe mode")
        sys.exit(0)
    sys.exit(3)


def lose_power() -> None:
    """The flash has died in the middle of an operation: so has the board, at the end of this step at the latest."""
    bridge.tell_end("operation")
    builtins.print = be_silent
    the_script.ends_ms = 0
    sys.exit(0)


def be_silent(*words, **how) -> None:
    """A board without power prints nothing."""


def lay_disk(path: str, blocks: int, dies_at: int) -> None:
    """Make a littlefs image the board's disk; a fresh one gets the configuration. The firmware itself lies elsewhere."""
    import vfs

    from flashchip import FlashFile

    flash = FlashFile(path, blocks)
    with open("config.json") as file:
        config = file.read()
    if flash.fresh:
        vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/disk")
    os.chdir("/disk")
    if flash.fresh:
        with open("config.json", "w") as file:
            file.write(config)
    flash.dies_after(dies_at, lose_power)


the_print, builtins.print = print, hear_console
machine.reset = reset

print("# heap:", ballast.leave(told["free"]), "bytes free at power-on")
if told["health_ms"]:
    from girouette import reporter

    reporter.HEALTH_MS = told["health_ms"]
if told["gauge"]:
    attach(Gauge())
if told.get("disk"):
    lay_disk(*told["disk"])

import boot  # noqa: E402, F401

if told.get("disk"):
    gc.threshold(1 << 20)  # days are to be played, on a heap that is not a board's
import main  # noqa: E402, F401
