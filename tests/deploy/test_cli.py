"""The command as a whole: versions, wrong lines, refusals without tracebacks, and what is loaded when."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from deploy.faults import AWAY, DONE, REFUSED, USAGE

ROOT = Path(__file__).parent.parent.parent
HEAVY = {"numpy", "sqlalchemy", "alembic", "fastapi", "uvicorn", "aiomqtt", "influxdb_client", "httpx", "rich", "pydantic_settings", "grafana_foundation_sdk"}  # fmt: skip
"""What a command must not wait for unless it needs it."""


def loaded(*words: str, cwd: Path) -> set[str]:
    """The heavy libraries that one command line has loaded."""
    code = f"import sys; from deploy.cli import run; run({list(words)!r}); print(*sys.modules, file=sys.stderr)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, check=True)
    return {name for name in ran.stderr.split() if name in HEAVY}


def test_the_version_is_told(girouette: Callable[..., Any]) -> None:
    """One line that ends with the version of the distribution."""
    typed = girouette("--version")

    assert (typed.code, typed.out, typed.err) == (DONE, f"girouette {version('girouette')}\n", "")


@pytest.mark.parametrize(
    "line",
    ["nothing", "device", "device ad", "device add", "--no", "pilot add a b c", "device stage", "backup --store"],
)
def test_a_wrong_line_is_told_in_one_sentence(line: str, girouette: Callable[..., Any]) -> None:
    """Exit code 2, nothing on stdout, one line on stderr that is ours."""
    typed = girouette(*line.split())

    assert (typed.code, typed.out) == (USAGE, "")
    assert typed.err.startswith("girouette")
    assert typed.err.count("\n") == 1


def test_nothing_typed_shows_the_help(girouette: Callable[..., Any]) -> None:
    """Every command stands on the page, and the exit code says that nothing was done."""
    typed = girouette()

    assert typed.code == USAGE
    for name in ("demo", "gateway", "api", "device", "quarantine", "doctor"):
        assert f"\n  {name} " in typed.err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("device list --registry nowhere:x", REFUSED),
        ("device stage air-1 public", REFUSED),
        ("quarantine list", REFUSED),
        ("device list --store sqlite:no/such/folder/x", REFUSED),
        ("pilot add a b --store nowhere", REFUSED),
        ("device list --store influx:127.0.0.1", REFUSED),
        ("pilot add a b --store sqlite:no/such/folder/x", AWAY),
        ("pilot list --settings", USAGE),
        ("--settings none.toml pilot list", REFUSED),
        ("backup saved", AWAY),
    ],
)
def test_what_is_refused_is_a_sentence(line: str, code: int, girouette: Callable[..., Any]) -> None:
    """No traceback: one line on stderr, and a code that says whether asking again may help."""
    typed = girouette(*line.split())

    assert (typed.code, typed.out, typed.err.count("\n")) == (code, "", 1)


@pytest.mark.slow
def test_help_and_version_load_nothing_heavy(tmp_path: Path) -> None:
    """Neither arrays nor databases nor web servers, nor the library of settings."""
    assert loaded("--help", cwd=tmp_path) == set()
    assert loaded("device", "add", "--help", cwd=tmp_path) == set()


@pytest.mark.slow
def test_registering_a_device_loads_the_registry_alone(tmp_path: Path) -> None:
    """No web server, no InfluxDB client, no MQTT client, no terminal library."""
    words = ("device", "add", "--recipe", "air", "--place", "48.1,-1.7", "--json")

    assert loaded(*words, cwd=tmp_path) <= {"numpy", "sqlalchemy", "alembic", "pydantic_settings"}


@pytest.mark.slow
def test_a_reader_that_goes_away_gets_no_traceback(tmp_path: Path) -> None:
    """`girouette ... | head -0` says nothing on stderr."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m deploy.cli recipe list | true"
    ran = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert (ran.returncode, ran.stderr) == (0, "")
