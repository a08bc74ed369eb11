"""What boards are flashed with: a broker that they can reach, and MicroPython from where it was said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wholes import small_whole

from deploy.commands.outfit import check_broker, micropython_for, on_this_machine, public_url
from deploy.flashing.faults import FlashError
from deploy.flashing.ports import Port
from deploy.settings import load_settings
from deploy.workshop.reach import reach
from devices.flash.micropython import builds


def test_a_broker_that_listens_here_only_is_no_broker_for_boards(
    home: Path, girouette: Callable[..., Any], mosquitto: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers on loopback, and not at the address where a board would call it: mosquitto's own default."""
    monkeypatch.setenv("GIROUETTE_BROKER", f"mqtt://127.0.0.1:{mosquitto}")
    settings = load_settings()
    where = reach(settings)
    if where.host == "127.0.0.1":
        pytest.skip("this machine is on no network")

    with pytest.raises(FlashError) as refused:
        check_broker(where, settings)

    assert refused.value.key == "broker_here_only"


def test_micropython_comes_from_a_file_or_from_a_prepared_folder(tmp_path: Path) -> None:
    """A folder has the files by the names of the official builds."""
    content = small_whole("c6")
    (tmp_path / builds()["c6"].file).write_bytes(content)
    (tmp_path / "mine.bin").write_bytes(content)

    assert micropython_for("c6", tmp_path) == content
    assert micropython_for("c6", tmp_path / "mine.bin") == content


def test_a_virtual_board_is_on_this_machine(home: Path) -> None:
    """Its loopback is ours; pages are where the API would be, unless that is said."""
    assert [on_this_machine(Port(path, "x")) for path in ("/dev/pts/3", "socket://127.0.0.1:9", "/dev/ttyACM0", "COM3")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert public_url(load_settings()) == "http://127.0.0.1:8000"
    assert public_url(load_settings(public_url="https://air.example")) == "https://air.example"
