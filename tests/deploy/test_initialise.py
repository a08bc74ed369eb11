"""The folder of one town's server: complete, private, with secrets of its own, and never overwritten."""

from __future__ import annotations

import base64
import datetime as dt
import os
import re
import stat
from importlib.metadata import version
from pathlib import Path

import pytest
from guarded import row

from deploy.accounts import (
    PASSWORDS,
    RULES,
    accounts_of,
    password_file,
    read_services,
    write_accounts,
)
from deploy.authority import make
from deploy.initialise import SHIPPED, InitialiseError, broker_conf, initialise, listen_safely, renew, rotate
from gateway.registry.passwords import hash_password

SECRETS = {
    "broker_password",
    "command_password",
    "grafana_operator",
    "influx_operator",
    "influx_reader",
    "influx_reader_password",
    "influx_token",
    "mosquitto_sub",
}


def panels(directory: Path) -> None:
    """What stands in for the dashboards here."""
    directory.mkdir(exist_ok=True)
    (directory / "board.json").write_text("{}")


def words(directory: Path) -> set[str]:
    """Every random word of a folder's secrets."""
    return {w for file in (directory / "secrets").iterdir() for w in re.findall(r"[0-9a-f]{64}", file.read_text())}


def test_the_folder_is_complete(tmp_path: Path) -> None:
    """Files of the package, configuration, secrets, settings, accounts and dashboards are there and listed."""
    town = tmp_path / "town"

    made = initialise(town, dashboards=panels)

    assert {p.name for p in (town / "secrets").iterdir()} == SECRETS
    assert {*SHIPPED, "mosquitto.conf", ".env"} <= {p.name for p in town.iterdir()}
    assert {p.relative_to(town).as_posix() for p in made} >= {
        "grafana/board.json",
        f"state/accounts/{PASSWORDS}",
        f"state/accounts/{RULES}",
    }
    assert set(made) == {p for p in town.rglob("*") if p.is_file()}


def test_secrets_are_private(tmp_path: Path) -> None:
    """Nobody but the owner reads secrets, settings or the accounts' hashes, or enters what is kept."""
    town = tmp_path / "town"
    initialise(town, dashboards=panels)
    private = [*(town / "secrets").iterdir(), town / ".env", town / "state/accounts/services"]
    rooms = [town / "secrets", *(town / "state").iterdir()]

    assert {stat.S_IMODE(p.stat().st_mode) for p in private} == {0o600}
    assert {stat.S_IMODE(p.stat().st_mode) for p in rooms} == {0o700}
    assert {stat.S_IMODE((town / "state/accounts" / n).stat().st_mode) for n in (PASSWORDS, RULES)} == {0o640}
    assert len({p.stat().st_uid for p in town.rglob("*")}) == 1


def test_no_two_towns_share_a_secret_and_none_is_used_twice(tmp_path: Path) -> None:
    """256 random bits each: eight files, seven words of their own."""
    for name in ("one", "two"):
        initialise(tmp_path / name, dashboards=panels)

    assert len(words(tmp_path / "one")) == len(words(tmp_path / "two")) == 7
    assert not words(tmp_path / "one") & words(tmp_path / "two")
    assert not any(w in p.read_text() for w in words(tmp_path / "one") for p in (tmp_path / "one").glob("*.*"))


