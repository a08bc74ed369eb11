"""One board, from its plug to its first stored value: found, recognised, written or compared, named, restarted, heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deploy.faults import CommandError
from deploy.flashing import cable, esptool, mpremote
from deploy.flashing.first import Gateway, Stored, first_reading
from deploy.flashing.kept import Kept, kept_on, refreshed, renewed
from deploy.flashing.ports import Lister, Port, boards
from deploy.flashing.wish import Who, Wish, decide, fitting, recipe_of, wired_as

if TYPE_CHECKING:
    from deploy.flashing.enrolling import Enrolling
    from devices.flash.parts import Part
    from devices.image import Image
    from devices.recipe import Recipe
    from gateway.store.port import Store

STEPS = {"look": 4, "make": 4, "write": 66, "restart": 4, "first": 10, "second": 8, "stored": 4}
"""What is done, in order, and how much of the bar it takes."""
CLOCKS_S = 5
"""So far a board's clock and this computer's may differ."""
Speak = Callable[[str, float], object]
"""Hears which step is under way, and how far it is, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """What every board is flashed with."""

    enrolling: Enrolling
    store: Callable[[], Store]
    """Opens the store in which the first reading is looked for."""
    interpreter: Callable[[str], bytes]
    """MicroPython for a kind of board."""
    changed: Callable[[], object] = lambda: None
    """Told when the registry has another device: the broker's accounts are written anew."""
    lister: Lister = boards
    """Lists the boards that are plugged in: one may come back under another port."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a board."""

    port: str
    device: str
    recipe: str
    board: str
    how: str
    """`whole`: everything was written; `renewed`: all but who it is and what waits on it; `pushed`: what differed; `same`: nothing did."""
    new: bool
    page: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    """How long each step took."""
    cable: Mapping[str, float] = field(default_factory=dict)
    """The first values, as the board told them on its cable."""
    stored: Stored | None = None
    """The readings at the gateway; None where nobody waited for them."""


@dataclass(frozen=True, slots=True)
class Made:
    """A board that was written and has its identity."""

    who: Who
    device: str
    board: str
    how: str


class Watch:
    """Tells how far a board is, and measures its steps."""

    def __init__(self, speak: Speak) -> None:
        self._speak = speak
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[Callable[[float], object]]:
        """A step of STEPS: gives a function that says how far it is."""
        began = time.monotonic()
        self._speak(name, 0.0)
        yield lambda share: self._speak(name, share)
        self.done(name, time.monotonic() - began)

    def done(self, name: str, took_s: float) -> None:
        """A step is done, after so many seconds."""
        self.seconds[name] = round(self.seconds.get(name, 0.0) + took_s, 2)
        self._speak(name, 1.0)


def flash(port: Port, wish: Wish, bench: Workbench, speak: Speak = lambda _step, _share: None) -> Done:
    """Afterwards the board runs this installation's firmware as a device of the registry, and has sent.

    Raises FlashError, RegistryError, RefusalError and StoreError with a sentence that says what to do.
    """
    from gateway.registry.enrol import page_of

    watch, since_s = Watch(speak), int(time.time()) - CLOCKS_S
    with watch.step("look"):
        found = None if wish.whole else answering(port.path)
    pushes = found is not None and found.usable and fit_for_push(found)
    made = by_repl(port, found, wish, bench, watch) if found and pushes else by_loader(port, wish, bench, watch)
    link = bench.enrolling.registry.identities.device(made.device).link
    done = Done(
        port=port.path, device=made.device, recipe="+".join(made.who.slugs), board=made.board, how=made.how,
        new=not made.who.keeps, page=page_of(link, bench.enrolling.public_url), seconds=watch.seconds,
    )  # fmt: skip
    if wish.wait_s is None:
        return done
    life = ticks(port, done.device, wish.wait_s, bench, watch)
    with watch.step("stored"), closing(bench.store()) as store:
        stored = first_reading(Gateway(bench.enrolling.registry, store), done.device, since_s=since_s)
    return replace(done, cable=dict(life.values), stored=stored)


def answering(port: str) -> mpremote.Found | None:
    """The board, if MicroPython answers there."""
    return mpremote.look(port) if mpremote.answers(port) else None


def fit_for_push(found: mpremote.Found) -> bool:
    """Is the firmware on it ours, or the disk as good as empty? Another project's board is written anew, whole."""
    return found.ours or "/main.py" not in found.files


