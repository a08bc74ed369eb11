"""What is published is the wheel, so the wheel is what is tried: built, installed elsewhere, run from another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
OURS = {"devices", "gateway", "api", "dashboards", "deploy"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the pinned hatchling without network."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)], cwd=ROOT, check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with what running needs and the wheel, and nothing of this checkout."""
    home = tmp_path_factory.mktemp("elsewhere")
    uv = Path(sys.executable).parent / "uv"
    env = {**os.environ, "VIRTUAL_ENV": str(home / "venv")}
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(home / "venv")], check=True)
    locked = ["--require-hashes", "-r", str(ROOT / "requirements.lock")]
    subprocess.run([uv, "pip", "install", "-q", *locked], env=env, check=True)
    subprocess.run([uv, "pip", "install", "-q", "--no-deps", str(wheel)], env=env, check=True)
    return home


def girouette(home: Path, *args: str) -> str:
    """Run the installed command from a folder that is not the checkout."""
    ran = subprocess.run([home / "venv/bin/girouette", *args], cwd=home, capture_output=True, text=True, check=True)
    return ran.stdout


@pytest.mark.slow
def test_the_wheel_holds_what_is_not_python(wheel: Path) -> None:
    """Recipes, words, firmware, templates, migrations and deployment files travel inside."""
    names = zipfile.ZipFile(wheel).namelist()

    for part in ("devices/quantities.toml", "devices/recipes/air/recipe.toml", "devices/recipes/air/wiring.svg",
                 "devices/words/flags.toml", "devices/firmware/main.py", "devices/sim/machine.py",
                 "deploy/compose/compose.yaml", "deploy/mosquitto/mosquitto.conf", "api/web/static/atelier/atelier.js"):  # fmt: skip
        assert part in names
    assert any(n.startswith("api/web/") and n.endswith(".html") for n in names)
    assert any(n.startswith("gateway/migrations/") for n in names)
    assert not any("__pycache__" in n or n.startswith("tests/") or "atelier_src" in n for n in names)


@pytest.mark.slow
def test_the_installed_command_runs_elsewhere(elsewhere: Path) -> None:
    """From another folder, without this checkout, the command knows its version and its recipes."""
    assert girouette(elsewhere, "--version").split()[-1].startswith("0.")

    slugs = {row["slug"] for row in json.loads(girouette(elsewhere, "recipe", "list", "--json"))}

    assert slugs >= {"air", "noise", "weather"}


@pytest.mark.slow
def test_no_name_of_ours_collides(elsewhere: Path) -> None:
    """No distribution that runs with us brings a top-level package of one of our five names."""
    site = next((elsewhere / "venv/lib").glob("python3*/site-packages"))
    others: dict[str, set[str]] = {}
    for record in site.glob("*.dist-info/RECORD"):
        top = {line.split(",")[0].split("/")[0] for line in record.read_text().splitlines()}
        others[record.parent.name] = top & OURS

    assert {name: found for name, found in others.items() if found and not name.startswith("girouette")} == {}
