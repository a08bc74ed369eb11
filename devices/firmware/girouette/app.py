"""The application: makes the parts of the board, joins them, and runs one task for each thing that goes on."""

import asyncio
import gc
import json
import os

import machine

from micropython import const

import slots
from girouette.buses import Buses
from girouette.clock import Clock, Uptime
from girouette.commands import LATER, Commands
from girouette.config import Config
from girouette.doors import Doors
from girouette.health import Health
from girouette.led import Calls, Led, light_of
from girouette.log import note, tell_log, the_log
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

_ANSWER_MS = const(1500)
_NTP_AGAIN_S = const(3600)
_WELL_S = const(60)
"""A start that lasted so long without failing is a good one, even where nobody answers."""
_LONGEST_TRIAL_S = const(1000)
"""What is on trial and leaves no memory to judge it starts again after this long, which counts against it."""
LOOK_S = 10
"""How often it is looked whether a version on trial has had its time."""
_NTP_SOON_S = const(15)
"""After a failure, doubling up to an hour: looking up a name holds the loop, and the gateway tells the time too."""
_UPDATE_WORDS = const(4096)
"""Words of memory (16 KiB on a chip) that an update takes: where they are not there, none is begun beside the sensors."""
WANT_A_PERSON = ("wrong-password", "other-security", "login-page")
"""Why no network is joined, where waiting does not mend it."""