def by_repl(port: Port, found: mpremote.Found, wish: Wish, bench: Workbench, watch: Watch) -> Made:
    """Copy what differs to a board that has MicroPython, and name it where it is new."""
    enrolling = bench.enrolling
    with watch.step("make"):
        who = becomes(found.device, found.mac, wish, enrolling)
        recipes = recipes_of(who, enrolling)
        kind = found.kind or (wired_as(recipes, found.wiring) if who.keeps else None)
        board = fitting(recipes, kind, wish, port.path)
        enrolled = None if who.keeps else enrolling.enrol(found.mac, who, wish)
        image = enrolling.image(who.slugs, board, wish, enrolled)
        changes = mpremote.differences(image.files, found.files)
    with watch.step("write") as share:
        count = max(1, len(changes.written))
        mpremote.push(port.path, given_to(who, found, image, enrolling), changes, lambda n: share(n / count))
    if enrolled is not None:
        named(bench, enrolled.id, found.mac)
    with watch.step("restart"):
        mpremote.restart(port.path)
    how = "pushed" if changes or enrolled is not None else "same"
    return Made(who, enrolled.id if enrolled is not None else found.device or "?", board, how)


def given_to(who: Who, found: mpremote.Found, image: Image, enrolling: Enrolling) -> mpremote.Given:
    """What a board with MicroPython is to have in the end."""
    where = enrolling.where
    broker = {"host": where.host, "port": where.port} if who.keeps else {}
    fresh = not who.keeps and found.device is not None
    return mpremote.Given(image.files, image.settings, enrolling.networks, broker, fresh)


def by_loader(port: Port, wish: Wish, bench: Workbench, watch: Watch) -> Made:
    """Write the whole flash by esptool; a board that is a device already stays it, with what waits on it."""
    enrolling = bench.enrolling
    with watch.step("look"):
        chip = esptool.look(port.path)
        loader = esptool.Loader(port.path, chip.kind, chip.flash_bytes, no_stub=wish.no_stub)
        kept = kept_on(loader)
        who = becomes(kept.device if kept else None, chip.mac, wish, enrolling)
        board = fitting(recipes_of(who, enrolling), chip.kind, wish, port.path)
    with watch.step("make"):
        todo = to_write(enrolling.image(who.slugs, board, wish), loader, bench, kept if who.keeps else None)
        enrolled = None if who.keeps else enrolling.enrol(chip.mac, who, wish)  # now that nothing is left to refuse
        if enrolled is not None:
            todo = with_identity(todo, enrolling.image(who.slugs, board, wish, enrolled))
    with watch.step("write") as share:
        loader.write(todo, share)
    if enrolled is not None:
        named(bench, enrolled.id, chip.mac)
    return Made(who, enrolled.id if enrolled else who.device or "?", board, "whole" if enrolled else "renewed")


def to_write(image: Image, loader: esptool.Loader, bench: Workbench, kept: Kept | None) -> list[Part]:
    """The parts of a board's flash: of a new device, without its identity yet, or of one that stays who it is."""
    from devices.flash.parts import parts

    fresh = parts(bench.interpreter(loader.kind), image, loader.kind, loader.flash_bytes)
    if kept is None:
        return fresh
    settings = refreshed(kept.settings, bench.enrolling.where, bench.enrolling.networks)
    return renewed(kept, fresh, image, loader, settings=settings)


def with_identity(todo: Sequence[Part], image: Image) -> list[Part]:
    """The same parts, with the settings that make a board this device."""
    from devices.flash.parts import Part, make_nvs

    nvs = next(part for part in todo if part.name == "nvs")
    mine = Part(nvs.name, nvs.offset, make_nvs(image.settings, len(nvs.content)))
    return [mine if part.name == "nvs" else part for part in todo]


def named(bench: Workbench, device: str, mac: str) -> None:
    """The board has taken its identity: it may come in."""
    bench.enrolling.finished(device, mac)
    bench.changed()


def ticks(port: Port, device: str, within_s: float, bench: Workbench, watch: Watch) -> cable.Heard:
    """The board's two ticks: it measures, and the gateway has it. Raises FlashError."""
    last = time.monotonic()

    def told(life: cable.Heard) -> None:
        nonlocal last
        for name, come in (("first", life.first or life.second), ("second", life.second)):
            if come and name not in watch.seconds:
                watch.done(name, time.monotonic() - last)
                last = time.monotonic()

    return cable.watch(port, bench.enrolling.where, device, within_s=within_s, told=told, lister=bench.lister)


def becomes(there: str | None, mac: str, wish: Wish, enrolling: Enrolling) -> Who:
    """What becomes of a board; one that a flashing has left half written is as good as new, and of the same recipe. Raises FlashError."""
    begun = enrolling.begun(mac)
    if begun is not None and there in {None, begun.id}:
        there, wish = None, replace(wish, slugs=wish.slugs or recipe_of(begun))
    return decide(there, wish, {row.id: row for row in enrolling.registry.devices()})


def recipes_of(who: Who, enrolling: Enrolling) -> list[Recipe]:
    """The recipes of a device. Raises CommandError for one that is not here."""
    for slug in who.slugs:
        if slug not in enrolling.recipes:
            raise CommandError("unknown_recipe", slug=slug, choices=", ".join(enrolling.recipes))
    return [enrolling.recipes[slug] for slug in who.slugs]
