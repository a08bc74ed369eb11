"""What the dashboards show: each panel is a row of a table here, with its question to InfluxDB. Pure.

Questions are InfluxQL in the portable subset, which 1.x, 2.x and 3.x answer alike. `$timeFilter` and `$__interval` are Grafana's;
`$pilot`, `$place`, `$quantity` and `$tier` are variables of the dashboard. No question averages over windows: each window
holds the right mean of its quantity already (a wind direction has no plain mean), so windows are drawn as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gateway.store.names import FLEET, GATEWAY, HEALTH, source

Kind = Literal["stat", "lines", "bars", "states", "table"]
PRESENCE = "presence"
"""A unit of ours: 1 is there, 0 is silent, told in words and colours."""
GREEN, ORANGE, RED, BLUE, GREY = "green", "orange", "red", "blue", "text"
OF_PILOT = '"pilot" =~ /^${pilot:regex}$/'
OF_SERIES = ("\"quantity\" = '$quantity'", OF_PILOT, '"place" =~ /^${place:regex}$/')
EACH_STEP, EACH_SERIES = "time($__interval)", '"place", "channel"'
A_SERIES, A_DEVICE = "$tag_place · $tag_channel", "$tag_device"
LATELY = "5m"
"""Span of panels that tell of now: points of the fleet come each minute."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a panel; `name` is the word for what answers it, or Grafana's pattern over tags."""

    text: str
    name: str = ""
    color: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: `panels.<key>` is its title, `panels.<key>_about` says in a sentence what it shows."""

    key: str
    kind: Kind
    questions: tuple[Question, ...]
    unit: str = "short"
    size: tuple[int, int] = (12, 8)
    """Width of 24, height."""
    steps: tuple[tuple[float | None, str], ...] = ((None, BLUE),)
    """From which value on which colour; None is from the lowest."""
    bounds: tuple[float | None, float | None] = (None, None)
    span: str | None = None
    """The time it tells of, where that is not the dashboard's."""
    columns: tuple[tuple[str, str], ...] = ()
    """Of a table: column and its unit, in order; `panels.column_<name>` is its heading."""


def select(what: str, origin: str, *conditions: str, grouped: str = "") -> str:
    """A question about the dashboard's time, or a span of it.

    >>> select('max("age_s")', '"girouette"."raw"."fleet"', grouped='"device"')
    'SELECT max("age_s") FROM "girouette"."raw"."fleet" WHERE $timeFilter GROUP BY "device"'
    """
    where = " AND ".join(("$timeFilter", *conditions))
    return " ".join(("SELECT", what, "FROM", origin, "WHERE", where, *(("GROUP BY", grouped) if grouped else ())))


def values_of(tag: str, origin: str, field: str, *conditions: str) -> str:
    """A question for the values that a tag has.

    Not SHOW TAG VALUES: InfluxDB 2.x answers it of a database's default policy only, and of several buckets of one
    database none, or each, is the default.
    """
    there = select(f'last("{field}")', origin, *conditions, grouped=f'"{tag}"')
    return " ".join((f'SELECT distinct("{tag}")', "FROM", f"({there})"))


def of(measurement: str, what: str, *, grouped: str = "") -> str:
    """A question to the points of a measurement."""
    return select(what, source("raw", measurement), OF_PILOT, grouped=grouped)


def of_gateway(what: str) -> str:
    """A question to what the gateways count of themselves; counts begin again when one starts."""
    return select(what, source("raw", GATEWAY), grouped=f'{EACH_STEP}, "ledger" fill(none)')


def of_series(tier: str, what: str, *conditions: str, grouped: str) -> str:
    """A question to the series of the chosen quantity and places, in a tier."""
    return select(what, source(tier), *OF_SERIES, *conditions, grouped=grouped)


def now_of_each(what: str) -> str:
    """A question to the newest point of each device of the fleet."""
    newest = of(FLEET, 'last("online") AS "online"', grouped='"device"')
    return " ".join(("SELECT", what, "FROM", f"({newest})"))


