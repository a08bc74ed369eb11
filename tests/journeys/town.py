"""A deployment as `girouette deploy init` makes it, its services run by the commands of its compose file, as plain processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import yaml

from devices.image import Identity, build_image
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board

ROOT = Path(__file__).parent.parent.parent
HOME, SECRETS, GRAFANA = "/var/lib/girouette", "/run/secrets", "/grafana"
SERVICES = ("mosquitto", "gateway", "api")
"""What runs here, in the order in which it starts; InfluxDB is the test's, Grafana is not here."""


@dataclass
class Town:
    """A deployment whose services run beside each other on loopback instead of in containers."""

    folder: Path
    ports: Mapping[str, int]
    """What a service listens on in its network -> where it listens here."""
    mosquitto: str
    until: Callable[..., None]
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    boards: list[Board] = field(default_factory=list)

    @property
    def compose(self) -> dict[str, Any]:
        """The services of the folder's compose file."""
        found: dict[str, Any] = yaml.safe_load((self.folder / "compose.yaml").read_text())
        return found

    def here(self, text: str) -> str:
        """The same text with addresses and folders as they are outside of containers."""
        for inside, port in self.ports.items():
            text = text.replace(inside, f"127.0.0.1:{port}")
        text = text.replace("0.0.0.0", "127.0.0.1").replace(HOME, str(self.folder / "state"))  # noqa: S104
        return str(self.folder / "grafana") if text == GRAFANA else text

    def secrets(self, service: str) -> Path:
        """The secrets of one service by the names that it has for them, as compose mounts them."""
        folder = self.folder.parent / "run" / service
        folder.mkdir(parents=True, exist_ok=True)
        for secret in self.compose["services"][service].get("secrets", ()):
            source, target = (secret, secret) if isinstance(secret, str) else (secret["source"], secret["target"])
            fresh = folder.with_name(f"{service}.{target}")
            shutil.copy(self.folder / self.compose["secrets"][source]["file"], fresh)
            fresh.replace(folder / target)  # whole at any moment: a service may be reading it just now
        return folder

    def environ(self, service: str) -> dict[str, str]:
        """The environment of one service, and nothing of ours by the name of a setting."""
        told = self.compose["services"][service].get("environment", {})
        mine = {name: self.here(value).replace(SECRETS, str(self.secrets(service))) for name, value in told.items()}
        if service == "gateway":
            mine["GIROUETTE_GATEWAY_HTTP_PORT"] = str(self.ports["127.0.0.1:8081"])
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIROUETTE_")}
        path = f"{os.environ['PATH']}:{Path(self.mosquitto).parent}"
        return {**clean, **mine, "PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}

    def command(self, service: str) -> list[str]:
        """What compose runs in a service, as it is run here."""
        if service == "mosquitto":
            return self.broker_command()
        words = [self.here(word) for word in self.compose["services"][service]["command"]]
        words = [word.replace("--port=8080", f"--port={self.ports['127.0.0.1:8080']}") for word in words]
        return [sys.executable, "-m", "deploy.cli", *words]

    def broker_command(self) -> list[str]:
        """The broker's script with the folder's configuration; root stays root, since the folder is root's here."""
        conf, state = self.folder.parent / "mosquitto.conf", self.folder / "state"
        listen = f"listener {self.ports['mosquitto:1883']} 127.0.0.1"
        text = self.here((self.folder / "mosquitto.conf").read_text()).replace("listener 1883", listen)
        text = text.replace("listener 8883", f"listener {self.ports['mosquitto:8883']} 127.0.0.1")
        conf.write_text(text + ("\nuser root\n" if os.geteuid() == 0 else ""))
        shell, script = self.compose["services"]["mosquitto"]["entrypoint"]
        assert script == "/etc/girouette/start.sh"
        return [shell, str(self.folder / "start.sh"), str(conf), str(state / "broker"), str(state / "accounts")]

    def start(self, service: str, *more: str) -> None:
        """Run a service by its command, and more words, until it is stopped."""
        command = [*self.command(service), *more]
        with (self.folder.parent / f"{service}.log").open("ab") as log:
            self.children[service] = subprocess.Popen(
                command,
                cwd=self.folder.parent,
                env=self.environ(service),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def up(self) -> None:
        """Start what does not run, one after another, each when the one before is healthy."""
        for service in SERVICES:
            if service not in self.children or self.children[service].poll() is not None:
                self.start(service)
            self.until(lambda service=service: self.healthy(service), within_s=60, what=f"{service} healthy")

    def stop(self, *services: str) -> None:
        """End services in good order, all where none is named; each ends as it should."""
        for service in services or SERVICES[::-1]:
            child = self.children.pop(service, None)
            if child is not None and child.poll() is None:
                child.terminate()
                assert child.wait(20) == 0, f"{service} ended with {child.returncode}"

    def log(self, service: str) -> str:
        """What a service said."""
        return (self.folder.parent / f"{service}.log").read_text()

    def ask(self, service: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a service, as `docker compose exec` does."""
        command = [sys.executable, "-m", "deploy.cli", *map(self.here, args)]
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
        if program == "girouette":
            return self.ask(service, *args).returncode == 0
        # mosquitto_sub is in the container, not necessarily here: the same question with the same account.
        assert (program, args[0]) == ("mosquitto_sub", "-t")
        return self.hears(args[1].replace("$$", "$"))

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

    def switch_on(self, added: Mapping[str, Any]) -> Board:
        """A board of the real firmware with the account that `device add` printed once."""
        identity = Identity(
            device=added["id"], shard=added["shard"], user=added["user"], password=added["password"],
            host="127.0.0.1", port=self.ports["mosquitto:1883"], period_s=1, update_key=added["update_key"],
        )  # fmt: skip
        home = self.folder.parent / "boards" / added["id"]
        home.mkdir(parents=True)
        air = load_recipes()["air"]
        around, image = Surroundings(signals=air.signals), build_image([air], identity)
        self.boards.append(start_board(image, directory=home, around=around, log=home / "serial.log"))
        return self.boards[-1]

    def measured(self) -> set[str]:
        """The quantities of which the public sees a newest reading."""
        url = f"http://127.0.0.1:{self.ports['127.0.0.1:8080']}/api/latest.geojson"
        with urllib.request.urlopen(url, timeout=10) as answer:
            features = json.load(answer)["features"]
        return {latest["quantity"] for feature in features for latest in feature["properties"]["latest"]}

    def end(self) -> None:
        """Kill whatever runs, with what it has started."""
        for child in self.children.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        for board in self.boards:
            board.kill()
            board.wait()
            if board.stdin is not None:
                board.stdin.close()


@contextmanager
def town(
    home: Path, influx: Any, mosquitto: str, *, take_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Town]:
    """A folder made by the command, with a real InfluxDB whose tokens are the folder's; its processes end with the test."""
    folder = home / "town"
    command = [sys.executable, "-m", "deploy.cli", "deploy", "init", str(folder)]
    subprocess.run(command, cwd=home, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
    (folder / "secrets/influx_token").write_text(influx.token)
    (folder / "secrets/influx_reader").write_text(influx.reader)
    ports = {inside: take_port() for inside in ("mosquitto:1883", "mosquitto:8883", "127.0.0.1:8080", "127.0.0.1:8081")}
    here = Town(folder, {**ports, "influxdb:8086": influx.port}, mosquitto, until)
    try:
        yield here
    finally:
        here.end()
