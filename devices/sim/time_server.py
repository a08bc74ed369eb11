"""What a sane time server answers (RFC 4330): the host's time."""

import struct
import time

NTP_TO_UNIX_S = 2208988800


def answer_of(packet: bytes) -> bytes:
    """The answer to a client's packet, with its transmit stamp as the originate stamp."""
    now = time.time()
    seconds = int(now)
    stamp = struct.pack("!II", (seconds + NTP_TO_UNIX_S) & 0xFFFFFFFF, int((now - seconds) * 4294967296))
    return b"\x24\x01" + bytes(22) + packet[40:48] + stamp + stamp
