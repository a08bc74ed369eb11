"""`girouette api` and `health` as processes, and what `demo` refuses."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.faults import AWAY, DONE, REFUSED, USAGE


@pytest.mark.slow
def test_the_public_side_runs_is_asked_and_stops(
    girouette: Callable[..., Any], service: Callable[..., subprocess.Popen[str]], free_port: Callable[[], int],
    until: Callable[..., None],
) -> None:  # fmt: skip
    """`health` ends with 0 while it is ready, another one on its port is refused, SIGTERM ends it with 0, then `health` with 3."""
    port = free_port()
    girouette("pilot", "add", "rennes", "Rennes")
    api = service("api", "--port", port)
    ready = f"http://127.0.0.1:{port}/readyz"
    until(lambda: girouette("health", ready).code == DONE, what="the public side ready")

    assert girouette("api", "--port", port).code == AWAY
    unwell = girouette("health", f"http://127.0.0.1:{port}/nothing")
    assert (unwell.code, unwell.err.count("\n")) == (AWAY, 1)

    api.send_signal(signal.SIGTERM)
    assert api.wait(20) == 0
    assert girouette("health", ready).code == AWAY


def test_the_public_side_makes_no_file(home: Path, girouette: Callable[..., Any], free_port: Callable[[], int]) -> None:
    """Where there is nothing to show yet, it says what to start first."""
    typed = girouette("api", "--port", free_port())

    assert typed.code == AWAY
    assert "there is no girouette.sqlite" in typed.err
    assert "start the gateway" in typed.err
    assert list(home.glob("*.sqlite")) == []


def test_health_asks_addresses_of_the_web_alone(girouette: Callable[..., Any]) -> None:
    """No file, no other scheme."""
    assert girouette("health", "file:///etc/passwd").code == REFUSED
    assert girouette("health", "gateway").code == REFUSED


def test_a_service_does_not_start_with_settings_that_do_not_fit(
    girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the variable."""
    monkeypatch.setenv("GIROUETTE_RATE", "fast")
    typed = girouette("gateway")

    assert (typed.code, "GIROUETTE_RATE" in typed.err) == (REFUSED, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--kill", "mayor@2m"), REFUSED), (("--kill", "gateway"), REFUSED), (("--for", "a while"), USAGE), (("--backfill", "x"), USAGE)],
)  # fmt: skip
def test_a_demonstration_that_makes_no_sense_is_refused(
    words: tuple[str, str], code: int, girouette: Callable[..., Any]
) -> None:
    """Nothing is started, and one sentence says how it is written."""
    typed = girouette("demo", *words)

    assert (typed.code, typed.err.count("\n")) == (code, 1)
