"""What is plugged into a PC whose browser is tried: virtual boards behind `navigator.serial` (serial_shim.js), and a hand that chooses ports."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, WebSocketRoute

from devices.recipe import load_recipes
from devices.virtual.chip import Make, VirtualChip
from devices.virtual.ports import PIECE

SHIM = Path(__file__).with_name("serial_shim.js")
ADDRESS = "ws://usb.test/"
ESPRESSIF, CP210X = 0x303A, 0x10C4
PRODUCTS = {
    "c3": (0x1001, 0x1001),
    "c6": (0x1001, 0x1001),
    "s3": (0x1001, 0x4001),
    "s2": (0x0002, 0x4001),
    "esp32": (0xEA60, 0xEA60),
}
"""USB products: of the chip's ROM, and of MicroPython, which S2 and S3 show themselves as."""
CHANGING = {"s2", "s3"}
LOOKS_S = 0.4
"""How long a person looks at the browser's window at least: one that is closed sooner was closed by a policy."""
MAC, NUMBERS = b"\x24\x0a\xc4", itertools.count(1)


class Plug:
    """One end of a USB cable, as a port of a virtual board; DTR and RTS go another way, to the board's `set_signals`."""

    lines = True

    def __init__(self, pc: Pc, slot: Slot) -> None:
        self._board_side, self.pc_side = socket.socketpair()
        self.pc_side.setblocking(False)
        self._board_side.settimeout(1.0)
        self.open = False
        self.name = f"usb:{slot.name}"
        self.id = pc.plugged_in(slot, self)
        self._pc = pc

    def filenos(self) -> list[int]:
        """What is to be waited for."""
        return [self._board_side.fileno()]

    def hear(self) -> bytes | None:
        """What the page has written."""
        return self._board_side.recv(PIECE)

    def say(self, said: bytes) -> None:
        """Give this to the page, where it has the port open."""
        if self.open:
            with contextlib.suppress(TimeoutError):  # a page that does not read
                self._board_side.sendall(said)

    def close(self) -> None:
        """The port is gone."""
        self.open = False
        self._pc.pulled_out(self)
        self._board_side.close()
        self.pc_side.close()


@dataclass(eq=False)
class Slot:
    """One board at this PC."""

    name: str
    kind: str
    board: VirtualChip | None = None
    granted: set[int] = field(default_factory=set)
    """Products that the page may use: permission is for a device as it shows itself."""
    plug: Plug | None = None
    signals: list[tuple[bool, bool]] = field(default_factory=list)
    """DTR and RTS, as they were set."""

    @property
    def vendor(self) -> int:
        """Its USB vendor."""
        return CP210X if self.kind == "esp32" else ESPRESSIF

    @property
    def product(self) -> int:
        """Its USB product, as it shows itself now."""
        runs = self.board is not None and self.board.mode == "run"
        return PRODUCTS[self.kind][runs]


