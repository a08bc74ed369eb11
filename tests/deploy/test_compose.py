"""The compose file as the operator gets it: valid, complete with the folder that `deploy init` makes, hardened, no default word."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.initialise import ROOT, initialise

SERVICES = {"mosquitto", "influxdb", "gateway", "api", "grafana"}
PUBLISHED = {"mosquitto", "api", "grafana"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `girouette deploy init` makes it."""
    folder = tmp_path_factory.mktemp("compose") / "town"
    initialise(
        folder, dashboards=lambda grafana: [(grafana / n).mkdir(parents=True) for n in ("provisioning", "dashboards")]
    )
    return folder


@pytest.fixture(scope="module")
def compose(town: Path) -> dict[str, Any]:
    """The compose file, read."""
    found: dict[str, Any] = yaml.safe_load((town / "compose.yaml").read_text())
    return found


@pytest.mark.slow
def test_it_is_a_compose_file(town: Path) -> None:
    """The compose specification's own schema accepts it."""
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    ran = subprocess.run([*check, str(town / "compose.yaml")], capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("program", [("docker", "compose"), ("docker-compose",)])
def test_compose_itself_accepts_it(town: Path, program: tuple[str, ...]) -> None:
    """Where compose is installed, it reads the folder without a complaint; elsewhere the schema speaks for it."""
    if shutil.which(program[0]) is None or subprocess.run([*program, "version"], capture_output=True).returncode != 0:
        return
    command = [*program, "--project-directory", str(town), "--file", str(town / "compose.yaml"), "config", "--quiet"]
    ran = subprocess.run(command, capture_output=True, text=True)

    assert (ran.returncode, ran.stderr) == (0, "")


def test_everything_it_names_is_in_the_folder(town: Path, compose: dict[str, Any]) -> None:
    """Every file that is mounted, every secret and every required setting is made by `deploy init`."""
    mounted = [mount.split(":")[0] for s in compose["services"].values() for mount in s.get("volumes", ())]
    secrets = {name: Path(value["file"]) for name, value in compose["secrets"].items()}
    used = {
        s if isinstance(s, str) else s["source"] for c in compose["services"].values() for s in c.get("secrets", ())
    }
    required = set(re.findall(r"\$\{(\w+):\?", (town / "compose.yaml").read_text()))
    settings = {line.split("=")[0] for line in (town / ".env").read_text().splitlines()}

    assert [m for m in mounted if not (town / m).exists()] == []
    assert [f for f in secrets.values() if not (town / f).is_file()] == []
    assert used == set(secrets)
    assert required <= settings


def test_every_secret_of_the_folder_is_used_by_somebody(town: Path, compose: dict[str, Any]) -> None:
    """No password is made that opens nothing."""
    assert {p.name for p in (town / "secrets").iterdir()} == {Path(s["file"]).name for s in compose["secrets"].values()}


def test_every_service_is_hardened(compose: dict[str, Any]) -> None:
    """Not root, read-only, no capability, no new privileges, bounded in memory, processes and logs, and watched."""
    assert set(compose["services"]) == SERVICES
    for name, service in compose["services"].items():
        assert service["user"].startswith("${GIROUETTE_UID:?"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert not {"privileged", "cap_add", "devices", "network_mode", "pid"} & set(service), name


def test_only_what_must_be_is_published_and_on_loopback_at_first(town: Path, compose: dict[str, Any]) -> None:
    """InfluxDB and the gateway's own figures are on the inner network only."""
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}

    assert set(ports) == PUBLISHED
    outside = {p for published in ports.values() for p in published if not p.startswith("127.0.0.1:")}
    assert all(p.startswith("${GIROUETTE_BIND:-127.0.0.1}:") for p in outside)
    assert not any(p.endswith(":1883") for p in outside), "without TLS the broker is for this machine alone, always"
    assert "GIROUETTE_BIND=127.0.0.1\n" in (town / ".env").read_text()
    assert compose["networks"]["inside"] == {"internal": True}


def test_no_word_of_it_opens_a_door(compose: dict[str, Any]) -> None:
    """Passwords and tokens come from files of secrets, never from the file itself or a setting."""
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|TOKEN|SECRET", key):
                assert str(value).startswith("/run/secrets"), f"{name}: {key}"


def test_images_have_their_version(compose: dict[str, Any]) -> None:
    """No image is `latest`: an upgrade is a decision."""
    images = {name: service["image"] for name, service in compose["services"].items()}

    assert all(re.search(r":(\d+\.\d+\.\d+|\$\{GIROUETTE_VERSION:\?[^}]+\})$", image) for image in images.values()), (
        images
    )


def test_the_image_is_built_from_locks_with_hashes_as_nobody() -> None:
    """The Dockerfile installs nothing that is not locked, and what it copies exists."""
    text = (ROOT / "deploy/compose/Dockerfile").read_text()
    allowed = (ROOT / "deploy/compose/Dockerfile.dockerignore").read_text().splitlines()
    installs = [part for part in re.split(r"&&|\n(?=RUN)", text) if "pip install" in part]

    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert [n for n in allowed if n.startswith("!") and not (ROOT / n[1:]).exists()] == []
    assert "!requirements.lock" in allowed
    assert "!tests" not in allowed
