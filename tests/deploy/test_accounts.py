"""Who may connect to the broker and who may write what: the files that we make, judged by a real mosquitto."""

from __future__ import annotations

import base64
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import paho.mqtt.client as mqtt
import pytest
from guarded import SERVICE_NAMES, Guarded, row
from paho.mqtt.enums import CallbackAPIVersion

from deploy.accounts import (
    BOARD_READS,
    BOARD_WRITES,
    GATEWAY_WRITES,
    PASSWORDS,
    RULES,
    WATCHED,
    Account,
    AccountsError,
    accounts_of,
    device_account,
    hang_up,
    password_file,
    read_services,
    rules_file,
    service_account,
    write_accounts,
)
from gateway.registry.passwords import hash_password

pytestmark = pytest.mark.slow
"""Over a real broker, which takes its time: not for the loop."""

BOARD, OTHER = row("air-1"), row("noise-7")
HERE, THERE = f"gir/1/{BOARD.shard}/air-1", f"gir/1/{OTHER.shard}/noise-7"
WRONG_SHARD = f"{int(BOARD.shard, 16) ^ 1:02x}"


@pytest.fixture
def broker(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Guarded]:
    """A broker that knows the services and two devices."""
    here = Guarded(tmp_path / "guarded", free_port(), part("mosquitto"), until)
    here.lay()
    write_accounts(here.accounts, (BOARD, OTHER))
    try:
        here.start()
        yield here
    finally:
        here.stop()


class Client:
    """Somebody on the broker, over MQTT 5, so that refusals can be seen; the wire itself is 3.1.1."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self.heard: list[str] = []
        self.code: str | None = None
        self.answered = threading.Event()
        self.refused: dict[int, str] = {}
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(user, password)
        # This mosquitto closes the connection after a refused message.
        self.client.reconnect_delay_set(0.02, 0.02)
        self.client.on_connect = self._connected
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self.client.on_publish = lambda _c, _u, mid, code, _p: self.refused.__setitem__(mid, str(code))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.answered.wait(10)

    def _connected(self, client: mqtt.Client, _: object, __: object, code: object, ___: object) -> None:
        self.code = str(code)
        client.subscribe([("#", mqtt.SubscribeOptions(qos=1)), ("$SYS/#", mqtt.SubscribeOptions(qos=1))])
        self.answered.set()

    def says(self, *topics: str, until: Callable[..., None]) -> dict[str, str]:
        """What the broker answers to a message on each of these topics."""
        sent = {topic: self.client.publish(topic, b"{}", qos=1).mid for topic in topics}
        until(lambda: set(sent.values()) <= set(self.refused), what="an answer to every message")
        return {topic: self.refused[mid] for topic, mid in sent.items()}

    def close(self) -> None:
        """Go away."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def clients(broker: Guarded) -> Iterator[SimpleNamespace]:
    """A gateway, both devices, and the services that only ask."""
    names = {"gateway": "gateway-0", "commands": "commands", "watch": "watch", "board": "air-1", "other": "noise-7"}
    there = {who: Client(broker.port, name, name) for who, name in names.items()}
    yield SimpleNamespace(**there)
    for client in there.values():
        client.close()


@pytest.mark.slow
def test_a_board_writes_its_own_four_channels_and_nothing_else(
    clients: SimpleNamespace, until: Callable[..., None]
) -> None:
    """Its own obs, health, state and ack arrive; another's, another shard's, and what only gateways write are refused."""
    allowed = [f"{HERE}/{channel}" for channel in BOARD_WRITES]
    refused = [f"{HERE}/{channel}" for channel in (*BOARD_READS, "anything")]
    refused += [f"{THERE}/{channel}" for channel in (*BOARD_WRITES, *BOARD_READS)]
    refused += [f"gir/1/{WRONG_SHARD}/air-1/obs", "gir/1/obs", "$SYS/broker/uptime", "elsewhere"]

    answers = clients.board.says(*refused, *allowed, until=until)
    until(lambda: set(allowed) <= set(clients.gateway.heard), what="the gateway heard what is allowed")

    assert {topic for topic, answer in answers.items() if answer == "Success"} == set(allowed)
    assert {topic for topic in clients.gateway.heard if topic.startswith("gir/")} == set(allowed)


