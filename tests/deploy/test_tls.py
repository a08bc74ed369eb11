"""The broker that we ship, over TLS: accounts and rules as ever, certificates read again, gateway and commands let in by name."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import secrets
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest
from guarded import SERVICE_NAMES, Guarded, row

from deploy.accounts import SERVICES, write_accounts
from deploy.assembly import open_inbox
from deploy.authority import add, make, renew
from deploy.doctor import Machine, broker
from deploy.faults import CommandError
from deploy.initialise import ROOT, broker_conf
from deploy.orders import Broker, certificate_days, commander, reach
from deploy.settings import Settings
from devices.refusal import SpokenError
from gateway.inbox.port import Inbox
from gateway.message import Outgoing
from gateway.registry.passwords import hash_password

pytestmark = [
    pytest.mark.slow,
    # paho leaves the socket of a handshake that failed to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:.*<ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]
MOSQUITTO = "listener 8883"


class Town(Guarded):
    """The same broker with a listener over TLS beside the plain one."""

    safe: int

    @property
    def authorities(self) -> Path:
        """Who may vouch for it."""
        return self.home / "state/tls/authorities.pem"

    def lay(self) -> None:
        """Write configuration, accounts, authority and certificate."""
        for name in ("accounts", "broker"):
            (self.home / name).mkdir(parents=True)
        make(self.home, ["localhost"], now=dt.datetime.now(dt.UTC))
        (self.home / "tls").symlink_to(self.home / "state/tls")
        text = broker_conf(str(self.home), listen=f"listener {self.port} 127.0.0.1", safe=True)
        as_root = "user root\n" if os.geteuid() == 0 else ""
        self.conf.write_text(text.replace(MOSQUITTO, f"listener {self.safe} 127.0.0.1") + as_root)
        lines = (f"{name}:{hash_password(name, secrets.token_bytes(12))}\n" for name in SERVICE_NAMES)
        (self.accounts / SERVICES).write_text("".join(lines))
        write_accounts(self.accounts, (row("air-1"),))

    def settings(self, **more: object) -> Settings:
        """As gateway and commands on another computer are set."""
        given = {"broker_user": "gateway-0", "broker_password": "gateway-0", "command_user": "commands", **more}
        given |= {"broker": f"mqtts://localhost:{self.safe}", "command_password": "commands"}
        return Settings(**{"broker_ca": self.authorities, **given})  # type: ignore[arg-type]


@pytest.fixture
def town(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Town]:
    """A town's broker, running as it does in its container."""
    here = Town(tmp_path / "town", free_port(), part("mosquitto"), until)
    here.safe = free_port()
    here.lay()
    script = [str(ROOT / "deploy/mosquitto/start.sh"), str(here.conf), str(here.home / "broker"), str(here.accounts)]
    here.start(["/bin/sh", *script, str(here.home / "state/tls")])
    yield here
    here.stop()


def board(town: Town, name: str, **options: object) -> aiomqtt.Client:
    """A board's connection over TLS."""
    trusted = ssl.create_default_context(cafile=town.authorities)
    return aiomqtt.Client("localhost", town.safe, username=name, password=name, tls_context=trusted, **options)  # type: ignore[arg-type]


async def connected(inbox: Inbox) -> asyncio.Task[None]:
    """Run an inbox until it is ready."""
    task = asyncio.create_task(inbox.run())  # type: ignore[attr-defined]
    async with asyncio.timeout(20):
        while inbox.ready() is not None:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.05)
    return task


def test_packs_and_receipts_pass_between_board_and_gateway(town: Town) -> None:
    """Two hundred packs of 12 KiB, more than a record of TLS holds at once, come whole; a receipt goes back."""
    packs = [f"{n:03}".encode() * 4096 for n in range(200)]

    async def test() -> None:
        inbox = open_inbox(town.settings())
        task = await connected(inbox)
        async with asyncio.timeout(30), board(town, "air-1") as client:
            await client.subscribe("gir/1/82/air-1/kept")
            sending = asyncio.gather(*(client.publish("gir/1/82/air-1/obs", pack, qos=1) for pack in packs))
            got = []
            async for batch in inbox.batches():
                inbox.acknowledge(batch)
                got += [message.payload for message in batch]
                if len(got) == len(packs):
                    break
            await sending
            assert sorted(got) == packs
            assert inbox.send([Outgoing("gir/1/82/air-1/kept", b"{}", 0, retain=True)])
            assert (await anext(client.messages)).payload == b"{}"
        task.cancel()

    asyncio.run(test())


def test_no_board_takes_the_name_of_another(town: Town) -> None:
    """As without TLS: whatever client id it gives, it is the account's, and its own connection is the one that ends."""

    async def test() -> None:
        inbox = open_inbox(town.settings())
        task = await connected(inbox)
        async with board(town, "air-1", identifier="gateway-0"):
            await asyncio.sleep(0.3)
        assert inbox.ready() is None
        task.cancel()

    asyncio.run(test())


def test_a_new_certificate_is_read_within_a_second_and_nobody_is_cut(town: Town, until: Callable[..., None]) -> None:
    """The next authority signs, those who know it come in, and a connection that stands goes on."""
    now = dt.datetime.now(dt.UTC)
    old = town.authorities.read_bytes()
    (town.home / "old.pem").write_bytes(old)
    known_only_the_old = Broker(f"mqtts://localhost:{town.safe}", "commands", "commands", town.home / "old.pem")

    async def refused() -> bool:
        try:
            await reach(known_only_the_old)
        except CommandError as e:
            assert "certificate verify failed" in str(e)  # noqa: PT017 - any other reason is a fault
            return True
        return False

    async def test() -> None:
        inbox = open_inbox(town.settings())
        task = await connected(inbox)
        assert not await refused()
        add(town.home, now=now)
        renew(town.home, use=2, names=(), now=now)
        async with asyncio.timeout(20):
            while not await refused():  # noqa: ASYNC110 - the broker tells nobody
                await asyncio.sleep(0.2)
        assert inbox.ready() is None
        await reach(commander(town.settings()))
        task.cancel()

    asyncio.run(test())


@pytest.mark.parametrize("ca", ["other", "empty", "absent"])
def test_who_cannot_check_the_broker_does_not_speak_to_it(town: Town, tmp_path: Path, ca: str) -> None:
    """Another authority refuses the broker; a file without any is refused with a sentence before anything is sent."""
    file = tmp_path / "ca.pem"
    if ca == "other":
        make(tmp_path / "other", ["localhost"], now=dt.datetime.now(dt.UTC))
        file = tmp_path / "other/state/tls/authorities.pem"
    elif ca == "empty":
        file.write_text("")
    settings = town.settings(broker_ca=file)

    with pytest.raises(CommandError, match="certificate verify failed" if ca == "other" else "GIROUETTE_BROKER_CA"):
        asyncio.run(reach(commander(settings)))
    if ca != "other":
        with pytest.raises(SpokenError, match="GIROUETTE_BROKER_CA"):
            open_inbox(settings)


def test_the_doctor_warns_two_months_before(town: Town) -> None:
    """It connects as ever, and looks at how long the certificate is good for."""
    settings, now_s = town.settings(), dt.datetime.now(dt.UTC).timestamp()

    assert broker(Machine(settings, "en", lambda: now_s)).ok
    late = broker(Machine(settings, "en", lambda: now_s + 700 * 86400))

    assert (late.ok, "is good for 29 days only" in late.told or "is good for 30 days only" in late.told) == (
        False,
        True,
    )
    assert certificate_days(Broker("mqtt://localhost"), now_s=now_s) is None
