"""Commands as they are typed: in this process where that is enough, as a process of their own where they run on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from guarded import Guarded

from deploy.cli import run
from deploy.settings import Settings

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a command line."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own, with no settings but those that a test gives."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"GIROUETTE_{name.upper()}", raising=False)
    monkeypatch.delenv("GIROUETTE_SECRETS_DIR", raising=False)
    monkeypatch.setenv("GIROUETTE_SETTINGS", "")  # what --settings sets is gone after the test
    return tmp_path


@pytest.fixture
def girouette(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Typed]:
    """Type a command in the folder."""

    def typed(*words: object) -> Typed:
        capsys.readouterr()
        code = run([str(word) for word in words])
        return Typed(code, *capsys.readouterr())

    return typed


@pytest.fixture
def broker(
    home: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Guarded]:  # fmt: skip
    """A broker with accounts, and settings that name its folder and its process."""
    here = Guarded(home / "guarded", free_port(), part("mosquitto"), until)
    here.lay()
    for name in ("passwords", "acl"):
        (here.accounts / name).touch()
    monkeypatch.setenv("GIROUETTE_ACCOUNTS", str(here.accounts))
    monkeypatch.setenv("GIROUETTE_BROKER_PID_FILE", str(here.home / "mosquitto.pid"))
    try:
        here.start()
        yield here
    finally:
        here.stop()


@pytest.fixture
def service(home: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command that runs on; what still runs afterwards is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object, **environ: object) -> subprocess.Popen[str]:
        env = {**os.environ, "PYTHONPATH": str(ROOT), **{name: str(value) for name, value in environ.items()}}
        command = [sys.executable, "-m", "deploy.cli", *map(str, words)]
        with (home / "service.log").open("ab") as log:
            started.append(subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=log, text=True))
        return started[-1]

    yield start
    for child in started:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.wait()
