"""`girouette deploy init`: the folder of one town's server, with secrets of its own and no default password."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from deploy.accounts import PASSWORDS, SERVICES, WATCHED, replace, write_accounts
from deploy.faults import CommandError
from deploy.files import put
from gateway.registry.passwords import COMMANDS, GATEWAY, WATCH, hash_password

NOBODY = 10001
"""The user and group that services run as when root makes the folder."""
HOME = "/var/lib/girouette"
VERSION = "GIROUETTE_VERSION="
LISTEN = "listener 1883 127.0.0.1"
SHIPPED: Mapping[str, str] = {
    "compose.yaml": "compose/compose.yaml",
    "influx-init.sh": "compose/influx-init.sh",
    "start.sh": "mosquitto/start.sh",
}
"""File of the folder -> file of this package that it is a copy of."""
BROKER_SECRETS = ("broker_password", "command_password", "mosquitto_sub")
"""Secrets that are passwords on the broker."""
STATE = ("accounts", "broker", "tls", "registry", "influxdb", "influxdb-config", "grafana")
ROOT = Path(__file__).parent.parent


class InitialiseError(CommandError):
    """The folder cannot be made; the message says what to do."""


def broker_conf(home: str = HOME, *, listen: str = LISTEN, safe: bool = False) -> str:
    """The broker's configuration with its files under `home`, this listener, and where it is asked for one over TLS."""
    parts = ("mosquitto.conf", "tls.conf") if safe else ("mosquitto.conf",)
    text = "".join(files("deploy").joinpath(f"mosquitto/{part}").read_text(encoding="utf-8") for part in parts)
    return text.replace(LISTEN, listen).replace(HOME, home)


def make_secrets() -> dict[str, str]:
    """Fresh secrets by file name: 256 random bits each, in hexadecimal so that no shell and no option parser trips."""
    fresh = {
        name: secrets.token_hex(32)
        for name in ("broker_password", "command_password", "influx_operator", "influx_token", "grafana_operator")
    }
    reader, watch = secrets.token_hex(32), secrets.token_hex(32)
    return fresh | {
        "influx_reader_password": reader,
        "influx_reader": f"reader:{reader}",
        "mosquitto_sub": f"-u {WATCH}\n-P {watch}\n",
    }


def service_lines(made: Mapping[str, str]) -> str:
    """The accounts of gateway, commands and health check, a line each, with the hashes of their secrets."""
    words = {
        f"{GATEWAY}0": made["broker_password"],
        COMMANDS: made["command_password"],
        WATCH: made["mosquitto_sub"].split()[-1],
    }
    return "".join(f"{user}:{hash_password(word, secrets.token_bytes(12))}\n" for user, word in words.items())


def initialise(directory: Path, *, dashboards: Callable[[Path], object]) -> tuple[Path, ...]:
    """Make the folder of a deployment; `dashboards` fills the folder for Grafana. Gives the files that were made.

    Raises InitialiseError where secrets stand already: nothing is overwritten, nothing changed.
    """
    if (directory / "secrets").exists() or (directory / ".env").exists():
        raise InitialiseError("has_secrets", folder=directory)
    made = make_secrets()
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("secrets", *(f"state/{part}" for part in STATE)):
        (directory / name).mkdir(mode=0o700, parents=True)
    for name, text in made.items():
        write(directory / "secrets" / name, text, mode=0o600)
    write(directory / "state/accounts" / SERVICES, service_lines(made), mode=0o600)
    write(directory / "state/accounts" / WATCHED, "by mosquitto/start.sh\n", mode=0o644)
    write_accounts(directory / "state/accounts", ())
    write(directory / ".env", settings_text(), mode=0o600)
    renew(directory, dashboards=dashboards)
    return tuple(sorted(path for path in directory.rglob("*") if path.is_file()))


def renew(directory: Path, *, dashboards: Callable[[Path], object]) -> None:
    """Bring everything but secrets, settings and state to this version: the step of an upgrade."""
    if not (directory / "secrets").exists():
        raise InitialiseError("no_deployment", folder=directory)
    for name, source in SHIPPED.items():
        text = files("deploy").joinpath(source).read_text(encoding="utf-8")
        write(directory / name, text, mode=0o755 if name.endswith(".sh") else 0o644)
    # Inside a container the listener takes every address; what the host publishes is said in compose.yaml.
    write_broker_conf(directory)
    dashboards(directory / "grafana")
    name_version(directory / ".env")
    if os.geteuid() == 0:
        give_away(directory)


def write_broker_conf(directory: Path) -> None:
    """The broker's configuration; boards are listened to over TLS where there is a certificate to show."""
    safe = (directory / "state/tls/broker.pem").exists()
    write(directory / "mosquitto.conf", broker_conf(listen="listener 1883", safe=safe), mode=0o644)


def listen_safely(directory: Path) -> None:
    """Let the broker of this folder, if it is a deployment's, listen over TLS from its next start on."""
    if (directory / "mosquitto.conf").exists():
        write_broker_conf(directory)
        if os.geteuid() == 0:
            give_away(directory)


def name_version(settings: Path) -> None:
    """Let compose build and run this version; every other line of the settings stays as it is."""
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    now = [f"{VERSION}{version('girouette')}\n" if line.startswith(VERSION) else line for line in lines]
    if now != lines:
        write(settings, "".join(now), mode=0o600)


def rotate(directory: Path) -> tuple[Path, ...]:
    """Give gateway, commands and health check new passwords on the broker; gives the secrets that changed.

    Boards keep theirs. Services that run know the old ones until they are made anew.
    """
    accounts = directory / "state/accounts"
    if not (accounts / SERVICES).exists():
        raise InitialiseError("no_deployment", folder=directory)
    made = {name: text for name, text in make_secrets().items() if name in BROKER_SECRETS}
    lines = service_lines(made)
    services = {line.split(":", 1)[0] for line in lines.splitlines()}
    known = (accounts / PASSWORDS).read_text(encoding="utf-8").splitlines(keepends=True)
    boards = [line for line in known if line.split(":", 1)[0] not in services]
    for name, text in made.items():
        write(directory / "secrets" / name, text, mode=0o600)
    write(accounts / SERVICES, lines, mode=0o600)
    replace(accounts / PASSWORDS, lines + "".join(boards))
    if os.geteuid() == 0:
        give_away(directory)
    return tuple(directory / "secrets" / name for name in made)


def settings_text() -> str:
    """The `.env` of a new folder: who runs the services, what is published where."""
    who = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    lines = [
        f"GIROUETTE_UID={who[0]}",
        f"GIROUETTE_GID={who[1]}",
        f"{VERSION}{version('girouette')}",
        "# Where the services are published; 0.0.0.0 is every network this machine is on.",
        "GIROUETTE_BIND=127.0.0.1",
        "GIROUETTE_MQTT_PORT=1883",
        "GIROUETTE_MQTTS_PORT=8883",
        "GIROUETTE_API_PORT=8080",
        "GIROUETTE_GRAFANA_PORT=3000",
        "GIROUETTE_PUBLIC_URL=http://127.0.0.1:8080",
    ]
    if (ROOT / "pyproject.toml").exists():
        lines.append(f"GIROUETTE_SOURCE={ROOT}")
    return "\n".join(lines) + "\n"


def write(path: Path, text: str, *, mode: int) -> None:
    """Afterwards the file holds this text with this mode, from its first moment on."""
    put(path, text.encode(), mode=mode)


def give_away(directory: Path) -> None:
    """Let the user whom the services run as own the folder, when root made it."""
    for path in (directory, *directory.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
