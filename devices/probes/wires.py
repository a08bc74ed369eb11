"""On a board: who answers on each I2C bus of its configuration."""

import json

from girouette.buses import Buses
from girouette.loading import load_config


def figures() -> dict:
    """Addresses by bus, those that are expected and those that answer."""
    buses, found = Buses(), {}
    for wiring in load_config("/config.json").sensors:
        bus = wiring.bus
        if bus["kind"] == "i2c":
            row = found.setdefault("i2c %s" % bus["id"], {"expected": [], "answering": buses.open(bus).scan()})
            row["expected"].append(bus.get("addr"))
    return {"buses": found}


print("FOUND " + json.dumps(figures()))