def test_a_board_reads_its_own_four_channels_and_nothing_else(
    clients: SimpleNamespace, until: Callable[..., None]
) -> None:
    """Though it asks for everything, it hears kept, time, cmd and piece of its own, and nothing of another's or its own writing."""
    mine = [f"{HERE}/{channel}" for channel in BOARD_READS]
    theirs = [f"{THERE}/{channel}" for channel in BOARD_READS]
    told = [topic for topic in (*theirs, *mine) if not topic.endswith("/piece")]
    assert set(clients.gateway.says(*told, until=until).values()) == {"Success"}
    assert set(clients.commands.says(f"{THERE}/piece", f"{HERE}/piece", until=until).values()) == {"Success"}
    clients.board.says(f"{HERE}/obs", until=until)
    clients.other.says(f"{THERE}/obs", until=until)

    until(lambda: len(clients.board.heard) >= 4 and len(clients.other.heard) >= 4, what="both boards heard theirs")

    assert sorted(clients.board.heard) == sorted(mine)
    assert sorted(clients.other.heard) == sorted(theirs)


def test_a_gateway_writes_receipts_times_and_commands_only(
    clients: SimpleNamespace, until: Callable[..., None]
) -> None:
    """It may not pretend to be a board."""
    answers = clients.gateway.says(*(f"{HERE}/{c}" for c in (*BOARD_WRITES, *BOARD_READS)), until=until)

    assert {topic for topic, answer in answers.items() if answer == "Success"} == {
        f"{HERE}/{c}" for c in GATEWAY_WRITES
    }


def test_commands_go_out_by_an_account_of_their_own(clients: SimpleNamespace, until: Callable[..., None]) -> None:
    """`girouette cmd` and `update` write `cmd` and `piece` and hear `ack` and `state`, without pushing the gateway off its connection."""
    answers = clients.commands.says(*(f"{HERE}/{c}" for c in (*BOARD_WRITES, *BOARD_READS)), until=until)
    clients.board.says(*(f"{HERE}/{channel}" for channel in BOARD_WRITES), until=until)
    until(lambda: len(clients.commands.heard) >= 2, what="an answer and a state heard")

    assert {topic for topic, answer in answers.items() if answer == "Success"} == {f"{HERE}/cmd", f"{HERE}/piece"}
    assert set(clients.commands.heard) == {f"{HERE}/ack", f"{HERE}/state"}
    assert clients.gateway.client.is_connected()


def test_the_watcher_sees_that_the_broker_lives_and_nothing_more(
    clients: SimpleNamespace, until: Callable[..., None]
) -> None:
    """The account of the health check hears the broker's uptime, and writes nothing."""
    clients.board.says(f"{HERE}/obs", until=until)
    until(lambda: clients.watch.heard, what="the uptime")

    assert set(clients.watch.heard) == {"$SYS/broker/uptime"}
    assert set(clients.watch.says(f"{HERE}/cmd", until=until).values()) == {"Not authorized"}


@pytest.mark.parametrize(
    ("user", "password"), [("", ""), ("air-1", ""), ("air-1", "noise-7"), ("unknown", "air-1"), ("watch", "air-1")]
)
def test_nobody_comes_in_without_a_password(broker: Guarded, user: str, password: str) -> None:
    """No account, a wrong or empty password, another's password: refused."""
    client = Client(broker.port, user, password)
    client.close()

    assert client.code == "Not authorized"


def test_changed_accounts_count_after_a_hang_up(
    broker: Guarded, clients: SimpleNamespace, until: Callable[..., None]
) -> None:
    """A new device may connect, a retired one may not, and the gateway keeps its connection."""
    retired = replace(OTHER, stage="retired")

    assert write_accounts(broker.accounts, (BOARD, retired, row("weather-2")))
    assert hang_up(broker.home / "mosquitto.pid") is None

    until(lambda: comes_in(broker, "weather-2"), what="the new device let in")
    assert not comes_in(broker, "noise-7")
    assert clients.gateway.client.is_connected()


