"""Devices, from the command that registers them to a real broker that lets them in."""

from __future__ import annotations

import base64
import stat
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from guarded import Guarded
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from deploy.assembly import open_registry
from deploy.faults import REFUSED, USAGE
from devices.image import Identity, build_image
from devices.recipe import load_recipes
from gateway.registry.passwords import hash_password

HERE = ("--place", "48.11,-1.68")


def let_in(broker: Guarded, user: str, password: str) -> bool:
    """Does the broker accept this account?"""
    told: list[bool] = []
    client = Client(CallbackAPIVersion.VERSION2, client_id=user)
    client.username_pw_set(user, password)
    client.on_connect = lambda *args: told.append(not args[3].is_failure)
    client.connect("127.0.0.1", broker.port)
    deadline = time.monotonic() + 10
    while not told and time.monotonic() < deadline:
        client.loop(0.1)
    client.disconnect()
    return told == [True]


def test_a_device_is_told_once_and_fits_an_image(girouette: Callable[..., Any], home: Path) -> None:
    """What is printed is what a board needs; the file holds no password, only a hash that it fits."""
    told = girouette("device", "add", "--recipe", "air", "--id", "air-9", *HERE, "--json").told

    identity = Identity(told["id"], told["shard"], told["user"], told["password"], "127.0.0.1", 1883)
    assert build_image([load_recipes()["air"]], identity).settings
    assert told["topic"] == f"gir/1/{told['shard']}/air-9"
    assert told["password"].encode() not in (home / "girouette.sqlite").read_bytes()
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        kept = registry.devices()[0].password_hash
    assert told["password"] not in kept
    assert kept.startswith("$7$101$")
    assert hash_password(told["password"], bytes_of_salt(kept)) == kept


def bytes_of_salt(kept: str) -> bytes:
    """The salt of a hash."""
    return base64.b64decode(kept.split("$")[3])


def test_pilot_and_place_are_made_when_missing(girouette: Callable[..., Any]) -> None:
    """One command is enough to begin with; the same point is the same place, a number is a place, too."""
    first = girouette("device", "add", "--recipe", "air", *HERE, "--name", "Mairie", "--json").told
    second = girouette("device", "add", "--recipe", "noise", *HERE, "--json").told
    third = girouette("device", "add", "--recipe", "weather", "--place", "1", "--json").told
    fourth = girouette("device", "add", "--recipe", "air", "--place", "48.12,-1.68", "--json").told

    assert [d["id"] for d in (first, second, third, fourth)] == ["air-1", "noise-1", "weather-1", "air-2"]
    assert [d["place"] for d in (first, second, third, fourth)] == [1, 1, 1, 2]
    assert [row["slug"] for row in girouette("pilot", "list", "--json").told] == ["pilote"]
    assert [row["name"] for row in girouette("place", "list", "--json").told] == ["Mairie", "48.12, -1.68"]


def test_several_recipes_share_a_board(girouette: Callable[..., Any]) -> None:
    """The device has the channels of all, and the shortest period unless one is given."""
    told = girouette("device", "add", "--recipe", "air", "--recipe", "noise", *HERE, "--period", "10", "--json").told
    same = girouette("device", "add", "--recipe", "air+noise", "--place", "48.12,-1.68", "--json").told
    row, other = girouette("device", "list", "--json").told

    assert (row["recipe"], told["period_s"]) == ("air+noise", 10.0)
    assert (other["recipe"], same["period_s"], set(other["series"])) == ("air+noise", 60.0, set(row["series"]))
    assert {"temperature", "pm2_5", "noise_level"} <= set(row["series"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--recipe", "smell", *HERE), "no recipe is called smell; there are air, "),
        (("--recipe", "air", *HERE, "--id", "Air 1"), "cannot name a device"),
        (("--recipe", "air", *HERE, "--id", "gateway-0"), "is the name of a service"),
        (("--recipe", "air", *HERE, "--id", "watch"), "is the name of a service"),
        (("--recipe", "air", "--place", "7"), "has no place 7"),
        (("--recipe", "air", "--place", "town hall"), "is no point"),
        (("--recipe", "air", "--recipe", "air", *HERE), "only one of them on this board"),
        (("--recipe", "air", *HERE, "--pilot", "rennes"), "no pilot is called rennes"),
        (("--recipe", "air", *HERE, "--since", "ever"), "is no duration"),
    ],
)
def test_a_device_is_refused_with_what_to_do(
    words: tuple[str, ...], sentence: str, girouette: Callable[..., Any]
) -> None:
    """One sentence, and no device is registered."""
    girouette("pilot", "add", "redon", "Redon")
    typed = girouette("device", "add", *words)

    assert sentence in typed.err
    assert girouette("device", "list", "--json").told == []


@pytest.mark.slow
def test_a_name_is_never_given_twice(girouette: Callable[..., Any]) -> None:
    """Not even after its device is retired: what it measured stays its own."""
    girouette("device", "add", "--recipe", "air", *HERE, "--id", "air-1")
    girouette("device", "stage", "air-1", "retired")

    again = girouette("device", "add", "--recipe", "air", *HERE, "--id", "air-1")
    next_one = girouette("device", "add", "--recipe", "air", *HERE, "--json").told

    assert (again.code, "names are never given twice" in again.err) == (REFUSED, True)
    assert next_one["id"] == "air-2"


