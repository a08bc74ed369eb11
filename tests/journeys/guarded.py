"""A real mosquitto that asks for passwords: the configuration that is shipped, on a loopback port, accounts as we make them."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.accounts import SERVICES
from deploy.initialise import broker_conf
from devices.reading import shard_of
from gateway.registry.passwords import hash_password
from gateway.registry.rows import Device

SERVICE_NAMES = ("gateway-0", "commands", "watch")


def row(name: str, *, stage: str = "atelier", password: str = "") -> Device:
    """A device whose password is its name, unless said otherwise."""
    hashed = hash_password(password or name, b"twelve bytes")
    return Device(name, 1, shard_of(name), "air", 2.0, stage, name, hashed, 0)


@dataclass
class Guarded:
    """A broker with accounts; each service's password is its name too."""

    home: Path
    port: int
    binary: str
    until: Callable[..., None]
    child: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def accounts(self) -> Path:
        """The folder of the account files."""
        return self.home / "accounts"

    @property
    def conf(self) -> Path:
        """The broker's configuration file."""
        return self.home / "mosquitto.conf"

    def lay(self) -> None:
        """Write the configuration and the services' accounts; root stays root, since the folder is root's."""
        for name in ("accounts", "broker"):
            (self.home / name).mkdir(parents=True)
        as_root = "user root\n" if os.geteuid() == 0 else ""
        text = broker_conf(str(self.home), listen=f"listener {self.port} 127.0.0.1")
        self.conf.write_text(f"{text}{as_root}pid_file {self.home}/mosquitto.pid\n")
        lines = (f"{name}:{hash_password(name, secrets.token_bytes(12))}\n" for name in SERVICE_NAMES)
        (self.accounts / SERVICES).write_text("".join(lines))

    def start(self, command: list[str] | None = None) -> None:
        """Run mosquitto, or a command that does, until it listens."""
        env = {**os.environ, "PATH": f"{os.environ['PATH']}:{Path(self.binary).parent}"}
        with (self.home / "mosquitto.log").open("ab") as log:
            command = command or [self.binary, "-c", str(self.conf)]
            self.child = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        self.until(self.listens, what="mosquitto listening")

    def listens(self) -> bool:
        """Does it take connections?"""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def log(self) -> str:
        """What it said."""
        return (self.home / "mosquitto.log").read_text()

    def stop(self) -> None:
        """End it as a service manager would."""
        if self.child is not None:
            self.child.terminate()
            self.child.wait(10)
