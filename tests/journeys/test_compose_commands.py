"""What compose runs, run as plain processes: the folder of `deploy init`, its secrets, accounts and health checks, up to the API."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import yaml

from devices.image import Identity, build_image
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board

ROOT = Path(__file__).parent.parent.parent
HOME, SECRETS = "/var/lib/girouette", "/run/secrets"


@dataclass
class Town:
    """A deployment whose services run beside each other on loopback instead of in containers."""

    folder: Path
    ports: Mapping[str, int]
    """What a service listens on in its network -> where it listens here."""
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    boards: list[Board] = field(default_factory=list)

    @property
    def compose(self) -> dict[str, Any]:
        """The compose file of the folder."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "compose.yaml").read_text())
        return found

    def here(self, text: str) -> str:
        """The same text with addresses and folders as they are outside of containers."""
        for inside, port in self.ports.items():
            text = text.replace(inside, f"127.0.0.1:{port}")
        return text.replace("0.0.0.0", "127.0.0.1").replace(HOME, str(self.folder / "state"))  # noqa: S104

    def secrets(self, service: str) -> Path:
        """The secrets of one service by the names that it has for them, as compose mounts them."""
        folder = self.folder.parent / "run" / service
        folder.mkdir(parents=True, exist_ok=True)
        for secret in self.compose["services"][service].get("secrets", ()):
            source, target = (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])
            shutil.copy(self.folder / self.compose["secrets"][source]["file"], folder / target)
        return folder

    def environ(self, service: str) -> dict[str, str]:
        """The environment of one service, and nothing of ours by the name of a setting."""
        told = self.compose["services"][service].get("environment", {})
        mine = {name: self.here(value).replace(SECRETS, str(self.secrets(service))) for name, value in told.items()}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIROUETTE_")}
        gateway_port = (
            {"GIROUETTE_GATEWAY_HTTP_PORT": str(self.ports["127.0.0.1:8081"])} if service == "gateway" else {}
        )
        return {**clean, **mine, **gateway_port, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    def start(self, service: str, command: list[str]) -> None:
        """Run a service until the town is stopped."""
        with (self.folder.parent / f"{service}.log").open("ab") as log:
            child = subprocess.Popen(command, cwd=self.folder.parent, env=self.environ(service), stdout=log, stderr=log)
        self.children[service] = child

    def start_ours(self, service: str) -> None:
        """Run a service whose image is ours by the command that compose gives it."""
        command = [self.here(word) for word in self.compose["services"][service]["command"]]
        command = [word.replace("--port=8080", f"--port={self.ports['127.0.0.1:8080']}") for word in command]
        self.start(service, [sys.executable, "-m", "deploy.cli", *command])

    def ask(self, service: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a service, as `docker compose exec` does."""
        command = [sys.executable, "-m", "deploy.cli", *args]
        return subprocess.run(
            command, cwd=self.folder.parent, env=self.environ(service), capture_output=True, text=True, timeout=60
        )

    def told(self, *args: str) -> Any:
        """What a command in the gateway's container prints with --json."""
        ran = self.ask("gateway", *args, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def healthy(self, service: str) -> bool:
        """Does the service pass its own health check?"""
        _, program, *args = self.compose["services"][service]["healthcheck"]["test"]
        args = [self.here(arg).replace("$$", "$") for arg in args]
        if program == "girouette":
            return self.ask(service, *args).returncode == 0
        # mosquitto_sub is in the container, not necessarily here: the same question with the same account.
        assert (program, args[0]) == ("mosquitto_sub", "-t")
        return self.hears(args[1])

    def hears(self, topic: str) -> bool:
        """Does the broker tell this topic to the account of its health check?"""
        heard = threading.Event()
        _, user, _, password = (self.secrets("mosquitto") / "mosquitto_sub").read_text().split()
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.username_pw_set(user, password)
        client.on_connect = lambda c, *_: c.subscribe(topic)
        client.on_message = lambda *_: heard.set()
        try:
            client.connect("127.0.0.1", self.ports["mosquitto:1883"])
        except OSError:
            return False
        client.loop_start()
        try:
            return heard.wait(5)
        finally:
            client.disconnect()
            client.loop_stop()

    def stop(self) -> None:
        """End everything."""
        for child in [*self.boards, *self.children.values()]:
            child.terminate()
        for child in [*self.boards, *self.children.values()]:
            child.wait(20)
            if child.stdin is not None:
                child.stdin.close()


@pytest.fixture
def town(tmp_path: Path, free_port: Callable[[], int], influx: Any) -> Iterator[Town]:
    """A folder made by the command, with a real InfluxDB whose tokens are the folder's."""
    folder = tmp_path / "town"
    command = [sys.executable, "-m", "deploy.cli", "deploy", "init", str(folder)]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    (folder / "secrets/influx_token").write_text(influx.token)
    (folder / "secrets/influx_reader").write_text(influx.reader)
    ports = {inside: free_port() for inside in ("mosquitto:1883", "127.0.0.1:8080", "127.0.0.1:8081")}
    here = Town(folder, {**ports, "influxdb:8086": influx.port})
    yield here
    here.stop()


def start_broker(town: Town, mosquitto: str) -> None:
    """Run the broker by its script and configuration; root stays root, since the folder is root's here."""
    conf = town.folder.parent / "mosquitto.conf"
    as_root = "\nuser root\n" if os.geteuid() == 0 else ""
    text = (town.folder / "mosquitto.conf").read_text()
    listen = f"listener {town.ports['mosquitto:1883']} 127.0.0.1"
    conf.write_text(town.here(text).replace("listener 1883", listen) + as_root)
    os.environ["PATH"] += f":{Path(mosquitto).parent}"
    shell, script = town.compose["services"]["mosquitto"]["entrypoint"]
    assert script == "/etc/girouette/start.sh"
    state = town.folder / "state"
    script = str(town.folder / "start.sh")
    town.start("mosquitto", [shell, script, str(conf), str(state / "broker"), str(state / "accounts")])


@pytest.mark.journey
@pytest.mark.timeout(240)
def test_the_commands_of_compose_take_a_reading_to_the_api(
    town: Town, part: Callable[[str], str], until: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broker with accounts, gateway and API pass their health checks; a device added and shown is read back."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    start_broker(town, part("mosquitto"))
    until(lambda: town.healthy("mosquitto"), within_s=30, what="the broker healthy")
    town.start_ours("gateway")
    until(lambda: town.healthy("gateway"), within_s=60, what="the gateway healthy")
    town.start_ours("api")
    until(lambda: town.healthy("api"), within_s=60, what="the API healthy")

    added = town.told(
        "device", "add", "--recipe", "air", "--id", "air-1", "--place", "48.11,-1.68", "--name", "Rue d’Ici"
    )
    town.told("device", "stage", "air-1", "public")
    switch_on(town, added)

    until(lambda: measured(town) >= {"temperature", "pm2_5"}, within_s=90, what="readings of both parts on the API")
    answer = town.told("cmd", "air-1", "identify")
    assert answer["ok"] is True
    town.told("dashboards", "build", str(town.folder / "grafana"))
    assert "Rue d’Ici" in (town.folder / "grafana/dashboards/fr/quantity.json").read_text()
    assert all(town.healthy(service) for service in ("mosquitto", "gateway", "api"))


def switch_on(town: Town, added: Mapping[str, Any]) -> None:
    """A board of the real firmware with the account that the command printed once."""
    identity = Identity(
        device=added["id"], shard=added["shard"], user=added["user"], password=added["password"],
        host="127.0.0.1", port=town.ports["mosquitto:1883"], period_s=1,
    )  # fmt: skip
    home = town.folder.parent / "board"
    home.mkdir()
    air = load_recipes()["air"]
    around = Surroundings(signals=air.signals)
    town.boards.append(
        start_board(build_image([air], identity), directory=home, around=around, log=home / "serial.log")
    )


def measured(town: Town) -> set[str]:
    """The quantities of which the public sees a newest reading."""
    url = f"http://127.0.0.1:{town.ports['127.0.0.1:8080']}/api/latest.geojson"
    with urllib.request.urlopen(url, timeout=10) as answer:
        features = json.load(answer)["features"]
    return {latest["quantity"] for feature in features for latest in feature["properties"]["latest"]}