def test_the_accounts_open_with_the_secrets(tmp_path: Path) -> None:
    """The hashes that the broker reads are those of the words that the services are given."""
    initialise(tmp_path / "town", dashboards=panels)
    given = {
        "gateway-0": (tmp_path / "town/secrets/broker_password").read_text(),
        "commands": (tmp_path / "town/secrets/command_password").read_text(),
        "watch": (tmp_path / "town/secrets/mosquitto_sub").read_text().split()[-1],
    }
    lines = (tmp_path / "town/state/accounts" / PASSWORDS).read_text().splitlines()

    for user, hashed in (line.split(":", 1) for line in lines):
        assert opens(hashed, given.pop(user))
    assert given == {}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A second time it is refused with a sentence, and every byte stays."""
    town = tmp_path / "town"
    initialise(town, dashboards=panels)
    before = {p: p.read_bytes() for p in town.rglob("*") if p.is_file()}

    with pytest.raises(InitialiseError, match="choose another folder"):
        initialise(town, dashboards=panels)

    assert {p: p.read_bytes() for p in town.rglob("*") if p.is_file()} == before


def test_an_upgrade_renews_what_is_shipped_and_nothing_else(tmp_path: Path) -> None:
    """Files of the package are as shipped again, and the version is named; secrets, settings and state are as they were."""
    town = tmp_path / "town"
    initialise(town, dashboards=panels)
    kept = {p: p.read_bytes() for d in ("secrets", "state") for p in (town / d).rglob("*") if p.is_file()}
    (town / "compose.yaml").write_text("services: {}\n")
    (town / ".env").write_text("GIROUETTE_UID=7\nGIROUETTE_VERSION=0.0.1\n# mine\n")

    renew(town, dashboards=panels)

    assert "mosquitto:" in (town / "compose.yaml").read_text()
    assert (town / ".env").read_text() == f"GIROUETTE_UID=7\nGIROUETTE_VERSION={version('girouette')}\n# mine\n"
    assert stat.S_IMODE((town / ".env").stat().st_mode) == 0o600
    assert {p: p.read_bytes() for p in kept} == kept


def test_new_passwords_open_the_broker_and_old_ones_do_not(tmp_path: Path) -> None:
    """The services' secrets and hashes change together; boards, rights and every other secret stay."""
    town = tmp_path / "town"
    initialise(town, dashboards=panels)
    accounts = town / "state/accounts"
    write_accounts(accounts, (row("air-1"),))
    before = {p: p.read_text() for p in town.rglob("*") if p.is_file()}

    changed = rotate(town)

    after = {p: p.read_text() for p in town.rglob("*") if p.is_file()}
    assert {p for p in after if after[p] != before[p]} == {*changed, accounts / "services", accounts / PASSWORDS}
    assert stat.S_IMODE((town / "secrets/broker_password").stat().st_mode) == 0o600
    assert after[accounts / PASSWORDS] == password_file(accounts_of((row("air-1"),), read_services(accounts)))
    hashed = {line.split(":")[0]: line.split(":", 1)[1] for line in after[accounts / PASSWORDS].splitlines()}
    assert opens(hashed["gateway-0"], after[town / "secrets/broker_password"])
    assert opens(hashed["commands"], after[town / "secrets/command_password"])
    assert opens(hashed["watch"], after[town / "secrets/mosquitto_sub"].split()[-1])
    assert opens(hashed["air-1"], "air-1")
    assert not opens(hashed["gateway-0"], before[town / "secrets/broker_password"])


def opens(hashed: str, word: str) -> bool:
    """Is this the password of the hash?"""
    return hash_password(word, base64.b64decode(hashed.split("$")[3])) == hashed


def test_only_a_deployment_gets_new_passwords(tmp_path: Path) -> None:
    """Elsewhere nothing is written."""
    with pytest.raises(InitialiseError, match="girouette deploy init"):
        rotate(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_only_a_deployment_is_upgraded(tmp_path: Path) -> None:
    """Elsewhere it is refused with the command that makes one."""
    with pytest.raises(InitialiseError, match="girouette deploy init"):
        renew(tmp_path, dashboards=panels)


def test_the_broker_listens_on_loopback_until_told_otherwise(tmp_path: Path) -> None:
    """What is shipped takes no connection from outside; files lie where the folder is."""
    shipped, moved = broker_conf(), broker_conf(str(tmp_path), listen="listener 7 127.0.0.1")

    assert [line for line in shipped.splitlines() if line.startswith("listener")] == ["listener 1883 127.0.0.1"]
    assert "allow_anonymous false" in shipped
    assert "/var/lib" not in moved
    assert f"{tmp_path}/accounts/passwords" in moved


def test_settings_say_who_runs_the_services(tmp_path: Path) -> None:
    """Root's folder is given away to nobody in particular; somebody's own stays theirs."""
    initialise(tmp_path / "town", dashboards=panels)
    owner = (tmp_path / "town").stat().st_uid

    assert f"GIROUETTE_UID={owner}" in (tmp_path / "town/.env").read_text()
    assert owner == (10001 if os.geteuid() == 0 else os.getuid())


def test_boards_are_listened_to_over_tls_once_there_is_a_certificate(tmp_path: Path) -> None:
    """`girouette authority make` adds the listener, an upgrade keeps it, and its accounts are as strict as the plain one's."""
    town = tmp_path / "town"
    initialise(town, dashboards=panels)
    conf = town / "mosquitto.conf"
    assert "8883" not in conf.read_text()

    make(town, ["broker.example"], now=dt.datetime.now(dt.UTC))
    listen_safely(town)
    renew(town, dashboards=panels)

    text = conf.read_text()
    assert [line for line in text.splitlines() if line.startswith("listener")] == ["listener 1883", "listener 8883"]
    assert text.count("use_username_as_clientid true") == text.count("max_connections 2000") == 2
    listen_safely(tmp_path)
    assert not (tmp_path / "mosquitto.conf").exists(), "a folder that is no deployment is left alone"
