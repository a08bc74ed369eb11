"""A Raspberry Pi that is a room's network, broker and page with no internet at all: the files for it, and what to type.

Nothing of the machine is changed: files are written into a folder of one's own, and each command is for a person to type.
"""

from __future__ import annotations

import getpass
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.accounts import SERVICES, write_accounts
from deploy.faults import CommandError
from deploy.files import put
from deploy.initialise import broker_conf, make_secrets, service_lines
from devices.words import say

CONNECTION = "girouette"
"""What NetworkManager calls the network."""
EASY = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters that are not taken for one another on a sheet of paper."""
KEY_LONG = 16
FOLDERS = ("secrets", "accounts", "broker")
UNITS = {
    "girouette-broker": ("/usr/sbin/mosquitto -c {home}/mosquitto.conf", "network.target"),
    "girouette-gateway": ("{python} -m deploy.cli gateway", "girouette-broker.service time-sync.target"),
    "girouette-api": ("{python} -m deploy.cli api", "girouette-gateway.service"),
}  # fmt: skip
"""What systemd runs, and after what."""
UNIT = """[Unit]
Description=Girouette: {name}
After={after}

[Service]
User={user}
WorkingDirectory={home}
Environment=GIROUETTE_SETTINGS={home}/girouette.toml GIROUETTE_SECRETS_DIR={home}/secrets
ExecStart={command}
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
"""
TOML = """store = "sqlite:{home}/girouette.sqlite"
broker = "mqtt://127.0.0.1:{mqtt}"
broker_user = "gateway-0"
command_user = "commands"
accounts = "{home}/accounts"
broker_pid_file = "{home}/mosquitto.pid"
board_broker = "mqtt://{address}:{mqtt}"
api_host = "0.0.0.0"
api_port = {page}
gateway_http_port = {gateway}
public_url = "http://{address}:{page}"
"""


@dataclass(frozen=True, slots=True)
class Room:
    """The network of one room."""

    home: Path
    """The folder that everything is in."""
    ssid: str = "Girouette"
    address: str = "10.42.0.1"
    device: str = "wlan0"
    """What the Wi-Fi of the machine is called."""
    mqtt_port: int = 1883
    page_port: int = 8000
    gateway_port: int = 8081

    @property
    def key_file(self) -> Path:
        """The file of the network's key."""
        return self.home / "hotspot.key"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, and the commands that do it."""

    told: str
    commands: tuple[str, ...] = ()


def steps(room: Room, lang: str) -> list[Step]:
    """All that is to be typed, in order; with what no command can do."""
    home = room.home
    return [
        Step(say("hotspot.before", lang), ("sudo apt-get install --no-install-recommends mosquitto",)),
        Step(say("hotspot.network", lang, ssid=room.ssid, key=room.key_file), network(room)),
        Step(
            say("hotspot.name", lang, address=room.address),
            (f"sudo install -m 644 {home}/dnsmasq.conf /etc/NetworkManager/dnsmasq-shared.d/girouette.conf",),
        ),
        Step(say("hotspot.clock", lang), ('sudo date -s "2026-11-25 09:00"',)),
        Step(
            say("hotspot.services", lang),
            (
                "sudo systemctl disable --now mosquitto",
                f"sudo cp {home}/units/*.service /etc/systemd/system/",
                f"sudo systemctl enable --now {' '.join(UNITS)}",
            ),
        ),
        Step(say("hotspot.flashing", lang), ("girouette atelier --file atelier.html --recipe air",)),
        Step(say("hotspot.look", lang), (f"girouette atelier --hotspot {home} --check",)),
    ]


def network(room: Room) -> tuple[str, ...]:
    """NetworkManager's lines; the key goes from the file into its editor, and stands in no list of processes."""
    return (
        f'sudo nmcli connection add type wifi con-name {CONNECTION} ifname {room.device} ssid "{room.ssid}" autoconnect yes',
        f"sudo nmcli connection modify {CONNECTION} 802-11-wireless.mode ap 802-11-wireless.band bg wifi-sec.key-mgmt wpa-psk wifi-sec.proto rsn wifi-sec.pairwise ccmp",
        f"sudo nmcli connection modify {CONNECTION} ipv4.method shared ipv4.addresses {room.address}/24 ipv6.method disabled",
        f"printf 'set wifi-sec.psk %s\\nsave\\nquit\\n' \"$(cat {room.key_file})\" | sudo nmcli connection edit {CONNECTION}",
        f"sudo nmcli connection up {CONNECTION}",
    )


def write_room(room: Room) -> list[Path]:
    """Make the folder: configuration, secrets of its own, units. Raises CommandError where there is one already."""
    home = room.home
    if (home / "secrets").exists():
        raise CommandError("hotspot_there", folder=home)
    for name in FOLDERS:
        (home / name).mkdir(mode=0o700, parents=True)
    (home / "units").mkdir()
    made = make_secrets()
    for name in ("broker_password", "command_password"):
        put(home / "secrets" / f"girouette_{name}", made[name].encode(), mode=0o600)
    put(home / "accounts" / SERVICES, service_lines(made).encode(), mode=0o600)
    write_accounts(home / "accounts", ())
    put(room.key_file, "".join(secrets.choice(EASY) for _ in range(KEY_LONG)).encode() + b"\n", mode=0o600)
    for name, text in texts(room).items():
        put(home / name, text.encode(), mode=0o644)
    return sorted(path for path in home.rglob("*") if path.is_file())


def texts(room: Room) -> dict[str, str]:
    """The files without secrets, by their names in the folder."""
    home = room.home
    found = {
        "mosquitto.conf": broker_conf(str(home), listen=f"listener {room.mqtt_port} 0.0.0.0")
        + f"pid_file {home}/mosquitto.pid\n",
        "girouette.toml": TOML.format(
            home=home, address=room.address, mqtt=room.mqtt_port, page=room.page_port, gateway=room.gateway_port
        ),
        "dnsmasq.conf": f"address=/girouette.lan/{room.address}\n",
    }
    for name, (command, after) in UNITS.items():
        found[f"units/{name}.service"] = UNIT.format(
            name=name, after=after, user=getpass.getuser(), home=home,
            command=command.format(home=home, python=sys.executable),
        )  # fmt: skip
    return found