def test_what_was_measured_before_the_registration_counts(girouette: Callable[..., Any]) -> None:
    """The first installation begins a day ago, or as long ago as asked, but not before another device left the place."""
    girouette("device", "add", "--recipe", "air", *HERE, "--id", "old", "--since", "2h")
    girouette("device", "stage", "old", "retired")
    girouette("device", "add", "--recipe", "air", *HERE, "--id", "new")

    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        first, second = registry.installations()
    assert 7190 <= time.time() - first.start_s <= 7290
    assert first.end_s is not None
    assert second.start_s >= first.end_s


def test_who_adds_a_device_reads_what_comes_next(girouette: Callable[..., Any]) -> None:
    """The private address of its page, and the command that publishes it."""
    added = girouette("device", "add", "--recipe", "air", "--id", "air-1", *HERE).out
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        link = registry.identities.device("air-1").link

    assert f"opens in private by /d/{link}" in added
    assert "girouette device stage air-1 public" in added


def test_who_hides_what_was_public_is_told_so(girouette: Callable[..., Any]) -> None:
    """Only where something was public, and not where a retired device leaves it public."""
    girouette("device", "add", "--recipe", "air", "--id", "air-1", *HERE)
    stages = ("essai", "public", "essai", "public", "retired")

    told = ["hidden" in girouette("device", "stage", "air-1", stage).out for stage in stages]

    assert told == [False, False, True, False, False]


def test_stages_are_dated_and_told(girouette: Callable[..., Any]) -> None:
    """A device begins in `atelier`; the public sees it from the moment on when it becomes public."""
    girouette("device", "add", "--recipe", "air", *HERE, "--id", "air-1")
    assert girouette("device", "list", "--json").told[0]["stage"] == "atelier"

    assert girouette("device", "stage", "air-1", "public", "--json").told == {
        "id": "air-1",
        "stage": "public",
        "reload": None,
    }
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        (start_s, end_s), = registry.public_spans(1)  # fmt: skip
    assert abs(start_s - time.time()) < 60
    assert end_s is None


def test_without_a_folder_of_accounts_it_is_said(girouette: Callable[..., Any]) -> None:
    """Somebody whose broker has accounts learns which setting is missing."""
    assert "GIROUETTE_ACCOUNTS is not set" in girouette("device", "add", "--recipe", "air", *HERE).out


@pytest.mark.slow
def test_a_running_broker_lets_a_new_device_in_and_a_retired_one_out(
    broker: Guarded, girouette: Callable[..., Any], until: Callable[..., None]
) -> None:
    """The files are written anew and the broker reads them: nothing is to be typed."""
    told = girouette("device", "add", "--recipe", "air", *HERE, "--json").told
    assert told["reload"] is None
    until(lambda: let_in(broker, told["user"], told["password"]), what="the new device let in")
    assert not let_in(broker, told["user"], "another password")

    girouette("device", "stage", told["id"], "retired")
    until(lambda: not let_in(broker, told["user"], told["password"]), what="the retired device kept out")


def test_nothing_is_registered_where_accounts_cannot_be_written(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that no broker knows would be told once and lost."""
    (home / "accounts").mkdir()
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(home / "accounts"))

    refused = girouette("device", "add", "--recipe", "air", *HERE)

    assert (refused.code, "girouette deploy init" in refused.err) == (REFUSED, True)
    assert not (home / "girouette.sqlite").exists()


def test_a_device_is_not_called_like_a_service(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be given the gateway's rights on the broker; nothing is registered."""
    (home / "accounts").mkdir()
    (home / "accounts/services").write_text(f"gateway-0:{hash_password('x', b'twelve bytes')}\n")
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(home / "accounts"))

    refused = girouette("device", "add", "--recipe", "air", "--id", "gateway-0", *HERE)

    assert (refused.code, "another name" in refused.err) == (REFUSED, True)
    assert not (home / "girouette.sqlite").exists()


def test_the_command_is_shown_where_the_broker_cannot_be_told(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are written, and what reloads the broker stands in the answer."""
    (home / "accounts").mkdir()
    (home / "accounts/services").write_text(f"gateway-0:{hash_password('x', b'twelve bytes')}\n")
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(home / "accounts"))

    typed = girouette("device", "add", "--recipe", "air", *HERE, "--json")

    assert typed.told["reload"] == "sudo systemctl reload mosquitto"
    assert "air-1:" in (home / "accounts/passwords").read_text()
    assert stat.S_IMODE((home / "accounts/passwords").stat().st_mode) == 0o640


def test_a_password_is_told_even_where_accounts_cannot_be_written(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device is registered, the accounts' folder takes no file: what is left to type stands in the answer."""
    (home / "accounts/.passwords.new").mkdir(parents=True)  # no file can be written in its place
    (home / "accounts/services").write_text(f"gateway-0:{hash_password('x', b'twelve bytes')}\n")
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(home / "accounts"))

    typed = girouette("device", "add", "--recipe", "air", *HERE, "--json")

    assert (typed.told["reload"], len(typed.told["password"])) == ("girouette deploy accounts", 43)
    assert ".passwords.new" in typed.err
    (home / "accounts/.passwords.new").rmdir()
    assert girouette("deploy", "accounts").code == 0
    assert "air-1:" in (home / "accounts/passwords").read_text()


@pytest.mark.parametrize("period", ["0", "-3", "90000", "often"])
def test_a_period_that_no_board_can_keep_is_refused(period: str, girouette: Callable[..., Any]) -> None:
    """From a second to a day: the line is wrong, and nothing is registered."""
    typed = girouette("device", "add", "--recipe", "air", *HERE, "--period", period)

    assert (typed.code, typed.err.startswith("girouette: the value of --period does not fit")) == (USAGE, True)
