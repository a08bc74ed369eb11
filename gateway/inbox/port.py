"""The seam to whatever brings the boards' messages: an MQTT broker today, a cluster's queue later."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from gateway.message import Message, Outgoing


class Inbox(Protocol):
    """What the pipeline needs of an inbox.

    Nothing is acknowledged but by `acknowledge`: what was not comes again, to this process or to the next one.
    """

    async def run(self) -> None:
        """Stay connected, however often the broker goes away, until cancelled."""
        ...

    def batches(self) -> AsyncIterator[list[Message]]:
        """Messages in order of arrival, as many as wait; asking for the next batch says that the last one is dealt with."""
        ...

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Afterwards the broker will not send these again; those of a connection that is gone come again all the same."""
        ...

    def send(self, messages: Sequence[Outgoing]) -> bool:
        """Hand these to the broker, without waiting; False where one of them could not be handed over."""
        ...

    async def receipts(self) -> Sequence[Message]:
        """The receipts that the broker kept, or that another gateway sent meanwhile: asked for once, after the start."""
        ...

    def ready(self) -> str | None:
        """None while every subscription stands, else a sentence that says why not."""
        ...
