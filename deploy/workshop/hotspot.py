"""A Raspberry Pi that is a room's network, broker and page with no internet at all: the files for it, and what to type.

Nothing of the machine is changed: files are written into a folder of one's own, and each command is for a person to type.
"""

from __future__ import annotations

import getpass
import secrets
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.accounts import SERVICES, write_accounts
from deploy.faults import CommandError
from deploy.files import put
from deploy.initialise import broker_conf, make_secrets, service_lines
from deploy.networks import quoted, write_networks
from deploy.workshop.preparing import MICROPYTHON
from devices.words import say

CONNECTION = "girouette"
"""What NetworkManager calls the network."""
EASY = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters that are not taken for one another on a sheet of paper."""
KEY_LONG = 16
FOLDERS = ("secrets", "accounts", "broker")
UNITS = {
    "girouette-broker": ('/usr/sbin/mosquitto -c "{home}/mosquitto.conf"', "network.target"),
    "girouette-gateway": ('"{python}" -m deploy.cli gateway', "girouette-broker.service time-sync.target"),
    "girouette-api": ('"{python}" -m deploy.cli api', "girouette-gateway.service"),
}  # fmt: skip
"""What systemd runs, and after what."""
UNIT = """[Unit]
Description=Girouette: {name}
After={after}

[Service]
User={user}
WorkingDirectory={home}
Environment="GIROUETTE_SETTINGS={home}/girouette.toml" "GIROUETTE_SECRETS_DIR={home}/secrets"
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
wifi = "{home}/girouette-wifi.toml"
"""
IMAGES = "board_micropython"
"""The setting that says where MicroPython for boards is."""
MADE = "--recipe air"
"""What the room's boards measure where nobody said it."""


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
    def settings_file(self) -> Path:
        """The settings of all that runs here."""
        return self.home / "girouette.toml"

    @property
    def key_file(self) -> Path:
        """The file of the network's key."""
        return self.home / "hotspot.key"


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do, and the commands that do it."""

    told: str
    commands: tuple[str, ...] = ()


def steps(room: Room, lang: str, *, made: str = MADE, seats: str = "") -> list[Step]:
    """All that is to be typed, in order, from whatever folder; with what no command can do.

    `made` says what boards measure and `seats` for how many tables, in the options of `girouette atelier`.
    """
    home, girouette = shlex.quote(str(room.home)), program()
    mine = f"{girouette} --settings {home}/girouette.toml"
    recipe = made.split()[1]
    return [
        Step(say("hotspot.before", lang), ("sudo apt-get install --no-install-recommends mosquitto",)),
        Step(say("hotspot.network", lang, ssid=room.ssid, key=room.key_file), network(room)),
        Step(
            say("hotspot.name", lang, address=room.address),
            (f"sudo install -m 644 {home}/dnsmasq.conf /etc/NetworkManager/dnsmasq-shared.d/girouette.conf",),
        ),
        Step(say("hotspot.clock", lang), (f'sudo date -s "{say("hotspot.clock_form", lang)}"',)),
        Step(
            say("hotspot.services", lang),
            (
                "sudo systemctl disable --now mosquitto",
                f"sudo cp {home}/units/*.service /etc/systemd/system/",
                f"sudo systemctl enable --now {' '.join(UNITS)}",
            ),
        ),
        Step(
            say("hotspot.where", lang), (f'{mine} place add "{say("hotspot.where_name", lang)}" --at 48.1172,-1.6778',)
        ),
        Step(
            say("hotspot.flashing", lang, file=room.home / "atelier.html"),
            (
                f"{mine} atelier --file {home}/atelier.html {made} {seats}".rstrip(),
                f"{mine} atelier --sheet {home}/table.html --file atelier.html {made}",
                f"{mine} label @atelier --file {home}/labels.html",
            ),
        ),
        Step(say("hotspot.by_cable", lang), (f"{mine} flash {recipe} --many --group atelier",)),
        Step(say("hotspot.look", lang), (f"{girouette} atelier --hotspot {home} --check",)),
    ]


def program() -> str:
    """How this very `girouette` is called in any window: by its path, since the next window knows nothing of an environment."""
    here = Path(sys.executable).with_name("girouette")
    return shlex.quote(str(here)) if here.exists() else "girouette"


def network(room: Room) -> tuple[str, ...]:
    """NetworkManager's lines; the key goes from the file into its editor, and stands in no list of processes."""
    return (
        f'sudo nmcli connection add type wifi con-name {CONNECTION} ifname {room.device} ssid "{room.ssid}" autoconnect yes',
        f"sudo nmcli connection modify {CONNECTION} 802-11-wireless.mode ap 802-11-wireless.band bg wifi-sec.key-mgmt wpa-psk wifi-sec.proto rsn wifi-sec.pairwise ccmp",
        f"sudo nmcli connection modify {CONNECTION} ipv4.method shared ipv4.addresses {room.address}/24 ipv6.method disabled",
        f"printf 'set wifi-sec.psk %s\\nsave\\nquit\\n' \"$(cat {shlex.quote(str(room.key_file))})\" | sudo nmcli connection edit {CONNECTION}",
        f"sudo nmcli connection up {CONNECTION}",
    )


def write_room(room: Room) -> list[Path]:
    """Make the folder: configuration, secrets of its own, the network that boards are to know, units. Raises CommandError where there is one already."""
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
    key = "".join(secrets.choice(EASY) for _ in range(KEY_LONG))
    put(room.key_file, f"{key}\n".encode(), mode=0o600)
    write_networks(home / "girouette-wifi.toml", [{"ssid": room.ssid, "password": key}])
    for name, text in texts(room).items():
        put(home / name, text.encode(), mode=0o644)
    return sorted(path for path in home.rglob("*") if path.is_file())


def name_prepared(room: Room, folder: Path) -> None:
    """Afterwards boards of this room are written with the MicroPython of a folder that was prepared. Raises OSError."""
    lines = room.settings_file.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(f"{IMAGES} ")]
    told = f"{IMAGES} = {quoted(str(folder.resolve() / MICROPYTHON))}\n"
    put(room.settings_file, "".join([*kept, told]).encode(), mode=0o644)


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
