"""A command to a board: sent again until the board answers by the command's id, or time is up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import aiomqtt

from deploy.faults import AWAY, CommandError
from deploy.settings import Settings
from devices.reading import topic_of
from gateway.registry.passwords import GATEWAY

REPEAT_S = 3.0
"""A board without a link hears the next one."""
CONNECT_S = 5.0
SAFE = "mqtts"
PORTS = {"mqtt": 1883, SAFE: 8883}
LINE = re.compile(r"b(\d+)\+(\d+) (\d+|-) (.*)")
"""A line of a board's diary (devices/firmware/girouette/log.py)."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is, and who we are there."""

    url: str
    user: str = ""
    password: str = ""
    authorities: Path | None = None
    """The file of those who may vouch for it; the system's where it is None."""


def commander(settings: Settings) -> Broker:
    """The broker as `girouette cmd` enters it: never by a gateway's account, which would throw that gateway out.

    Raises CommandError where no other account is set.
    """
    url = settings.broker.split()[0] if settings.broker.split() else settings.broker
    if settings.command_user:
        return Broker(url, settings.command_user, settings.command_password.get_secret_value(), settings.broker_ca)
    user = settings.broker_user or unquote(urlsplit(url).username or "")
    if user.startswith(GATEWAY):
        raise CommandError("no_command_account", user=user)
    return Broker(url, settings.broker_user, settings.broker_password.get_secret_value(), settings.broker_ca)


@contextlib.asynccontextmanager
async def connected(broker: Broker) -> AsyncIterator[aiomqtt.Client]:
    """A connection of a session that leaves nothing behind. Raises CommandError where there is no broker, or not for us."""
    try:
        at = urlsplit(broker.url)
        host, port = at.hostname, at.port or PORTS.get(at.scheme, 0)
    except ValueError:
        raise CommandError("bad_broker", url=broker.url) from None
    if at.scheme not in PORTS or not host:
        raise CommandError("bad_broker", url=broker.url)
    user, password = broker.user or unquote(at.username or ""), broker.password or unquote(at.password or "")
    try:
        async with aiomqtt.Client(
            host, port, username=user or None, password=password or None, timeout=CONNECT_S,
            protocol=aiomqtt.ProtocolVersion.V311, tls_context=context(broker) if at.scheme == SAFE else None,
        ) as client:  # fmt: skip
            yield client
    except aiomqtt.MqttError as e:
        raise CommandError("broker_away", code=AWAY, url=f"{at.scheme}://{host}:{port}", why=e) from e


def context(broker: Broker) -> ssl.SSLContext:
    """What a connection by TLS is made with; certificate and name are checked. Raises CommandError."""
    try:
        return ssl.create_default_context(cafile=broker.authorities)
    except (OSError, ssl.SSLError) as e:
        raise CommandError("bad_broker_ca", file=broker.authorities, why=e) from e


def certificate_days(broker: Broker, *, now_s: float) -> int | None:
    """For how many days the broker's certificate is still good, None where it shows none. Raises CommandError, OSError."""
    at = urlsplit(broker.url)
    if at.scheme != SAFE:
        return None
    with (
        socket.create_connection((at.hostname or "", at.port or PORTS[SAFE]), CONNECT_S) as line,
        context(broker).wrap_socket(line, server_hostname=at.hostname) as safe,
    ):
        shown = safe.getpeercert() or {}
    return int(ssl.cert_time_to_seconds(str(shown["notAfter"])) - now_s) // 86400


async def reach(broker: Broker) -> None:
    """Afterwards the broker has let us in and out again. Raises CommandError."""
    async with connected(broker):
        return


async def give(device: str, do: str, *, broker: Broker, wait_s: float, **more: Any) -> Mapping[str, Any]:
    """The board's answer, `{"id", "ok", "why"}` and what the order brings. Raises CommandError where none comes in time."""
    async with connected(broker) as client:
        return await ask(client, device, do, wait_s=wait_s, **more)


async def ask(client: aiomqtt.Client, device: str, do: str, *, wait_s: float, **more: Any) -> Mapping[str, Any]:
    """The same over a connection that is there. A board that says that it is there hears the order at once: it may sleep soon."""
    name, there = secrets.token_hex(4), asyncio.Event()
    order = {"id": name, "do": do, "until": int(time.time() + wait_s), **more}
    await client.subscribe([(f"{topic_of(device)}/ack", 1), (f"{topic_of(device)}/state", 0)])
    sending = asyncio.create_task(repeat(client, f"{topic_of(device)}/cmd", json.dumps(order), there), name="order")
    try:
        async with asyncio.timeout(wait_s):
            async for message in client.messages:
                if message.topic.value.endswith("/state") and not message.retain:
                    there.set()
                elif (answer := answer_to(name, message.payload)) is not None:
                    return answer
    except TimeoutError:
        pass
    finally:
        sending.cancel()
    raise CommandError("no_answer", code=AWAY, device=device, seconds=f"{wait_s:g}")


async def diary(device: str, *, broker: Broker, wait_s: float) -> str:
    """The board's whole diary, oldest line first, asked for piece by piece: each may take `wait_s`. Raises CommandError."""
    pieces, place = [], 0
    async with connected(broker) as client:
        while True:
            answer = await ask(client, device, "log", wait_s=wait_s, **{"from": place})
            if answer.get("ok") is not True:
                raise CommandError("no_diary", device=device, why=answer.get("why", "?"))
            pieces.append(str(answer.get("text", "")))
            after = answer.get("next")
            if not isinstance(after, int) or not place < after < int(answer.get("end", 0)):
                return "".join(pieces)
            place = after


def lines_of(text: str) -> list[dict[str, Any]]:
    r"""A diary's lines as rows: boot, uptime in seconds, Unix time where the board knew it, and what happened.

    >>> lines_of("b2+61 1795615200 connected\nspoilt\n")
    [{'boot': 2, 'up': 61, 'time_s': 1795615200, 'text': 'connected'}, {'boot': None, 'up': None, 'time_s': None, 'text': 'spoilt'}]
    """
    return [row_of(line) for line in text.splitlines()]


def row_of(line: str) -> dict[str, Any]:
    """One line of a diary; one that a power cut spoilt is all text."""
    found = LINE.fullmatch(line)
    if found is None:
        return {"boot": None, "up": None, "time_s": None, "text": line}
    boot, up, date, what = found.groups()
    return {"boot": int(boot), "up": int(up), "time_s": None if date == "-" else int(date), "text": what}


async def repeat(client: aiomqtt.Client, topic: str, order: str, there: asyncio.Event) -> None:
    """Say it again and again, and at once when the board says that it is `there`."""
    while True:
        there.clear()
        await client.publish(topic, order, qos=0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REPEAT_S):
                await there.wait()


def answer_to(name: str, payload: object) -> Mapping[str, Any] | None:
    """The answer to the command of this id, None where the message is another.

    >>> answer_to("a1", b'{"id": "a1", "ok": true}'), answer_to("a1", b'{"id": "b2"}'), answer_to("a1", b"[")
    ({'id': 'a1', 'ok': True}, None, None)
    """
    try:
        said = json.loads(payload) if isinstance(payload, bytes) else None
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("id") == name else None
