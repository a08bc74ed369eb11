"""What every room's tests share: real servers on free loopback ports, and skips that are named or fail."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

settings.register_profile("girouette", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("check", settings.get_profile("girouette"), max_examples=20)
settings.load_profile("check" if os.environ.get("GIROUETTE_FAST") == "1" else "girouette")
# A busy machine is slow, and nothing is wrong with that; the loop tries few examples, `make test` all.

IN_CI = os.environ.get("GIROUETTE_CI") == "1"
PARTS = {
    "mosquitto": ("/usr/sbin/mosquitto", "apt-get install mosquitto"),
    "influxd": ("/usr/bin/influxd", "apt-get install influxdb"),
    "chromium": ("/usr/bin/chromium", "apt-get install chromium"),
    "faketime": ("/usr/bin/faketime", "apt-get install faketime"),
    "strace": ("/usr/bin/strace", "apt-get install strace"),
}
"""Parts that tests use but Python cannot install: where they are, and how they are had."""


def need(name: str) -> str:
    """The path of a part, or a named skip (a failure in CI)."""
    place, cure = PARTS[name]
    found = place if Path(place).exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: {cure}")
    return found


def wait_until(condition: Callable[[], object], *, within_s: float = 20.0, what: str = "the condition") -> None:
    """Poll until the condition is true; fail with its name when it is not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} did not come true within {within_s} s")
        time.sleep(0.02)


def take_port() -> int:
    """A TCP port that is free on loopback now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Does something listen on this loopback port?"""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A test that starts the log of a command leaves none that writes to its own closed stderr."""
    yield
    structlog.reset_defaults()


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a free loopback port."""
    return take_port


@pytest.fixture
def until() -> Callable[..., None]:
    """`wait_until`, for tests that wait for a condition."""
    return wait_until


@pytest.fixture
def part() -> Callable[[str], str]:
    """`need`, for tests that use a part that Python cannot install."""
    return need


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[int]:
    """The port of a real mosquitto of this test's own, anonymous and on loopback."""
    binary, port = need("mosquitto"), take_port()
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_inflight_messages 4000\n"
    )
    child = subprocess.Popen([binary, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(port), what="mosquitto listening")
        yield port
    finally:
        child.kill()
        child.wait()


@pytest.fixture(scope="session")
def influx_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One influxd for all tests of a worker: ask for `influx`, which is empty."""
    from influx import influxd

    yield from influxd(tmp_path_factory.mktemp("influx"), need("influxd"), take_port=take_port, until=wait_until)


@pytest.fixture
def influx(influx_process: Any) -> Any:
    """A real InfluxDB that holds nothing: `url`, `token`, `org`, `kill()`, `start()` (tests/journeys/influx.py)."""
    influx_process.start()
    influx_process.wipe()
    return influx_process


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs data that may not lie in the repository is there only where GIROUETTE_NAB names the folder."""
    if os.environ.get("GIROUETTE_NAB") is None:
        away = [item for item in items if item.get_closest_marker("nab")]
        items[:] = [item for item in items if item not in away]
        config.hook.pytest_deselected(items=away)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """In CI a skipped test is a failed test: what should run there must be had there."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where everything must run: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped, and why, as the last lines."""
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line(f"not run: {report.nodeid}: {reason}")
