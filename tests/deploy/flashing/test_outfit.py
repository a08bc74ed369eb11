"""What boards are flashed with: a broker that they can reach, and MicroPython from where it was said."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from wholes import small_whole

from deploy.commands.outfit import check_broker, micropython_for, on_this_machine, public_url
from deploy.flashing.faults import FlashError
from deploy.flashing.ports import Port
from deploy.settings import load_settings
from deploy.workshop.reach import answers, own_address, reach
from devices.flash.micropython import builds
from devices.words import LANGUAGES


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


def test_where_no_broker_answers_the_command_that_installs_it_is_told(
    home: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a beginner types, rather than a page about containers."""
    monkeypatch.setenv("GIROUETTE_BROKER", f"mqtt://127.0.0.1:{free_port()}")
    settings = load_settings()

    with pytest.raises(FlashError) as refused:
        check_broker(reach(settings, here=True), settings)

    assert refused.value.key == "no_broker"
    assert all("sudo apt-get install mosquitto" in refused.value.said(lang) for lang in LANGUAGES)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_broker_that_is_told_what_the_sentence_says_takes_boards_and_gateway(
    lang: str, tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """The real mosquitto with those lines and no other answers where boards call it, and lets who has no account publish and read."""
    port, host = free_port(), own_address() or "127.0.0.1"
    said = FlashError("broker_here_only", host=host, port=port).said(lang)
    lines = dict.fromkeys(re.findall(r"(listener \d+|allow_\w+ \w+)", said))
    conf = tmp_path / "atelier.conf"
    conf.write_text("".join(f"{line}\n" for line in lines))
    child = subprocess.Popen([part("mosquitto"), "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(host, port), what="mosquitto listening")
        assert asyncio.run(echoed(host, port)) == b"21.4"
    finally:
        child.kill()
        child.wait()


async def echoed(host: str, port: int) -> bytes:
    """What a gateway without an account hears of a board without one."""
    async with aiomqtt.Client(host, port) as gateway, aiomqtt.Client("127.0.0.1", port) as board:
        await gateway.subscribe("gir/1/#", qos=1)
        await board.publish("gir/1/0/air-1/obs", b"21.4", qos=1)
        message = await anext(aiter(gateway.messages))
        return bytes(message.payload)


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
