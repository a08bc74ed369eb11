"""On a board: how long it takes to join its network, to hear a time server, and to open a connection to its broker."""

import json
import socket
import time

import network
from girouette.loading import load_config

JOIN_MS = 20000


def took_ms(began: int) -> int:
    """Milliseconds since then."""
    return time.ticks_diff(time.ticks_ms(), began)


def join(config) -> dict:
    """Join the first network; the name of the network is not told."""
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    began = time.ticks_ms()
    if not wlan.isconnected() and config.networks:
        wlan.connect(config.networks[0]["ssid"], config.networks[0]["password"])
    while not wlan.isconnected():
        if took_ms(began) > JOIN_MS:
            return {"joined": False}
        time.sleep_ms(50)
    return {"joined": True, "join_ms": took_ms(began), "signal_dbm": wlan.status("rssi")}


def reach(config) -> dict:
    """Open and close a connection to the broker, without a word."""
    began = time.ticks_ms()
    try:
        place = socket.getaddrinfo(config.broker.host, config.broker.port)[0][-1]
        door = socket.socket()
        door.connect(place)
        door.close()
    except OSError as error:
        return {"broker": False, "broker_error": str(error)}
    return {"broker": True, "broker_ms": took_ms(began)}


def figures() -> dict:
    """What the board finds."""
    config = load_config("/config.json")
    found = join(config)
    if found["joined"]:
        found.update(reach(config))
    return found


print("FOUND " + json.dumps(figures()))
