"""`girouette check`: a board looks at its wiring, and what it sees is told in sentences."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from deploy.commands.devices import chosen_recipes
from deploy.commands.durations import seconds
from deploy.commands.options import (
    AsJson,
    BrokerUrl,
    Recipes,
    RegistryUrl,
    StoreUrl,
    settled,
)
from deploy.commands.orders import Wait, check_device
from deploy.commands.speech import LANG, argument, tell, text
from deploy.faults import DONE, REFUSED


def check(
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    *,
    wait: Wait = "30s",
    broker: BrokerUrl = None,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """The board looks at its wiring; a sentence a sensor, what is wrong first."""
    from deploy.orders import commander, give
    from devices.wiring import diagnose

    settings = settled(ctx, broker=broker, recipes=recipes, store=store, registry=registry)
    mine = chosen_recipes(settings, [check_device(settings, name).recipe])
    answer = asyncio.run(give(name, "check", broker=commander(settings), wait_s=seconds(wait)))
    if answer.get("ok") is not True:
        tell({"device": name, **answer}, [text("disobeyed", name=name, why=answer.get("why", "?"))], as_json=as_json)
        return REFUSED
    found = sorted(diagnose(answer, mine), key=lambda finding: finding.fine)
    rows: list[dict[str, Any]] = [
        {"driver": f.sensor.driver, "fine": f.fine, "code": f.key, **f.values, "said": f.said(LANG)} for f in found
    ]
    tell({"device": name, "sensors": rows}, [f.said(LANG) for f in found], as_json=as_json)
    return DONE if all(f.fine for f in found) else REFUSED
