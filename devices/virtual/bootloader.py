"""The bootloader of a chip without a chip: `esp32-mock-bootloader`, with a file as its flash; run as a script.

    python -m devices.virtual.bootloader CHIP FLASH BYTES MAC

It prints the TCP port on which it listens; each connection is a chip that was just reset into its bootloader, so that no stub
of the one before is left. It ends with its stdin. The package knows chips from esptool, which it imports: hence a process of its own.
"""

from __future__ import annotations

import importlib
import mmap
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PACKAGE = "esp32_mock_bootloader"
SECTOR = 4096
PATIENCE_S = 10.0
NAMES = {"esp32": "esp32", "s2": "esp32s2", "s3": "esp32s3", "c3": "esp32c3", "c6": "esp32c6"}
"""The chips, by our names of boards: what esptool calls them."""


def flash_image(server: Any, file: Path, size: int) -> Any:
    """A flash as the package wants one, in a file, that erases before it writes, as a chip does."""

    class FileImage(server.FlashImage):  # type: ignore[misc]
        """Flash in a file."""

        def __init__(self) -> None:
            super().__init__()
            self._defl_offset = self._plain_offset = 0
            with file.open("r+b") as opened:
                self.data = mmap.mmap(opened.fileno(), size)

        def begin_defl(self, payload: bytes) -> None:
            """Erase what is to be written, and begin."""
            super().begin_defl(payload)
            self._erase_for(payload)

        def begin_plain(self, payload: bytes) -> None:
            """Erase what is to be written, and begin."""
            super().begin_plain(payload)
            self._erase_for(payload)

        def write_defl_block(self, payload: bytes) -> None:
            """Unpack a block and write it."""
            if self._decompressor is not None:
                (length,) = struct.unpack_from("<I", payload)
                self._defl_offset = self._put(
                    self._defl_offset, self._decompressor.decompress(payload[16 : 16 + length])
                )

        def write_plain_block(self, payload: bytes) -> None:
            """Write a block."""
            (length,) = struct.unpack_from("<I", payload)
            self._plain_offset = self._put(self._plain_offset, payload[16 : 16 + length])

        def _put(self, offset: int, content: bytes) -> int:
            """Bits go from 1 to 0 only."""
            end = min(offset + len(content), size)
            there, new = (int.from_bytes(part, "big") for part in (self.data[offset:end], content[: end - offset]))
            self.data[offset:end] = (there & new).to_bytes(end - offset, "big")
            return end

        def _erase_for(self, payload: bytes) -> None:
            length, _, _, offset = struct.unpack_from("<IIII", payload)
            start, end = offset // SECTOR * SECTOR, min(-(-(offset + length) // SECTOR) * SECTOR, size)
            self.data[start:end] = b"\xff" * (end - start)

    return FileImage()


def serve(chip: str, file: Path, size: int, mac: bytes) -> None:
    """Be the chip's bootloader until stdin ends."""
    parts: list[Any] = [importlib.import_module(f"{PACKAGE}.{name}") for name in ("protocol", "registers", "server")]
    protocol, registers, server = parts
    protocol.MOCK_FLASH_ID = (
        size.bit_length() - 1
    ) << 16 | 0x4020  # a flash chip's third byte is the power of two of its size
    registers.mac_bytes_for_chip = lambda _: tuple(mac)
    vars(server)["_recv_slip_payload"] = patient(vars(server)["_consume_slip_frame"])
    flash = flash_image(server, file, size)
    threading.Thread(target=end_with_stdin, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            reached, _ = listening.accept()
            reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = server.BootloaderConnection(sock=reached)
            server.handle_client(connection, threading.Event(), NAMES[chip], exit_on_disconnect=True, flash=flash)


def patient(whole_from: Callable[[bytearray], bytes | None]) -> Any:
    """The package's wait for a tool's answer while it streams the flash: it gives up after 50 ms, which esptool takes and more."""

    def wait(connection: Any, stop: threading.Event, received: bytearray) -> bytes | None:
        until_s = time.monotonic() + PATIENCE_S
        while not stop.is_set() and time.monotonic() < until_s:
            payload = whole_from(received)
            if payload is not None:
                return payload
            try:
                piece = connection.recv(4096)
            except TimeoutError:
                continue
            if not piece:
                return None
            received.extend(piece)
        return None

    return wait


def end_with_stdin() -> None:
    """Whoever started this has ended."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), bytes.fromhex(sys.argv[4]))
