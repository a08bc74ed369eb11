"""Golden sessions: what a board heard and what it said, by the millisecond, as files that are read as documentation.

A session is one JSON value or word after another on lines; the lines of the board are what a test compares, parsed.

    # What this session shows.
    board {"recipe": "noise", "period_s": 5}     changes to the configuration of a first board; "air+noise" and "board": "c3" will do
    fault {"kind": "no-clock", "for_s": 20}      what is wrong with its world (devices.simulate.Surroundings)
    hide  ["health"]                             channels of the board that are left out here

    0.000   connects                             the board: its connection was accepted
    0.000   says    state {"online": true}       the board: a message
    0.000   will    state {"online": false}      the broker, for a board that went without a word
    0.000   drops   1 4 "no-date"                the board: it gave up a sample (`ep`, number, why)
    0.000   hears   kept {"ep": 1, "sq": 4}      the gateway's side, which the session decides
    0.000   broker  "dead"                       or "frozen", or "up" again
    0.000   gateway "dead"                       or "up" again, where the simulated gateway answers
    0.000   power   "cut"                        off and on; {"disk": 1}: with the disk of the end of the first boot
    0.000   note    "why"                        nothing happens

A pack of more than three samples is told in short: `samples` is its first and last number and how many, `s` their dates.

Time is virtual (`devices/sim/virtual/`), so a session of an hour takes a second and is the same each time.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from heap import room_here
from receiver import samples_of

from devices.image import Identity, build_image, shard_of
from devices.interpreter import command
from devices.recipe import load_recipes
from devices.simulate import SIMULATOR, Surroundings, lay

UNIX_MS = 1_800_000_000_000
"""The date at which every session begins: 15 January 2027, 8 in the morning."""
EVENTS = ("hears", "broker", "gateway")
SAID = ("connects", "will", "says", "drops")
CHANGING = ("free", "step_ms", "step_task")
"""Figures of `health` that are the interpreter's: shown as "..."."""
MOST_TOLD = 3
FREE_BYTES = room_here()
"""What the firmware finds free at power-on: the smallest heap of the board table, as it is here (`heap.py`)."""
BROKER_BYTES = 64_000
"""What the session's broker works with: it lives in the board's heap, as mosquitto does not."""
HEAP = "192wK"
"""Room for the simulator too; `devices/sim/ballast.py` takes away what the board does not have."""


class Line(NamedTuple):
    """One thing that happens."""

    at_ms: int
    what: str
    rest: tuple[Any, ...]

    def __str__(self) -> str:
        """As it stands in a file."""
        channel, rest = ("", self.rest) if self.what not in {"says", "will", "hears"} else (self.rest[0], self.rest[1:])
        words = [f"{self.at_ms / 1000:.3f}", self.what, channel, *(json.dumps(r) for r in rest)]
        return " ".join(word.ljust(width) for word, width in zip(words, (8, 8, 6, 0, 0, 0), strict=False)).rstrip()


@dataclass(slots=True)
class Session:
    """A session as it was written, or as it was played."""

    head: list[str] = field(default_factory=list)
    board: dict[str, Any] = field(default_factory=dict)
    faults: list[dict[str, Any]] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    seed: int = 1
    signals: Mapping[str, Mapping[str, Any]] | None = None
    gateway: bool = False
    """True where the simulated gateway answers, instead of the session's own lines."""
    transcript: bool = True
    gauge: bool = False
    """Let the board tell how much memory it takes (`devices/sim/gauge.py`)."""
    heap: str = HEAP
    health_ms: int = 0
    """How often the board tells its health, in place of once a minute."""
    free: int = FREE_BYTES + BROKER_BYTES
    console: str = ""

    @property
    def ends_ms(self) -> int:
        """When its last line falls."""
        return max(line.at_ms for line in self.lines)

    def said(self) -> list[Line]:
        """The board's part of it."""
        return [line for line in self.lines if line.what in SAID]

    def __str__(self) -> str:
        """As a file."""
        top = [*self.head, f"board {json.dumps(self.board)}", *(f"fault {json.dumps(f)}" for f in self.faults)]
        top += [f"hide  {json.dumps(self.hidden)}"] if self.hidden else []
        return "\n".join([*top, "", *(str(line) for line in self.lines)]) + "\n"


def read_session(text: str) -> Session:
    """Read a session's file."""
    session = Session()
    for line in filter(None, text.splitlines()):
        first, _, rest = line.partition(" ")
        if first.startswith("#"):
            session.head.append(line)
        elif first == "board":
            session.board = json.loads(rest)
        elif first == "fault":
            session.faults.append(json.loads(rest))
        elif first == "hide":
            session.hidden = json.loads(rest)
        else:
            session.lines.append(Line(round(float(first) * 1000), *read_words(rest.strip())))
    return session


