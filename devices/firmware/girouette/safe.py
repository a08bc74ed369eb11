"""Safe mode: network, commands and updates, no sensors; where a board is that failed to start too often, so that nobody climbs.

What waits in its spool stays there. It tries to start as ever after a minute, since what was wrong may have passed (a power line
that failed six times in a row harms nothing), or when it is told to (`reboot`). If that fails it is back here, twice as long.
"""

import asyncio
import gc
import json
import os
import random
import time

import machine

from micropython import const

import rule
import slots
from girouette import crash
from girouette.clock import Clock, Uptime
from girouette.commands import Commands
from girouette.config import Config
from girouette.doors import Doors
from girouette.led import Led
from girouette.log import note, tell_log, the_log
from girouette.mqtt import Client
from girouette.net import Link
from girouette.updates import Updates
from girouette.watchdog import GRACE_MS, Watchdog

_WELL_S = const(60)
"""So long a board stays here the first time before it tries to start with its sensors, twice as long each time after that."""
LONGEST_S = 1800
_TELL_MS = const(60000)
NO_CLOCK_MS = 3000


class Board:
    """What is left of a board in safe mode."""

    def __init__(self, config: Config):
        self.config = config
        self.uptime = Uptime()
        self.clock = Clock(self.uptime)
        self.watchdog = Watchdog(config.watchdog_s * 1000 - GRACE_MS)
        self.link = Link(config.networks)
        self.led = Led(config.led, config.rgb)
        self.led.pattern = "needs-you"
        self.crashed = crash.last()
        self.updates = Updates(self)
        self._stays = rule.read().get("stays", 0)
        self.commands = Commands(self.clock, self._actions())
        self.client = self._client()
        self._due_ms = 0

    def _actions(self) -> dict:
        return {
            "identify": lambda _: self.led.identify(),
            "log": tell_log,
            "update": self.updates.order,
            "reboot": self._try_again,
        }

    def _client(self) -> Client:
        topic = self.config.topic
        will = (topic + "/state", json.dumps({"online": False}).encode())
        filters = [(topic + "/time", 0), (topic + "/cmd", 1), (topic + "/piece", 0)]
        client = Client(self.config.device, self.config.broker, will, filters, self.watchdog.spawn)
        client.secure(self.config, self.clock)
        client.on_message = self._heard
        client.on_connect = self._connected
        return client

    async def run(self) -> None:
        """Run until a task fails, or until it is time to try again."""
        spawn, watch = self.watchdog.spawn, self.watchdog.watch
        await asyncio.gather(
            spawn("link", self.link.run(watch("link"))),
            spawn("doors", Doors(self).run(watch("doors"))),
            spawn("mqtt", self.client.run(self.link.up, watch("mqtt"))),
            spawn("led", self.led.run(watch("led"))),
            spawn("tell", self._tell(watch("tell"))),
            spawn("watchdog", self.watchdog.run(machine.WDT(timeout=self.config.watchdog_s * 1000).feed)),
        )

    async def _tell(self, beat) -> None:
        """Say that the board is there, and what is wrong; leave when it is time."""
        self.updates.go_on()
        while not self._leaves():
            beat()
            if self.client.online:
                try:
                    await self._say()
                except OSError:
                    pass  # the connection ended: the next one announces the board again
            await asyncio.sleep_ms(200)
        note("safe mode: as ever once more")
        leave(self._stays)
        machine.reset()

    def _leaves(self) -> bool:
        up_s = self.uptime.s()
        if self.updates.under_way:
            return False
        if slots.safe == "update":
            return up_s >= _WELL_S  # nothing came of it
        if up_s == _WELL_S:
            rule.well(rule.FAILS, self._stays)
        return up_s >= stay_s(self._stays)

    async def _say(self) -> None:
        now_ms = self.uptime.ms()
        for answer in self.commands.answers():
            await self._publish("ack", answer)
        if now_ms >= self._due_ms:
            self._due_ms = now_ms + (_TELL_MS if self.clock.known else NO_CLOCK_MS)
            await self._publish("state", self.state(), retain=True)
            await self._publish("health", self.figures())

    async def _publish(self, channel: str, told: dict, *, retain: bool = False) -> None:
        qos = 0 if channel == "health" else 1
        await self.client.publish(self.config.topic + "/" + channel, json.dumps(told).encode(), qos, retain)

    def state(self) -> dict:
        """What the board says on `state`."""
        config = self.config
        told = {"online": True, "firmware": config.firmware, "recipe": config.recipe, "up": self.uptime.s()}
        told.update({"safe": True, "why": slots.safe})
        return told

    def figures(self) -> dict:
        """What the board says on `health`."""
        told = {"up": self.uptime.s(), "free": gc.mem_free(), "signal": self.link.signal_dbm(), "safe": 1}
        told["firmware"], told["connects"] = self.config.firmware, self.client.connects
        if self.link.told is not None:
            told["wifi"] = self.link.told
        if self.client.trust is not None and self.client.trust.refused is not None:
            told["tls"] = self.client.trust.refused
        if self.crashed is not None:
            told["crash"] = self.crashed
        if self.updates.why is not None:
            told["update"] = self.updates.why
        return told

    def _connected(self) -> None:
        note("connected")
        self._due_ms = 0

    def _heard(self, topic: str, payload: bytes) -> None:
        channel = topic[topic.rfind("/") + 1 :]
        if channel == "piece":
            self.updates.hear(payload)
        elif channel == "cmd":
            self.commands.heard(payload)
        elif channel == "time":
            self._told_time(payload)

    def _told_time(self, payload: bytes) -> None:
        try:
            told = json.loads(payload)
            self.clock.learn_time(told["now"], told["up"])
        except (ValueError, KeyError, TypeError):
            return

    def _try_again(self, raw: dict) -> None:
        rule.well()
        self.restart("reboot", raw["id"])

    def restart(self, why: str, command=None) -> None:
        """Begin anew, once the answer to the command had the time to leave."""
        note("restart:", why)
        if command is not None:
            self.commands.outlive(command)
        self.watchdog.spawn("restart", restart())


def stay_s(stays: int) -> int:
    """How long a board stays here that was here so many times since it last ran well."""
    return min(LONGEST_S, _WELL_S << min(stays, 5))


def leave(stays: int) -> None:
    """Count the next start as the last one that may fail."""
    if slots.safe == "update":
        rule.well()
    else:
        rule.well(rule.FAILS - 1, stays + 1)


async def restart() -> None:
    """Restart in a moment."""
    await asyncio.sleep_ms(1500)
    machine.reset()


def run(path: str) -> None:
    """Run in safe mode as the configuration says, or as the last good one; without any, wait for a person."""
    random.seed(int.from_bytes(os.urandom(4), "big"))
    from girouette import loading

    try:
        config = loading.usable_config(path)
    except loading.ConfigError as error:
        from girouette import alone

        stays = rule.read().get("stays", 0)
        alone.run(error, error.led, error.rgb, stay_s(stays))
        leave(stays)
        return
    slots.unload("girouette.loading")
    board = Board(config)
    print("# device:", board.config.device)
    the_log.begin(0, board.uptime, board.clock)
    note("safe mode:", slots.safe, board.config.firmware, "crash before:", board.crashed)
    asyncio.run(board.run())
