"""What a sane time server answers (RFC 4330): this machine's time, or that of a world which is ahead of it."""

import struct
import time

from sleeping import clock_off_s
from world import the_world

NTP_TO_UNIX_S = 2208988800


def answer_of(packet: bytes) -> bytes:
    """The answer to a client's packet, with its transmit stamp as the originate stamp."""
    now = time.time() - clock_off_s() + the_world.ahead_s()
    seconds = int(now)
    stamp = struct.pack("!II", (seconds + NTP_TO_UNIX_S) & 0xFFFFFFFF, int((now - seconds) * 4294967296))
    return b"\x24\x01" + bytes(22) + packet[40:48] + stamp + stamp