def comes_in(broker: Guarded, name: str) -> bool:
    """May this device connect?"""
    client = Client(broker.port, name, name)
    client.close()
    return client.code == "Success"


def test_hashes_are_those_of_mosquitto(tmp_path: Path, part: Callable[[str], str]) -> None:
    """What mosquitto's own tool makes of a password, we make with its salt."""
    part("mosquitto")
    file = tmp_path / "passwords"
    file.touch()
    subprocess.run(["mosquitto_passwd", "-b", str(file), "air-1", "a word"], check=True)
    theirs = file.read_text().strip().split(":", 1)[1]

    assert hash_password("a word", base64.b64decode(theirs.split("$")[3])) == theirs


def test_files_are_written_whole_private_and_only_when_changed(tmp_path: Path) -> None:
    """Both files are readable by owner and group alone; writing the same again changes nothing."""
    services = "".join(f"{name}:{hash_password(name, b'twelve bytes')}\n" for name in SERVICE_NAMES)
    (tmp_path / "services").write_text(services)

    assert write_accounts(tmp_path, (BOARD,))
    assert not write_accounts(tmp_path, (BOARD,))
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (PASSWORDS, RULES)} == {0o640}
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["services", PASSWORDS, RULES])
    assert [a.user for a in read_services(tmp_path)] == list(SERVICE_NAMES)


def test_texts_of_both_files() -> None:
    """One line an account in the one file, a paragraph in the other, devices by name after the services."""
    accounts = accounts_of((OTHER, BOARD), (service_account("watch", BOARD.password_hash),))

    assert [line.split(":")[0] for line in password_file(accounts).splitlines()] == ["watch", "air-1", "noise-7"]
    assert rules_file(accounts).split("\n\n")[1].splitlines() == [
        "user air-1",
        *(f"topic write {HERE}/{channel}" for channel in BOARD_WRITES),
        *(f"topic read {HERE}/{channel}" for channel in BOARD_READS),
    ]


def test_who_has_no_account() -> None:
    """A retired device, and one that was never given a password."""
    assert accounts_of((replace(BOARD, stage="retired"), replace(OTHER, password_hash=""))) == ()


@pytest.mark.parametrize("name", ["gateway-0", "watch"])
def test_a_device_may_not_have_the_name_of_a_service(name: str) -> None:
    """Else its password would open the service's rights."""
    with pytest.raises(AccountsError, match="choose another name"):
        accounts_of((row(name),), (service_account(name, BOARD.password_hash),))


@pytest.mark.parametrize(
    ("user", "password_hash"),
    [("a b", BOARD.password_hash), ("a\nuser root", BOARD.password_hash), ("a", "plain"), ("a", "$7$1$a$b\nroot:x")],
)
def test_no_name_and_no_hash_can_write_a_line_of_its_own(user: str, password_hash: str) -> None:
    """What could break out of its line is refused."""
    with pytest.raises(AccountsError):
        Account(user, password_hash, ())
    with pytest.raises(AccountsError):
        device_account(replace(BOARD, user=user, password_hash=password_hash))


def test_without_services_it_says_what_to_type(tmp_path: Path) -> None:
    """A folder that was not initialised is refused with the command that makes one."""
    with pytest.raises(AccountsError, match="girouette deploy init"):
        write_accounts(tmp_path, (BOARD,))


def test_a_broker_that_is_not_ours_is_reloaded_by_hand(tmp_path: Path) -> None:
    """Where its process is unknown or gone, the command to type is returned."""
    gone = tmp_path / "mosquitto.pid"
    gone.write_text("not a number\n")

    assert hang_up(None) == "sudo systemctl reload mosquitto"
    assert str(gone) in (hang_up(gone) or "")
    assert str(tmp_path / "none") in (hang_up(tmp_path / "none") or "")
    assert hang_up(None, folder=tmp_path) == "sudo systemctl reload mosquitto"


def test_a_broker_that_watches_its_accounts_needs_no_word(tmp_path: Path) -> None:
    """In the folder that `deploy init` makes nothing is left to type."""
    (tmp_path / WATCHED).touch()

    assert hang_up(None, folder=tmp_path) is None
