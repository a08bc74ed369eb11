"""What a board on a battery does at power-on, before it measures: somebody may be there who gives it a network."""

import asyncio

from girouette.doors import LISTEN_S
from girouette.improv import Improv
from girouette.net import Link


async def listen_first(config, uptime, feed) -> None:
    """Listen for a while, and take over the networks that were given."""
    link = Link(config.networks)
    calls = asyncio.create_task(link.run(feed))
    improv = Improv(link, config)
    await improv.run(lambda: uptime.s() >= LISTEN_S and not improv.heard_lately())
    calls.cancel()
    config.networks = link.networks
