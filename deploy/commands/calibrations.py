"""`girouette calibrate` and `girouette calibration`: how channels are corrected, found beside a better sensor, and undone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, registry_of, rows_of, settled
from deploy.commands.speech import Command, Group, argument, option, tell, text
from deploy.faults import USAGE, CommandError

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.quantity import Quantity
    from gateway.numerics.colocation import Fit
    from gateway.registry import Calibration, Registry, Wanted

LINEAR = "linear"

calibration = typer.Typer(cls=Group, help=text("calibration"))


def calibrate(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    device: Annotated[str, argument("device")],
    *,
    channel: Annotated[str, option("channel", "--channel", metavar="CHANNEL")],
    reference: Annotated[Path | None, option("reference", "--reference", metavar="FILE")] = None,
    beside: Annotated[list[str] | None, option("beside", "--beside", metavar="DEVICE")] = None,
    formula: Annotated[str | None, option("formula", "--formula", metavar="NAME")] = None,
    numbers: Annotated[list[str] | None, option("numbers", "--set", metavar="NAME=NUMBER")] = None,
    start: Annotated[str | None, option("compared_from", "--from", metavar="TIME")] = None,
    end: Annotated[str | None, option("compared_to", "--to", metavar="TIME")] = None,
    since: Annotated[str | None, option("holds_since", "--since", metavar="TIME")] = None,
    until: Annotated[str | None, option("holds_until", "--until", metavar="TIME")] = None,
    apply: Annotated[bool, option("apply", "--apply/--dry-run")] = False,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """How a channel is to be corrected: found by co-location, or said; recorded with --apply only."""
    from gateway.numerics.corrections import check
    from gateway.registry import Wanted

    if (reference is not None) + bool(beside) + (formula is not None) != 1:
        raise CommandError("calibrate_what", code=USAGE)
    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        quantity = quantity_of(known, settings, device, channel)
        said, evidence = written(numbers or []), {}
        if formula is None:
            if said:
                raise CommandError("calibrate_found", code=USAGE)
            found = Bench(settings, known, channel, (moment(start), moment(end))).fit(device, reference, beside or [])
            said = {"slope": found.slope, "offset": found.offset}
            evidence = evidence_of(found, reference, beside or [])
        method = formula or LINEAR
        whole = check(method, said, quantity=quantity.slug, aggregate=quantity.aggregate)
        wanted = Wanted(device, channel, method, whole, moment(since) or 0, moment(until), evidence)
        made = record(known, wanted, apply=apply)
    told = {**asdict(wanted), "id": made.name if made else None, "number": made.id if made else None, "applied": apply}
    tell(told, lines_of(wanted, quantity.unit_text, made), as_json=as_json)


@calibration.command("list", cls=Command, help=text("calibration_list"))
def list_calibrations(
    ctx: typer.Context,
    *,
    every: Annotated[bool, option("calibration_all", "--all")] = False,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The corrections that hold, with --all those that were taken back, too."""
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        rows = [row_of(one) for one in known.calibrations(removed=every)]
    shown = [{**row, "said": ", ".join(f"{n}={v:.4g}" for n, v in row["numbers"].items())} for row in rows]
    tell(rows, rows_of(shown, "number", "device_id", "channel", "id", "from", "to", "said", "removed"), as_json=as_json)