def read_words(text: str) -> tuple[str, tuple[Any, ...]]:
    """What happens, and its words: a channel's name, then JSON values."""
    what, _, rest = text.partition(" ")
    rest, words = rest.strip(), []
    if what in {"says", "will", "hears"}:
        channel, _, rest = rest.partition(" ")
        words.append(channel)
    decoder = json.JSONDecoder()
    while rest := rest.strip():
        value, end = decoder.raw_decode(rest)
        words.append(value)
        rest = rest[end:]
    return what, tuple(words)


def play(session: Session, directory: Path) -> Session:
    """Play a session's inputs to the firmware, boot by boot, and return it with what the board said this time."""
    inputs = [line for line in session.lines if line.what not in SAID]
    cuts = [line for line in inputs if line.what == "power"]
    bounds = [0, *(line.at_ms for line in cuts), session.ends_ms + 1]
    prepare(session, directory)
    printed = ""
    for boot, (begins_ms, ends_ms) in enumerate(pairwise(bounds)):
        if boot and isinstance(cuts[boot - 1].rest[0], dict):
            shutil.rmtree(directory / "flash")
            shutil.copytree(directory / f"disk-{cuts[boot - 1].rest[0]['disk']}", directory / "flash")
        printed += run_boot(session, directory, begins_ms, ends_ms)
        shutil.copytree(directory / "flash", directory / f"disk-{boot + 1}")
    said = [line for line in read_transcript(directory / "transcript") if not {*line.rest[:1]} & {*session.hidden}]
    lines = sorted([*inputs, *said], key=lambda line: line.at_ms)
    return replace(session, lines=lines, console=printed)


def prepare(session: Session, directory: Path) -> None:
    """Lay out the board's disk and world."""
    changes = {"recipe": "noise", "period_s": 5, **session.board}
    recipes = [load_recipes()[slug] for slug in changes.pop("recipe").split("+")]
    kind, period_s = changes.pop("board", None), changes.pop("period_s")
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s, board=kind)
    image = build_image(recipes, identity)
    config = {**image.told, "firmware": "golden", **changes}
    lay({**image.files, "/config.json": json.dumps(config).encode()}, directory / "flash")
    signals = session.signals or {c: {"base": s["base"]} for r in recipes for c, s in r.signals.items()}
    around = Surroundings(signals, session.faults, seed=session.seed)
    (directory / "sim.json").write_text(json.dumps(asdict(around)))


def run_boot(session: Session, directory: Path, begins_ms: int, ends_ms: int) -> str:
    """Run the board from its power-on to its power cut; its console."""
    told = {
        "unix_ms": UNIX_MS,
        "begins_ms": begins_ms,
        "ends_ms": ends_ms,
        "seed": session.seed,
        "events": list(events(session, begins_ms)),
        "gateway": session.gateway,
        "transcript": session.transcript,
        "free": session.free,
        "gauge": session.gauge,
        "health_ms": session.health_ms,
    }
    (directory / "session.json").write_text(json.dumps(told))
    virtual = SIMULATOR / "virtual"
    path = f"{virtual}:{directory / 'flash'}:{SIMULATOR}:.frozen"
    with subprocess.Popen(
        command("-X", f"heapsize={session.heap}", str(virtual / "play.py")),
        cwd=directory / "flash",
        env=os.environ | {"MICROPYPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as board:
        assert board.stdout is not None
        printed = board.stdout.read()
        assert board.wait(60) == 0, printed[-3000:]
    return printed


def events(session: Session, begins_ms: int) -> Iterator[list[Any]]:
    """What happens from outside in a boot: at its beginning broker and gateway are as they were left."""
    for what in ("broker", "gateway"):
        left = [line.rest[0] for line in session.lines if line.what == what and line.at_ms < begins_ms]
        if left:
            yield [begins_ms, what, left[-1]]
    for line in session.lines:
        if line.what in EVENTS and line.at_ms >= begins_ms:
            yield [line.at_ms, line.what, *line.rest]


def read_transcript(file: Path) -> Iterator[Line]:
    """What the board said, with the interpreter's own figures left out."""
    for text in file.read_text().splitlines() if file.exists() else ():
        at_ms, what, *rest = json.loads(text)
        if what == "says":
            rest[1] = shortened(rest[0], json.loads(rest[1]))
        yield Line(at_ms, what, tuple(rest))


def shortened(channel: str, body: Any) -> Any:
    """A message as a session tells it."""
    if channel == "health":
        return {k: "..." if k in CHANGING else body[k] for k in sorted(body)}
    if channel != "obs":
        return body
    samples = list(samples_of(body))
    if len(samples) <= MOST_TOLD:
        return body
    (first, oldest), (last, newest) = samples[0], samples[-1]
    told = {key: body[0][key] for key in ("ep", "lo", "dr")}
    return {**told, "samples": [first, last, len(samples)], "s": [oldest.time_s, newest.time_s]}
