"""The value of a simulated quantity at a moment: the same formula for the simulator and for generated history.

    value(t) = base + day cos(2 pi (h - peak_h) / 24) + slow sin(2 pi (t / 3600 / slow_h + phase)) + noise N(0, 1)

with t in Unix seconds, h the local solar hour (UTC hour + longitude / 15), and a phase that is the channel's,
crc32("<channel>") / 2^32, and a little the device's, SPREAD crc32("<device>/<channel>") / 2^32: neighbours have one weather.
Kind `wind` turns round 360; kind `rain` is an intensity in mm/h, `base` at the height of a shower, from time to time: the sine
above 0.6 of itself.
"""

import binascii
import math
import random

SPREAD = 0.03


def phase_of(device: str, channel: str) -> float:
    """Where in its slow wave this channel of this device begins, in waves."""
    own = binascii.crc32((device + "/" + channel).encode()) / 4294967296
    return binascii.crc32(channel.encode()) / 4294967296 + SPREAD * own


def value_at(signal: dict, unix_s: float, longitude: float, phase: float) -> float:
    """The value at a moment, without noise."""
    base, slow = signal.get("base", 0.0), signal.get("slow", 0.0)
    wave = math.sin(2 * math.pi * (unix_s / 3600 / signal.get("slow_h", 37.0) + phase))
    kind = signal.get("kind", "sine")
    if kind == "rain":
        return max(0.0, (wave - 0.6) / 0.4) * base
    hour = unix_s / 3600 + longitude / 15
    day = signal.get("day", 0.0) * math.cos(2 * math.pi * (hour - signal.get("peak_h", 15.0)) / 24)
    if kind == "wind":
        return (base + day + slow * wave) % 360
    return base + day + slow * wave


def noisy(signal: dict, value: float) -> float:
    """The value with its white noise, held between `low` and `high`."""
    chance = sum(random.random() for _ in range(12)) - 6  # nearly normal, and MicroPython has no gauss()
    value += signal.get("noise", 0.0) * chance
    if signal.get("kind") == "wind":
        return value % 360
    return min(max(value, signal.get("low", value)), signal.get("high", value))
