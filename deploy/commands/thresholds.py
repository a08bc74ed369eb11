"""`girouette series`: the thresholds of one series, above those of its quantity and its recipe."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, registry_of, rows_of, settled
from deploy.commands.speech import Command, Group, argument, tell, text
from deploy.faults import USAGE, CommandError

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.quantity import Quantity
    from gateway.registry import Registry, Series

series = typer.Typer(cls=Group, help=text("series"))
WHOSE = {"series": "series_of_series", "recipe": "series_of_recipe", "quantity": "series_of_quantity"}
"""Whose a threshold is -> the text that says so."""
Number = Annotated[int, argument("series", metavar="SERIES")]


@series.command("list", cls=Command, help=text("series_list"))
def list_series(
    ctx: typer.Context, *, store: StoreUrl = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """All series, with the thresholds that are their own."""
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        names = {place.id: place.name for place in known.places()}
        rows: list[dict[str, Any]] = [
            {"id": one.id, "place": names[one.place_id], "channel": one.channel, "own": dict(one.own)}
            for one in known.series()
        ]
    shown = [{**row, "own": " ".join(f"{key}={value:g}" for key, value in row["own"].items())} for row in rows]
    tell(rows, rows_of(shown, "id", "place", "channel", "own"), as_json=as_json)


@series.command("show", cls=Command, help=text("series_show"))
def show_series(
    ctx: typer.Context,
    number: Number,
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The thresholds by which the readings of a series are flagged, and whose each is."""
    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        show(series_of(known, number), settings, as_json=as_json)


@series.command("set", cls=Command, help=text("series_set"))
def set_series(
    ctx: typer.Context,
    number: Number,
    thresholds: Annotated[list[str], argument("thresholds", metavar="KEY=NUMBER...")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The series has these thresholds of its own; one without a number is again that of its recipe or quantity."""
    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        with known.together():
            one = series_of(known, number)
            changes = written(thresholds)
            own = {key: value for key, value in {**one.own, **changes}.items() if value is not None}
            check(one, own, quantity_of(settings, one), changes)
            known.set_quality(number, own)
        show(series_of(known, number), settings, as_json=as_json)
    if not as_json:
        print(text("series_set_done"))


def series_of(known: Registry, number: int) -> Series:
    """The series of this number. Raises CommandError."""
    found = {one.id: one for one in known.series()}
    if number not in found:
        raise CommandError("series_unknown", number=number)
    return found[number]


def quantity_of(settings: Settings, one: Series) -> Quantity | None:
    """What a series measures, None where the catalogue lacks it."""
    from devices.quantity import load_quantities

    return load_quantities(settings.recipes).get(one.quantity)


def written(thresholds: Sequence[str]) -> dict[str, float | None]:
    """`KEY=NUMBER` read, None where nothing stands behind the sign. Raises CommandError.

    >>> written(["fail_high=40,5", "rate_per_s="])
    {'fail_high': 40.5, 'rate_per_s': None}
    """
    found: dict[str, float | None] = {}
    for one in thresholds:
        key, sign, value = (part.strip() for part in one.partition("="))
        number = decimal_of(value)
        if not sign or (value and number is None):
            raise CommandError("series_setting", code=USAGE, value=one)
        found[key] = number
    return found


def decimal_of(value: str) -> float | None:
    """A finite number with a point or a comma, None for what is none."""
    try:
        number = float(value.replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def check(one: Series, own: Mapping[str, float], quantity: Quantity | None, asked: Mapping[str, object]) -> None:
    """Refuse thresholds that no series may have, or that go against each other. Raises QuantityError, CommandError."""
    from devices.quantity import THRESHOLDS, read_quality
    from devices.refusal import QuantityError
    from devices.table import Table

    for key in asked:
        if key not in THRESHOLDS:
            raise CommandError("series_threshold", name=key, choices=", ".join(THRESHOLDS))
    if quantity is None:
        raise CommandError("series_quantity", quantity=one.quantity)
    others = {key: value for key, value in {**quantity.quality, **one.quality}.items() if key not in one.own}
    table = Table(own, text("series_where", number=one.id), QuantityError)
    read_quality(table, quantity.low, quantity.high, beside={**others, **own})


def show(one: Series, settings: Settings, *, as_json: bool) -> None:
    """Print the thresholds of a series, each with whose it is."""
    quantity = quantity_of(settings, one)
    of_quantity = dict(quantity.quality) if quantity is not None else {}
    rows: list[dict[str, Any]] = [
        {"threshold": key, "value": value, "of": whose(one, key)}
        for key, value in {**of_quantity, **one.quality}.items()
    ]
    told = {"id": one.id, "place": one.place_id, "channel": one.channel, "quantity": one.quantity, "thresholds": rows}
    shown = [{**row, "value": f"{row['value']:g}", "of": text(WHOSE[row["of"]])} for row in rows]
    tell(told, rows_of(shown, "threshold", "value", "of"), as_json=as_json)


def whose(one: Series, key: str) -> str:
    """Whose threshold counts: the series' own, its recipe's or its quantity's."""
    if key in one.own:
        return "series"
    return "recipe" if key in one.quality else "quantity"