FLEET_PANELS = (
    Panel(
        "online", "stat", (Question(now_of_each('sum("online")')),),
        size=(6, 4), steps=((None, GREEN),), span=LATELY,
    ),
    Panel(
        "silent", "stat", (Question(now_of_each('count("online") - sum("online")')),),
        size=(6, 4), steps=((None, GREEN), (1, ORANGE), (5, RED)), span=LATELY,
    ),
    Panel(
        "oldest", "stat", (Question(of(FLEET, 'max("age_s")')),),
        unit="s", size=(6, 4), steps=((None, GREEN), (300, ORANGE), (3600, RED)), span=LATELY,
    ),
    Panel(
        "share_now", "stat", (Question(now_of_each('mean("online")')),),
        unit="percentunit", size=(6, 4), steps=((None, RED), (0.8, ORANGE), (0.95, GREEN)), bounds=(0, 1), span=LATELY,
    ),
    Panel(
        "share", "lines", (Question(of(FLEET, 'mean("online")', grouped=f"{EACH_STEP} fill(none)"), "share_name"),),
        unit="percentunit", bounds=(0, 1),
    ),
    Panel(
        "states", "states",
        (Question(of(FLEET, 'min("online")', grouped=f'{EACH_STEP}, "device" fill(none)'), A_DEVICE),),
        unit=PRESENCE, steps=((None, RED), (1, GREEN)),
    ),
    Panel(
        "devices", "table",
        (Question(of(FLEET, 'last("online") AS "online", last("age_s") AS "age_s"',
                     grouped='"device", "place", "recipe", "stage"')),),
        size=(24, 9), span=LATELY,
        columns=(("device", ""), ("place", ""), ("recipe", ""), ("stage", ""), ("online", PRESENCE), ("age_s", "s")),
    ),
    Panel(
        "signal", "lines", (Question(of(HEALTH, 'mean("signal")', grouped=f'{EACH_STEP}, "device" fill(none)'), A_DEVICE),),
        unit="dBm",
    ),
    Panel(
        "free", "lines", (Question(of(HEALTH, 'min("free")', grouped=f'{EACH_STEP}, "device" fill(none)'), A_DEVICE),),
        unit="bytes", bounds=(0, None),
    ),
    Panel(
        "held", "lines", (Question(of(HEALTH, 'max("held")', grouped=f'{EACH_STEP}, "device" fill(none)'), A_DEVICE),),
        bounds=(0, None),
    ),
    Panel(
        "dropped", "lines", (Question(of(HEALTH, 'max("dropped")', grouped=f'{EACH_STEP}, "device" fill(none)'), A_DEVICE),),
        bounds=(0, None),
    ),
    Panel(
        "faults", "lines", (Question(of(HEALTH, 'max("faults")', grouped=f'{EACH_STEP}, "device" fill(none)'), A_DEVICE),),
        bounds=(0, None),
    ),
    Panel(
        "rate", "lines", (Question(of_gateway('non_negative_derivative(max("readings"), 1s)'), "rate_name"),),
        bounds=(0, None),
    ),
    Panel(
        "delay", "lines",
        (Question(of_gateway('max("delay_s")'), "delay_median"), Question(of_gateway('max("delay_p99_s")'), "delay_p99")),
        unit="s", bounds=(0, None),
    ),
    Panel(
        "refused", "lines",
        (Question(of_gateway('non_negative_derivative(max("refused"), 1m)'), "refused_name", ORANGE),
         Question(of_gateway('non_negative_derivative(max("shed"), 1m)'), "shed_name", RED)),
        bounds=(0, None),
    ),
    Panel("memory", "lines", (Question(of_gateway('max("rss_mib")'), "memory_name"),), unit="mbytes", bounds=(0, None)),
)  # fmt: skip
"""The fleet: who is there, who is silent, how the boards are."""

PILOTS_OF_FLEET = values_of("pilot", source("raw", FLEET), "online")
PILOTS_OF_SERIES = values_of("pilot", source("m1"), "value")
PLACES_OF_QUANTITY = values_of("place", source("m1"), "value", OF_SERIES[0])
"""What the lists of pilots and places offer."""
FLAGS = ((1, "flag_good", GREEN), (2, "flag_unknown", GREY), (3, "flag_suspect", ORANGE), (4, "flag_fail", RED))
"""Flag, word, colour."""
QUANTITY_PANELS = (
    Panel(
        "latest", "stat", (Question(of_series("raw", 'last("value")', grouped=EACH_SERIES), A_SERIES),),
        size=(24, 5),
    ),
    Panel(
        "windows", "lines", (Question(of_series("$tier", '"value"', grouped=EACH_SERIES), A_SERIES),),
        size=(24, 9),
    ),
    Panel(
        "extremes", "lines",
        (Question(of_series("$tier", 'min("min")', grouped=f"{EACH_STEP} fill(none)"), "lowest", BLUE),
         Question(of_series("$tier", 'max("max")', grouped=f"{EACH_STEP} fill(none)"), "highest", RED)),
    ),
    Panel(
        "flags", "bars",
        tuple(Question(of_series("raw", 'count("value")', f'"flag" = {flag}', grouped=f"{EACH_STEP} fill(none)"),
                       word, color) for flag, word, color in FLAGS),
    ),
    Panel(
        "completeness", "lines",
        (Question(of_series("$tier", 'mean("completeness")', grouped=f"{EACH_STEP}, {EACH_SERIES} fill(none)"), A_SERIES),),
        unit="percentunit", bounds=(0, 1),
    ),
    Panel(
        "score", "lines",
        (Question(of_series("raw", 'max("score")', grouped=f"{EACH_STEP}, {EACH_SERIES} fill(none)"), A_SERIES),),
        bounds=(0, 1),
    ),
    Panel(
        "places", "table",
        (Question(of_series("$tier", 'sum("count") AS "count", min("min") AS "min", max("max") AS "max", '
                                     'mean("completeness") AS "completeness", max("flag") AS "flag"', grouped=EACH_SERIES)),),
        size=(24, 9),
        columns=(("place", ""), ("channel", ""), ("count", "short"), ("min", "short"), ("max", "short"),
                 ("completeness", "percentunit"), ("flag", "short")),
    ),
)  # fmt: skip
"""One quantity in all places that the reader chose."""
