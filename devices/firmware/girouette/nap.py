"""What a board takes with it into deep sleep: its place in the counter, its clock, and the samples that were not sent.

It lies in RTC memory (2 KiB), which outlives a deep sleep and a reset, not a power cut: what is lost then is at most the samples
of one batch, since while none can be sent each full batch goes to flash (battery.py). Nothing of it is believed unless its check value fits.
"""

import binascii
import json
import time

import machine

MOST_BYTES = 2000


def recall() -> dict:
    """What was remembered; empty where nothing was, or half of it."""
    try:
        check, text = bytes(machine.RTC().memory()).split(b" ", 1)
        told = json.loads(text) if int(check, 16) == binascii.crc32(text) else {}
        return told if isinstance(told, dict) else {}
    except ValueError:
        return {}


def remember(told: dict) -> bool:
    """Keep this for the next start; False where it is too much, and what was kept before still is."""
    text = json.dumps(told).encode()
    if len(text) > MOST_BYTES:
        return False
    machine.RTC().memory(b"%08x " % binascii.crc32(text) + text)
    return True


def moved(shift_s) -> None:
    """The clock that goes on in sleep was set: what was remembered by it is remembered by it as it is now."""
    told = recall()
    if told:
        told["rtc_s"] += shift_s
        remember(told)


def slept_ms(told: dict) -> int:
    """Milliseconds since it was remembered, by the clock that goes on in sleep."""
    return int(max(0, time.time() - told["rtc_s"]) * 1000)
