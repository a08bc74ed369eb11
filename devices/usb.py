"""How boards show themselves on USB: Espressif's own USB, and the chips that stand between a plug and an ESP32."""

from __future__ import annotations

ESPRESSIF = 0x303A
"""The maker whose USB is in the chip; MicroPython keeps it (TinyUSB) under other product ids."""
NATIVE = {0x1001: ("c6", "c3", "s3"), 0x0002: ("s2",)}
"""Product ids by which Espressif's ROMs answer -> the chips that do; others are MicroPython's own on an S2 or S3."""
BRIDGES = {
    (0x10C4, 0xEA60): ("CP210x", "cp210x"), (0x1A86, 0x7523): ("CH340", "ch341"), (0x1A86, 0x5523): ("CH341", "ch341"),
    (0x1A86, 0x55D4): ("CH9102", "cdc_acm"), (0x1A86, 0x55D3): ("CH343", "cdc_acm"), (0x0403, 0x6001): ("FT232R", "ftdi_sio"),
    (0x0403, 0x6010): ("FT2232", "ftdi_sio"), (0x0403, 0x6015): ("FT231X", "ftdi_sio"), (0x067B, 0x2303): ("PL2303", "pl2303"),
}  # fmt: skip
"""USB ids of the bridges -> what is printed on them, and Linux's driver."""
VENDORS = tuple(dict.fromkeys([ESPRESSIF, *(vendor for vendor, _ in BRIDGES)]))
"""What a browser's window of ports is to show."""
