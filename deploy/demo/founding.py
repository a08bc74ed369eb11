"""A pilot for the demonstration: its rows in the registry, and its generated past in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploy.demo.cast import Player
from deploy.demo.run import PERIOD_S
from deploy.history import EVERY_S, Past, history
from devices.quantity import Quantity
from devices.recipe import Recipe
from gateway.registry import Registry
from gateway.store.port import Store

PILOT = "demo-rennes"


def found(
    registry: Registry, players: Sequence[Player], recipes: Mapping[str, Recipe], *, start_s: int
) -> list[Player]:
    """Register who is not registered yet, in public from start_s on; who that is."""
    known = {device.id for device in registry.devices()}
    new = [player for player in players if player.id not in known]
    with registry.together():
        pilot = next((p for p in registry.pilots() if p.slug == PILOT), None) or registry.add_pilot(
            PILOT, "Rennes (démonstration)", attribution="Girouette, données simulées", demo=True
        )
        for player in new:
            register(registry, pilot.id, player, recipes[player.recipe], start_s=start_s)
    return new


def register(registry: Registry, pilot_id: int, player: Player, recipe: Recipe, *, start_s: int) -> None:
    """One device at its place, in public from start_s on."""
    place = registry.add_place(pilot_id, player.place, lat=player.at[0], lon=player.at[1])
    channels = [
        (c.name, c.quantity, {**recipe.quality.get(c.name, {}), **player.quality.get(c.name, {})})
        for c in recipe.channels
    ]
    registry.add_device(
        player.id, pilot_id=pilot_id, recipe=player.recipe, channels=channels, period_s=EVERY_S,
        place_id=place.id, at_s=start_s, password_hash="",
    )  # fmt: skip
    registry.set_stage(player.id, "public", at_s=start_s)


def give_past(
    registry: Registry, store: Store, players: Sequence[Player], recipes: Mapping[str, Recipe],
    quantities: Mapping[str, Quantity], *, start_s: int, now_s: int,
) -> int:  # fmt: skip
    """Generate what the series of these players would have measured in [start_s, now_s), labelled; how many readings that is."""
    by_id = {player.id: player for player in players}
    pasts = [
        past(number, by_id[device], channel, recipes, quantities)
        for (device, channel), number in series_of(registry).items()
        if device in by_id
    ]
    batch = history(pasts, start_s, now_s)
    with registry.together():
        for one in pasts:
            registry.set_generated_until(one.series, now_s)
        for player in players:
            registry.set_period(player.id, PERIOD_S, at_s=now_s)
    store.write(batch)
    return len(batch.readings)


def past(
    series: int, player: Player, channel: str, recipes: Mapping[str, Recipe], quantities: Mapping[str, Quantity]
) -> Past:
    """What is needed to generate the past of one series."""
    recipe = recipes[player.recipe]
    quantity = quantities[next(c.quantity for c in recipe.channels if c.name == channel)]
    quality = {**quantity.quality, **recipe.quality.get(channel, {})}
    # A reading in half an hour is too seldom to tell a flat line by, and the player's own thresholds are for live ones.
    judged = {name: value for name, value in quality.items() if not name.startswith("flat_")}
    return Past(
        series, player.id, channel, player.at[1], recipe.signals[channel],
        quantity.aggregate, quantity.digits_wire, judged,
    )  # fmt: skip


def series_of(registry: Registry) -> dict[tuple[str, str], int]:
    """Series number by device and channel, of the devices that stand somewhere now."""
    places = {i.place_id: i.device_id for i in registry.installations() if i.end_s is None}
    return {(places[s.place_id], s.channel): s.id for s in registry.series() if s.place_id in places}
