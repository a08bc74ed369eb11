"""What compose runs, run as plain processes: the folder of `deploy init`, its secrets, accounts and health checks, up to the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from town import SERVICES, town


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_the_commands_of_compose_take_a_reading_to_the_api(
    tmp_path: Path,
    influx: Any,
    part: Callable[[str], str],
    free_port: Callable[[], int],
    until: Callable[..., None],
) -> None:
    """Broker with accounts, gateway and API pass their health checks; a device that was added and shown is read back."""
    with town(tmp_path, influx, part("mosquitto"), take_port=free_port, until=until) as here:
        here.up()
        added = here.told("device", "add", "--recipe", "air", "--id", "air-1", "--place", "48.11,-1.68")
        here.told("device", "stage", "air-1", "public")
        here.switch_on(added)

        until(
            lambda: here.measured() >= {"temperature", "pm2_5"}, within_s=90, what="readings of both parts on the API"
        )
        assert here.told("cmd", "air-1", "identify")["ok"] is True
        assert [service for service in SERVICES if not here.healthy(service)] == []
        here.stop()
        assert [service for service in SERVICES if "Traceback" in here.log(service)] == []