@calibration.command("remove", cls=Command, help=text("calibration_remove"))
def remove_calibration(
    ctx: typer.Context,
    number: Annotated[int, argument("calibration")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """A correction holds no more: what is published is what it was before it."""
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        gone = known.remove_calibration(number, at_s=int(time.time()))
    tell(
        row_of(gone),
        [text("calibration_gone", name=gone.name, device=gone.device_id, channel=gone.channel)],
        as_json=as_json,
    )


class Bench:
    """Where devices are compared: what each measured through its channel, wherever it stood, hour by hour."""

    def __init__(
        self, settings: Settings, registry: Registry, channel: str, bounds: tuple[int | None, int | None]
    ) -> None:
        self._settings, self._registry, self._channel = settings, registry, channel
        self._start_s = bounds[0] or 0
        self._end_s = bounds[1] if bounds[1] is not None else int(time.time())

    def fit(self, device: str, reference: Path | None, beside: list[str]) -> Fit:
        """The line from a device to its reference. Raises CorrectionError where it teaches nothing."""
        from deploy.reference import read_reference
        from gateway.numerics.colocation import colocate

        if reference is not None:
            times, values = read_reference(reference)
            inside = (times >= self._start_s) & (times < self._end_s)
            return colocate(self._hours(device), [(times[inside], values[inside])])
        if device in beside:
            raise CommandError("calibrate_itself", code=USAGE, device=device)
        for other in beside:
            quantity_of(self._registry, self._settings, other, self._channel)
        return colocate(self._hours(device), [self._hours(other) for other in dict.fromkeys(beside)])

    def _hours(self, device: str) -> tuple[Any, Any]:
        """Hourly values of a device in times that rise, of hours that are three quarters full."""
        import numpy as np

        from deploy.assembly import open_store
        from gateway.numerics.colocation import CAPTURED
        from gateway.numerics.columns import TIERS, WINDOW

        pieces = [np.empty(0, WINDOW)]
        series = {(row.place_id, row.channel): row.id for row in self._registry.series()}
        with contextlib.closing(open_store(self._settings.store, read_only=True, settings=self._settings)) as store:
            for stay in self._registry.installations():
                number = series.get((stay.place_id, self._channel))
                if stay.device_id == device and number is not None:
                    start_s = max(self._start_s, -(-stay.start_s // TIERS["h1"]) * TIERS["h1"])
                    end_s = min(self._end_s, stay.end_s or self._end_s) - TIERS["h1"] + 1
                    pieces.append(store.read(number, start_s, max(start_s, end_s), tier="h1"))
        rows = np.sort(np.concatenate(pieces), order="start_s")
        rows = rows[~(rows["completeness"] < CAPTURED) & (rows["count"] > 0)]
        return rows["start_s"], rows["value"]


def quantity_of(registry: Registry, settings: Settings, device: str, channel: str) -> Quantity:
    """What a channel of a device measures. Raises CommandError where there is no such device, channel or quantity."""
    from devices.quantity import load_quantities

    measured = registry.channels()
    if device not in measured:
        raise CommandError("calibrate_device", device=device)
    channels = dict(measured[device])
    if channel not in channels:
        raise CommandError("calibrate_channel", device=device, channel=channel, choices=", ".join(channels))
    return load_quantities(settings.recipes)[channels[channel]]


def record(registry: Registry, wanted: Wanted, *, apply: bool) -> Calibration | None:
    """Record it; without `apply` do the same and leave no trace, so that what would be refused is refused."""
    if apply:
        return registry.add_calibration(wanted, at_s=int(time.time()))
    with contextlib.suppress(_NotMeant), registry.together():
        registry.add_calibration(wanted, at_s=int(time.time()))
        raise _NotMeant
    return None


class _NotMeant(Exception):  # noqa: N818 - says why the transaction is left
    """Nothing was to be recorded."""


def evidence_of(found: Fit, reference: Path | None, beside: list[str]) -> dict[str, object]:
    """What is kept of how a line was found."""
    told: dict[str, object] = {
        "r2": round(found.r2, 4), "rmse": round(found.rmse, 4), "rmse_before": round(found.rmse_before, 4), "n": found.n,
        "days": round(found.days, 1), "step_s": found.step_s, "from_s": found.start_s, "to_s": found.end_s,
    }  # fmt: skip
    return {**told, **({"reference": reference.name} if reference else {"beside": sorted(set(beside))})}


def lines_of(wanted: Wanted, unit: str, made: Calibration | None) -> list[str]:
    """What a person reads: the numbers, how good they are, and whether they hold now."""
    of = wanted.evidence
    found = []
    if of:
        dates = {name: time.strftime("%Y-%m-%d", time.gmtime(int(str(of[f"{name}_s"])))) for name in ("from", "to")}
        quality = {name: f"{float(str(of[name])):.3g}" for name in ("r2", "rmse", "rmse_before", "days")}
        found = [text("calibrated_found", **quality, n=of["n"], unit=unit, start=dates["from"], end=dates["to"])]
    numbers = ", ".join(f"{name} = {value:.6g}" for name, value in wanted.numbers.items())
    said = text("calibrated_numbers", method=wanted.method, numbers=numbers or "-")
    last = text("calibrated", name=made.name, number=made.id) if made else text("calibrated_not")
    return [said, *found, last]


def row_of(one: Calibration) -> dict[str, Any]:
    """A calibration as it is listed."""
    day = {name: "" if s is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(s))
           for name, s in (("from", one.start_s or None), ("to", one.end_s), ("removed", one.removed_s))}  # fmt: skip
    told: Mapping[str, Any] = asdict(one)
    return {
        "number": one.id,
        "id": one.name,
        **{n: v for n, v in told.items() if n not in {"id", "start_s", "end_s"}},
        **day,
    }


def written(numbers: list[str]) -> dict[str, float]:
    """`NAME=NUMBER` read. Raises CommandError.

    >>> written(["kappa=0.3"])
    {'kappa': 0.3}
    """
    found = {}
    for one in numbers:
        name, _, value = one.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise CommandError("calibrate_setting", code=USAGE, value=one) from None
    return found


def moment(said: str | None) -> int | None:
    """A day or a moment in seconds since 1970, UTC where no offset is said. Raises CommandError."""
    from deploy.reference import seconds_of

    if said is None:
        return None
    found = seconds_of(said)
    if found is None:
        raise CommandError("calibrate_moment", code=USAGE, value=said)
    return found
