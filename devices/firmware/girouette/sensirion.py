"""What Sensirion's chips share on I2C: commands of two bytes, and words of two bytes that bear a check byte each.

The check byte is a CRC-8 of polynomial 0x31 begun at 0xFF; that of 0xBEEF is 0x92 (data sheets SCD4x, "Checksum
calculation"; SHT4x, "Data type and length"; SPS30, "Checksum calculation").
"""

from girouette.sensor import SensorError


def crc8(content: bytes) -> int:
    """The check byte of some bytes."""
    crc = 0xFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x31) & 0xFF if crc & 0x80 else crc << 1
    return crc


def command(code: int, *words: int) -> bytes:
    """A command with its words, as it is written to the chip."""
    written = bytes((code >> 8, code & 255))
    for word in words:
        pair = bytes((word >> 8, word & 255))
        written += pair + bytes((crc8(pair),))
    return written


def checked(content: bytes) -> bytes:
    """What a chip gave, without its check bytes; `checksum` where one is wrong."""
    pairs = b""
    for at in range(0, len(content), 3):
        pair = content[at : at + 2]
        if crc8(pair) != content[at + 2]:
            raise SensorError("checksum")
        pairs += pair
    return pairs
