"""Plays one boot of a board in virtual time: `session.json` says what happens, `transcript` what was said."""

import builtins
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


def perform(what: str, rest: list) -> None:
    """An event of the script: of the gateway, or of the broker."""
    if what == "gateway":
        the_gateway.runs = rest[0] == "up"
    else:
        the_broker.perform(what, rest)


def hear_console(text, *more, **how) -> None:
    """Print as ever; a sample that was dropped is part of the session."""
    the_print(text, *more, **how)
    if text == "D":
        the_script.tell("drops", *more)


def reset() -> None:
    """A board that fails fails its session."""
    sys.exit(3)


the_print, builtins.print = print, hear_console
machine.reset = reset

print("# heap:", ballast.leave(told["free"]), "bytes free at power-on")
if told["gauge"]:
    attach(Gauge())

import boot  # noqa: E402, F401
import main  # noqa: E402, F401
