"""Tells that the board is there (`state`), how it is (`health`), and what became of a command (`ack`)."""

import asyncio
import json

STATE_MS = 60000
NO_CLOCK_MS = 3000
HEALTH_MS = 60000


class Reporter:
    """Sends `state` at each connect, every 3 s while there is no clock, then each minute, and `health` each minute."""

    def __init__(self, board, health):
        self._board = board
        self._health = health
        self._state_ms = self._health_ms = 0

    def connected(self) -> None:
        """Announce the board at once."""
        self._state_ms = self._health_ms = 0

    async def asleep(self, until_s: int) -> None:
        """Say that the board will be silent until then, as planned."""
        told = self._state()
        told["asleep_until"] = until_s
        await self._say("state", told, retain=True)

    async def run(self, beat) -> None:
        """Never returns."""
        while True:
            beat()
            if self._board.client.online:
                try:
                    await self._due(self._board.uptime.ms())
                except OSError:
                    pass  # the connection ended: the next one announces the board again
            await asyncio.sleep_ms(200)

    async def _due(self, now_ms: int) -> None:
        board = self._board
        if now_ms >= self._state_ms:
            self._state_ms = now_ms + (STATE_MS if board.clock.known else NO_CLOCK_MS)
            await self._say("state", self._state(), retain=True)
        for answer in board.commands.answers():
            await self._say("ack", answer, retain=False)
        if now_ms >= self._health_ms:
            self._health_ms = now_ms + HEALTH_MS
            figures = json.dumps(self._health.figures())
            await board.client.publish(board.config.topic + "/health", figures.encode())

    async def _say(self, channel: str, told: dict, *, retain: bool) -> None:
        board = self._board
        await board.client.publish(board.config.topic + "/" + channel, json.dumps(told).encode(), 1, retain)

    def _state(self) -> dict:
        board = self._board
        told = {
            "online": True,
            "firmware": board.config.firmware,
            "recipe": board.config.recipe,
            "boot": board.numbers.boot,
            "up": board.uptime.s(),
        }
        told.update(board.standing)
        return told