class Pc:
    """The PC: boards are plugged into it, pages of its browser see them by the shim."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []
        self.chooses: Callable[[list[Slot]], Slot | None] = lambda shown: shown[0] if shown else None
        """What the person does in the browser's window; None is "Cancel"."""
        self.asked = 0
        """How often that window was shown."""
        self.busy: set[str] = set()
        """Boards whose port another program holds."""
        self._ids: dict[int, tuple[Slot, Plug]] = {}
        self._last = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._page: WebSocketRoute | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def plug_in(self, name: str, kind: str, directory: Path, **more: Any) -> VirtualChip:
        """A board of this kind, made so (`devices.virtual.chip.Make`), at a free connector; it is to be entered as a context."""
        slot = Slot(name, kind)
        self.slots.append(slot)
        make = Make(reenumerates=kind in CHANGING, mac=MAC + next(NUMBERS).to_bytes(3), **more)
        signals = {slug: recipe.signals for slug, recipe in load_recipes().items()}
        slot.board = VirtualChip(kind, directory, signals=signals, make=make, faces=(lambda: Plug(self, slot),))
        return slot.board

    def plugged_in(self, slot: Slot, plug: Plug) -> int:
        """A board shows itself; called by its thread."""
        self._last += 1
        self._ids[self._last] = (slot, plug)
        slot.plug = plug
        if slot.product in slot.granted:
            self._soon({"event": "connect", **self._told(self._last)})
        return self._last

    def pulled_out(self, plug: Plug) -> None:
        """A board's port is gone; called by its thread."""
        del self._ids[plug.id]
        self._soon({"event": "disconnect", "id": plug.id})

    def pull(self, name: str) -> None:
        """Somebody pulls the cable out of this board's connector, for a moment."""
        plug = self.slot(name).plug
        assert plug is not None
        plug.open = False
        self.pulled_out(plug)
        plug.id = self.plugged_in(self.slot(name), plug)

    def slot(self, name: str) -> Slot:
        """A board by its name."""
        return next(one for one in self.slots if one.name == name)

    async def attend(self, context: BrowserContext) -> None:
        """From now on the pages of this browser see our boards, and no real one."""
        self._loop = asyncio.get_running_loop()
        await context.route_web_socket(ADDRESS, self._linked)
        await context.add_init_script(path=SHIM)

    async def _linked(self, page: WebSocketRoute) -> None:
        for _, plug in self._ids.values():  # a page that was loaded anew has nothing open
            plug.open = False
        self._page = page
        page.on_message(lambda message: self._spawn(self._hear(page, message)))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _soon(self, told: dict[str, Any]) -> None:
        if self._loop is not None and self._page is not None:
            self._loop.call_soon_threadsafe(self._page.send, json.dumps(told))

    def _told(self, number: int) -> dict[str, Any]:
        slot, _ = self._ids[number]
        return {"id": number, "vid": slot.vendor, "pid": slot.product}

    async def _hear(self, page: WebSocketRoute, message: str | bytes) -> None:
        if isinstance(message, bytes):
            if found := self._ids.get(message[0]):
                await asyncio.get_running_loop().sock_sendall(found[1].pc_side, message[1:])
            return
        asked = json.loads(message)
        answer = await getattr(self, f"_on_{asked['what']}")(page, asked)
        page.send(json.dumps({"n": asked["n"], "answer": answer}))

    async def _on_ports(self, _: WebSocketRoute, __: dict[str, Any]) -> list[dict[str, Any]]:
        return [self._told(n) for n, (slot, _) in self._ids.items() if slot.product in slot.granted]

    async def _on_request(self, _: WebSocketRoute, asked: dict[str, Any]) -> dict[str, Any] | None:
        self.asked += 1
        await asyncio.sleep(LOOKS_S)
        shown = [slot for slot, _ in self._ids.values() if not asked["vendors"] or slot.vendor in asked["vendors"]]
        slot = self.chooses(shown)
        if slot is None or slot.plug is None:
            return None
        slot.granted.add(slot.product)
        return self._told(slot.plug.id)

    async def _on_open(self, page: WebSocketRoute, asked: dict[str, Any]) -> bool:
        found = self._ids.get(asked["id"])
        if found is None or found[0].name in self.busy:
            return False
        slot, plug = found
        plug.open = True
        await self._lines(slot, dtr=True, rts=True)
        self._spawn(self._carry(page, plug))
        return True

    async def _on_close(self, _: WebSocketRoute, asked: dict[str, Any]) -> None:
        if found := self._ids.get(asked["id"]):
            found[1].open = False
            await self._lines(found[0], dtr=False, rts=False)

    async def _on_signals(self, _: WebSocketRoute, asked: dict[str, Any]) -> None:
        if found := self._ids.get(asked["id"]):
            slot = found[0]
            dtr, rts = slot.signals[-1] if slot.signals else (False, False)
            given = {name: asked[name] for name in ("dtr", "rts") if asked[name] is not None}
            await self._lines(slot, **{"dtr": dtr, "rts": rts, **given})

    async def _lines(self, slot: Slot, *, dtr: bool, rts: bool) -> None:
        slot.signals.append((dtr, rts))
        assert slot.board is not None
        await asyncio.to_thread(slot.board.set_signals, dtr=dtr, rts=rts)

    async def _carry(self, page: WebSocketRoute, plug: Plug) -> None:
        """What the board says goes to the page, as long as the port is open."""
        loop = asyncio.get_running_loop()
        while plug.open:
            with contextlib.suppress(TimeoutError):
                said = await asyncio.wait_for(loop.sock_recv(plug.pc_side, 65536), 0.2)
                if not said:
                    break
                page.send(bytes([plug.id]) + said)
