"""Accounts on the broker: mosquitto's password and ACL files, made from the registry's rows.

`%u` patterns would let a device write its id under any shard, so every device has its own lines with its true shard.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.faults import CommandError
from deploy.files import put
from gateway.registry.passwords import COMMANDS, GATEWAY
from gateway.registry.rows import Device

SERVICES, PASSWORDS, RULES = "services", "passwords", "acl"
"""Files of an accounts folder: the gateways' own hashes (made once), and the two that mosquitto reads."""
WATCHED = "watched"
"""A file of the folder that says: this broker sees by itself that accounts have changed (mosquitto/start.sh looks each second)."""
BOARD_WRITES = ("obs", "health", "state", "ack")
GATEWAY_WRITES = ("kept", "time", "cmd")
BOARD_READS = (*GATEWAY_WRITES, "piece")
GATEWAY_RULES = ("read gir/1/#", "read $SYS/#", *(f"write gir/1/+/+/{channel}" for channel in GATEWAY_WRITES))
NAME = re.compile(r"[a-z0-9-]{1,32}")
HASH = re.compile(r"\$7\$\d+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+")
COMMAND_RULES = ("write gir/1/+/+/cmd", "write gir/1/+/+/piece", "read gir/1/+/+/ack", "read gir/1/+/+/state")
WATCH_RULES = ("read $SYS/broker/uptime",)


class AccountsError(CommandError):
    """The files cannot be made; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who may do what: `rules` are mosquitto's, without the word `topic`."""

    user: str
    password_hash: str
    rules: tuple[str, ...]

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.user) or not HASH.fullmatch(self.password_hash):
            raise AccountsError("bad_account", user=repr(self.user))


def device_account(device: Device) -> Account:
    """A board writes its own four channels under its true shard and reads its own four."""
    base = f"gir/1/{device.shard}/{device.id}"
    rules = [f"write {base}/{channel}" for channel in BOARD_WRITES] + [f"read {base}/{c}" for c in BOARD_READS]
    return Account(device.user, device.password_hash, tuple(rules))


def service_account(user: str, password_hash: str) -> Account:
    """A gateway reads everything and writes what only gateways may; commands and updates go out; others may watch."""
    rules = GATEWAY_RULES if user.startswith(GATEWAY) else COMMAND_RULES if user == COMMANDS else WATCH_RULES
    return Account(user, password_hash, rules)


def accounts_of(devices: Iterable[Device], services: Sequence[Account] = ()) -> tuple[Account, ...]:
    """Every account that may connect: services, then devices by name; one that is retired, revoked or without a password has none.

    Raises AccountsError where a device has the name of a service: it would be given the service's rights.
    """
    there = [d for d in devices if d.in_service and d.password_hash]
    boards = sorted((device_account(device) for device in there), key=lambda account: account.user)
    if taken := {account.user for account in services} & {account.user for account in boards}:
        raise AccountsError("service_name", name=min(taken))
    return (*services, *boards)


def password_file(accounts: Iterable[Account]) -> str:
    """The text of mosquitto's password file."""
    return "".join(f"{account.user}:{account.password_hash}\n" for account in accounts)


def rules_file(accounts: Iterable[Account]) -> str:
    """The text of mosquitto's ACL file."""
    return "\n".join(
        f"user {account.user}\n" + "".join(f"topic {rule}\n" for rule in account.rules) for account in accounts
    )


def read_services(directory: Path) -> tuple[Account, ...]:
    """The accounts of gateways and watchers that `girouette deploy init` made in this folder."""
    try:
        lines = (directory / SERVICES).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise AccountsError("no_services", folder=directory, file=SERVICES) from None
    return tuple(service_account(*line.split(":", 1)) for line in lines if line)


def write_accounts(directory: Path, devices: Iterable[Device]) -> bool:
    """Afterwards both files hold exactly the services and these devices; True when something changed."""
    accounts = accounts_of(devices, read_services(directory))
    changed = [
        replace(directory / PASSWORDS, password_file(accounts)),
        replace(directory / RULES, rules_file(accounts)),
    ]
    return any(changed)


def replace(path: Path, text: str) -> bool:
    """Put the text in place of the file in one step, readable by owner and group alone; False when it held it already."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    put(path, text.encode(), mode=0o640)
    return True


def hang_up(pid_file: Path | None, *, folder: Path | None = None) -> str | None:
    """Let the broker read its files again; what to type is returned where its process is not known or not ours.

    Nothing is to be done where the broker watches the folder of its accounts by itself.
    """
    if folder is not None and (folder / WATCHED).exists():
        return None
    if pid_file is None:
        return "sudo systemctl reload mosquitto"
    try:
        os.kill(int(pid_file.read_text(encoding="ascii")), signal.SIGHUP)
    except (OSError, ValueError):
        return f"sudo kill -HUP $(cat {pid_file})"
    return None