class Board:
    """All parts of one board, joined."""

    def __init__(self, config: Config, life=None):
        """`life` has the parts that a board on a battery began with."""
        self.config = config
        self.uptime = life.uptime if life else Uptime()
        self.clock = life.clock if life else Clock(self.uptime)
        self.numbers = life.numbers if life else Numbers()
        self.watchdog = Watchdog(config.watchdog_s * 1000 - GRACE_MS)
        self.link = Link(config.networks)
        self.doors = Doors(self, woken=life is not None and machine.reset_cause() == machine.DEEPSLEEP_RESET)
        self.led = Led(config.led, config.rgb)
        self.calls = Calls()
        spool = Spool("spool", config.spool_bytes)
        self.sender = Sender(
            config.topic, config.base_name, config.channels, self.numbers, self.clock, self.uptime, spool
        )
        self.buses = life.buses if life else Buses()
        self.sensors = life.sensors if life else [Sensor(w, self.buses) for w in config.sensors]
        self.inspector = Inspector(self)
        self.sampler = life.sampler if life else Sampler(self.sensors, config.period_s, self.uptime, self.sender.add)
        self.standing = slots.standing()
        self.updates = None
        self._first = self.numbers.ep, self._first_number(life.first if life else self.numbers.next)
        self._receipted = False
        self.commands = Commands(self.clock, self._actions())
        self.client = self._client()
        self.health = Health(self)
        self.reporter = Reporter(self, self.health)

    def begin(self) -> None:
        """Say who starts, and why."""
        config, numbers = self.config, self.numbers
        the_log.begin(numbers.boot, self.uptime, self.clock)
        note("girouette", config.firmware, config.device, config.recipe, "reset:", self.health.reset)
        print("# device:", config.device)
        print("# ep", numbers.ep, "boot", numbers.boot, "next", numbers.next)
        if self.health.crashed is not None:
            note("crash before:", self.health.crashed)

    def _actions(self) -> dict:
        return {
            "identify": lambda _: self.led.identify(),
            "sample": lambda _: self._sample(),
            "log": tell_log,
            "check": self.inspector.order,
            "configure": self._seldom,
            "update": self._update,
            "move": self._seldom,
            "reboot": lambda raw: self.restart("reboot", raw["id"]),
        }

    def _first_number(self, first: int) -> int:
        """The first sample of this start, or of the version on trial."""
        return slots.trial and decide("first_of_trial", self.numbers.ep, first) or first

    def _update(self, raw: dict) -> dict:
        try:
            return self._loaded_updates().order(raw)
        except MemoryError:
            self.make_room(raw)
            return LATER

    def make_room(self, order: dict | None = None) -> None:
        """Start again without sensors, and take the new version there: there is no memory for it beside them.

        Without an order it is the one that lies on disk.
        """
        self.updates = None
        for name in ("girouette.flashing", "girouette.update", "girouette.updates", "rule"):
            slots.unload(name)
        gc.collect()
        if exists(slots.ROOM):
            return  # the order was repeated: it restarts already
        if order is not None:
            with open("update.json", "w") as file:
                json.dump(order, file)
        with open(slots.ROOM, "w"):
            pass
        self.restart("update: it needs more memory")

    def _loaded_updates(self):
        if self.updates is None:
            held = [None] * _UPDATE_WORDS  # else it would be its last word, or another task's, for which there is no room
            from girouette.updates import Updates

            del held
            self.updates = Updates(self)
        return self.updates

    def _go_on(self) -> None:
        """Go on with an update that a restart interrupted."""
        try:
            self._loaded_updates().go_on()
        except MemoryError:
            self.make_room()

    def _client(self) -> Client:
        topic = self.config.topic
        will = (topic + "/state", json.dumps({"online": False}).encode())
        filters = [(topic + "/kept", 0), (topic + "/time", 0), (topic + "/cmd", 1), (topic + "/piece", 0)]
        client = Client(self.config.device, self.config.broker, will, filters, self.watchdog.spawn)
        client.secure(self.config, self.clock)
        client.on_message = self._heard
        client.on_connect = self._connected
        client.on_disconnect = self.sender.disconnected
        return client

    async def run(self) -> None:
        """Run until a task fails; what is in memory is then put on disk."""
        feed = machine.WDT(timeout=self.config.watchdog_s * 1000).feed
        await self.gather(feed, [("sampler", self.sampler.run), ("led", self.led.run)])

    async def gather(self, feed, works: list) -> None:
        """Run the tasks that every board has, and these."""
        spawn, watch = self.watchdog.spawn, self.watchdog.watch
        tasks = [
            spawn("link", self.link.run(watch("link"))),
            spawn("doors", self.doors.run(watch("doors"))),
            spawn("mqtt", self.client.run(self.link.up, watch("mqtt"))),
            spawn("sender", self.sender.run(self.client, watch("sender"))),
            spawn("reporter", self.reporter.run(watch("reporter"))),
            spawn("clock", self._keep_time(watch("clock"))),
            spawn("watchdog", self.watchdog.run(feed)),
        ]
        tasks.extend(spawn(name, work(watch(name) if name != "over" else None)) for name, work in works)
        try:
            await asyncio.gather(*tasks)
        finally:
            await self.sender.spill()

    @property
    def busy(self) -> bool:
        """Is something going on that a planned sleep would disturb?"""
        return self.doors.busy or self.updates is not None and self.updates.under_way

    async def _keep_time(self, beat) -> None:
        """Ask for the date soon after each start, then each hour; the light shows how well connected the board is."""
        due_s, wait_s, lasted_s = 0, _NTP_SOON_S, LOOK_S if slots.trying() else _WELL_S
        if exists("update.json"):
            self._go_on()
        while True:
            beat()
            if self.uptime.s() >= lasted_s:
                lasted_s = self.uptime.s() + LOOK_S if slots.trying() else 1 << 30
                self._lasted()
            self.led.pattern = self._light()
            self.inspector.glance()
            host = self.config.ntp
            if host and self.link.up() and self.uptime.s() >= due_s:
                learnt = await self._ask_ntp(host)
                due_s = self.uptime.s() + (_NTP_AGAIN_S if learnt else wait_s)
                wait_s = _NTP_SOON_S if learnt else min(2 * wait_s, _NTP_AGAIN_S)
            await asyncio.sleep_ms(500)

    def _light(self) -> str:
        faults = [s.name for s in self.sensors if s.fault is not None and s.fault != "warm-up"]
        if self.link.why in WANT_A_PERSON:
            faults.append("wifi")
        if self.client.trust is not None and self.client.trust.failing:
            faults.append("tls")
        calls = self.calls.hear(faults, self.uptime.s())
        kept = self.client.online and not self.sender.silent
        return light_of(joined=self.link.up(), kept=kept, calls=calls)

    async def _ask_ntp(self, host: str) -> bool:
        known = self.clock.known
        try:
            learnt = self.clock.learn_ntp(await ask(host))
        except OSError as error:
            note("ntp:", error)
            if not known:
                print("# clock: none")
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
            self._heard_receipt()
        elif channel == "piece":
            if self.updates is not None:
                self.updates.hear(payload)
        elif channel == "cmd":
            self.commands.heard(payload)
        elif channel == "time":
            self._told_time(payload)

    def _heard_receipt(self) -> None:
        """The first receipt for a sample of this start says that it turned out well."""
        ep, first = self._first
        if self._receipted or not self.sender.receipts.beyond(
            self.numbers.ep, first - 1 if ep == self.numbers.ep else 0
        ):
            return
        awake = (slots.tried or slots.moving) and self.config.batch
        self._receipted = decide("receipted") or (slots.trying() and slots.hear())
        if self._receipted and self.standing.pop("trial", False):
            self.reporter.connected()  # who updates a board waits for this
            if awake:
                self.restart("it is kept: asleep between samples again")

    def _lasted(self) -> None:
        why = decide("lasted", self.uptime.s())
        if why is False and slots.trying() and self.uptime.s() > _LONGEST_TRIAL_S:
            why = "update: no memory to judge it"
        if why:
            self.restart(why)

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

    def _seldom(self, raw: dict) -> None:
        """Obey an order after which the board restarts; what does it is loaded for that moment."""
        try:
            from girouette import orders

            done = getattr(orders, raw["do"])(raw, self.config)
        finally:
            slots.unload("girouette.orders")
        self.restart(done, raw["id"])

    def restart(self, why: str, command=None) -> None:
        """Put what is in memory on disk and begin anew, once the answer to the command had the time to leave."""
        note("restart:", why)
        if command is not None:
            self.commands.outlive(command)
        self.watchdog.spawn("restart", self._restart())

    async def _restart(self) -> None:
        await asyncio.sleep_ms(_ANSWER_MS)
        gc.collect()
        try:
            await self.sender.spill()
        except MemoryError:  # what is younger than the last receipt goes; a board that never restarts is worse
            print("# restart: no memory to put on disk what waits")
        machine.reset()


def decide(what: str, *given):
    """What `probation` says to this; it is loaded for the moment, since a small board has no room for it all the time.

    False where there is no room for it now either: it is asked again.
    """
    gc.collect()
    try:
        from girouette import probation

        told = getattr(probation, what)(*given)
    except MemoryError:
        told = False
    slots.unload("girouette.probation")
    for name in ("girouette.interpreter", "girouette.moving", "girouette.seal", "girouette.settings", "rule"):
        slots.unload(name)
    return told


def exists(name: str) -> bool:
    """Is there a file of this name?"""
    try:
        os.stat(name)
    except OSError:
        return False
    return True


def run(config: Config) -> None:
    """Run the board as its configuration says; returns only by an error."""
    board = Board(config)
    board.begin()
    asyncio.run(board.run())
