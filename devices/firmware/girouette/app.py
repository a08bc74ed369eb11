"""The application: makes the parts of the board, joins them, and runs one task for each thing that goes on."""

import asyncio
import json
import os
import random

import machine

from girouette import crash
from girouette.buses import Buses
from girouette.clock import Clock, Uptime
from girouette.commands import Commands, Refused
from girouette.config import Config, load_config
from girouette.health import Health
from girouette.led import Calls, Led, light_of
from girouette.log import note, the_log
from girouette.mqtt import Client
from girouette.net import Link
from girouette.numbers import Numbers
from girouette.reporter import Reporter
from girouette.sampler import Sampler
from girouette.sender import Sender
from girouette.sensor import Sensor
from girouette.sntp import ask
from girouette.spool import Spool
from girouette.watchdog import GRACE_MS, Watchdog
from girouette.wiring import Inspector

ANSWER_MS = 1500
NTP_AGAIN_S = 3600
NTP_SOON_S = 15
"""After a failure, doubling up to an hour: looking up a name holds the loop, and the gateway tells the time too."""


class Board:
    """All parts of one board, joined."""

    def __init__(self, config: Config):
        self.config = config
        self.uptime = Uptime()
        self.clock = Clock(self.uptime)
        self.numbers = Numbers()
        self.watchdog = Watchdog(config.watchdog_s * 1000 - GRACE_MS)
        self.link = Link(config.networks)
        self.led = Led(config.led, config.rgb)
        self.calls = Calls()
        spool = Spool("spool", config.spool_bytes)
        self.sender = Sender(
            config.topic, config.base_name, config.channels, self.numbers, self.clock, self.uptime, spool
        )
        self.buses = Buses()
        self.sensors = [Sensor(w, self.buses) for w in config.sensors]
        self.inspector = Inspector(self)
        self.sampler = Sampler(self.sensors, config.period_s, self.uptime, self.sender.add)
        self.commands = Commands(self.clock, self._actions())
        self.client = self._client()
        self.health = Health(self, crash.last())
        self.reporter = Reporter(self, self.health)

    def _actions(self) -> dict:
        return {
            "identify": lambda _: self.led.identify(),
            "sample": lambda _: self._sample(),
            "log": tell_log,
            "check": self.inspector.order,
            "configure": self._configure,
            "reboot": lambda raw: self.restart("reboot", raw["id"]),
        }

    def _client(self) -> Client:
        topic = self.config.topic
        will = (topic + "/state", json.dumps({"online": False}).encode())
        filters = [(topic + "/kept", 0), (topic + "/time", 0), (topic + "/cmd", 1)]
        client = Client(self.config.device, self.config.broker, will, filters, self.watchdog.spawn)
        client.on_message = self._heard
        client.on_connect = self._connected
        client.on_disconnect = self.sender.disconnected
        return client

    async def run(self) -> None:
        """Run until a task fails; what is in memory is then put on disk."""
        spawn, watch = self.watchdog.spawn, self.watchdog.watch
        tasks = [
            spawn("link", self.link.run(watch("link"))),
            spawn("mqtt", self.client.run(self.link.up, watch("mqtt"))),
            spawn("sampler", self.sampler.run(watch("sampler"))),
            spawn("sender", self.sender.run(self.client, watch("sender"))),
            spawn("reporter", self.reporter.run(watch("reporter"))),
            spawn("clock", self._keep_time(watch("clock"))),
            spawn("led", self.led.run(watch("led"))),
            spawn("watchdog", self.watchdog.run(machine.WDT(timeout=self.config.watchdog_s * 1000).feed)),
        ]
        try:
            await asyncio.gather(*tasks)
        finally:
            await self.sender.spill()

    async def _keep_time(self, beat) -> None:
        """Ask for the date soon after each start, then each hour; the light shows how well connected the board is."""
        due_s, wait_s = 0, NTP_SOON_S
        while True:
            beat()
            self.led.pattern = self._light()
            self.inspector.glance()
            host = self.config.ntp
            if host and self.link.up() and self.uptime.s() >= due_s:
                learnt = await self._ask_ntp(host)
                due_s = self.uptime.s() + (NTP_AGAIN_S if learnt else wait_s)
                wait_s = NTP_SOON_S if learnt else min(2 * wait_s, NTP_AGAIN_S)
            await asyncio.sleep_ms(500)

    def _light(self) -> str:
        faults = [s.name for s in self.sensors if s.fault is not None and s.fault != "warm-up"]
        calls = self.calls.hear(faults, self.uptime.s())
        kept = self.client.online and not self.sender.silent
        return light_of(joined=self.link.up(), kept=kept, calls=calls)

    async def _ask_ntp(self, host: str) -> bool:
        known = self.clock.known
        try:
            learnt = self.clock.learn_ntp(await ask(host))
        except OSError as error:
            note("ntp:", error)
            return False
        if learnt and not known:
            self.sender.clock_learnt()
        return learnt

    def _connected(self) -> None:
        note("connected")
        self.sender.connected()
        self.reporter.connected()

    def _heard(self, topic: str, payload: bytes) -> None:
        channel = topic[topic.rfind("/") + 1 :]
        if channel == "kept":
            self.sender.heard(payload)
        elif channel == "cmd":
            self.commands.heard(payload)
        elif channel == "time":
            self._told_time(payload)

    def _told_time(self, payload: bytes) -> None:
        try:
            told = json.loads(payload)
            now_s, up_s = told["now"], told["up"]
        except (ValueError, KeyError, TypeError):
            return
        known = self.clock.known
        if self.clock.learn_time(now_s, up_s) and not known:
            self.sender.clock_learnt()

    def _sample(self) -> None:
        self.sampler.asked = True

    def _configure(self, raw: dict) -> None:
        from girouette.changes import change

        wanted = raw.get("set")
        why = change(wanted) if isinstance(wanted, dict) else "bad-value"
        if why is not None:
            raise Refused(why)
        self.restart("configured", raw["id"])

    def restart(self, why: str, command) -> None:
        """Put what is in memory on disk and begin anew, once the answer to the command had the time to leave."""
        note("restart:", why)
        self.commands.outlive(command)
        self.watchdog.spawn("restart", self._restart())

    async def _restart(self) -> None:
        await asyncio.sleep_ms(ANSWER_MS)
        await self.sender.spill()
        machine.reset()


def tell_log(raw: dict) -> dict:
    """A piece of the diary, from the place that is asked for on."""
    start = raw.get("from")
    text, after, end = the_log.read(start if isinstance(start, int) else 0)
    return {"text": text, "next": after, "end": end}


def run(path: str = "config.json") -> None:
    """Run the board as its configuration says; returns only by an error."""
    random.seed(int.from_bytes(os.urandom(4), "big"))
    config = load_config(path)
    board = Board(config)
    the_log.begin(board.numbers.boot, board.uptime, board.clock)
    note("girouette", config.firmware, config.device, config.recipe, "reset:", board.health.reset)
    print("# ep", board.numbers.ep, "boot", board.numbers.boot, "next", board.numbers.next)
    if board.health.crashed is not None:
        note("crash before:", board.health.crashed)
    asyncio.run(board.run())
