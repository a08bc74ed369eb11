"""The demonstration as a user types it, over either broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from demonstration import start


@pytest.mark.journey
@pytest.mark.timeout(180)
@pytest.mark.parametrize("broker", ["mosquitto", "iotcore"])
def test_nothing_is_lost_over_either_broker(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], broker: str
) -> None:
    """Ten seconds of twelve boards: every sample that was made is kept, once, and the report says so."""
    part("mosquitto")
    report, log = tmp_path / "report.json", tmp_path / "demo.log"
    options = ("--for", "10s", "--report", str(report), "--port", str(free_port()), "--broker", broker)

    code = start(tmp_path / "kept", *options, log=log).wait(timeout=150)

    assert code == 0, log.read_text()
    told: dict[str, Any] = json.loads(report.read_text())
    assert told["broker"] == broker
    assert told["sent"] == told["kept"] + told["refused"] + told["held"] + told["dropped"]
    assert (told["lost"], told["duplicated"], told["refused"], told["dropped"]) == (0, 0, 0, 0)
    assert told["kept"] >= 12 * 3
    assert sum(sum(flags.values()) for flags in told["readings"].values()) >= told["kept"]
    assert told["devices"] == 12
    assert told["first_reading_s"] > 0
    assert told["gateway_cpu_s"] > 0
    assert told["gateway_rss_mib"] > 10
    assert "Rien perdu" in log.read_text()
