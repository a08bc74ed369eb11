"""From the bag to the page in a browser: real Chromium, real gateway, broker and public side; boards from their bootloader on."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from room import AIR, PASSWORD, RECIPE, SSID, Room, Visit, certificate, encrypted, heavy, room, visit, weigh
from usb import Pc

from deploy.tools.atelier import AtelierError, build
from deploy.workshop.reach import own_address
from devices.interpreter import have_micropython
from devices.simulate import Surroundings
from devices.virtual.chip import MIB, VirtualChip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.journey,
    pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine"),
]
GOAL_BYTES = 300_000
ELSEWHERE = Surroundings({}, wifi={"networks": {"Voisin": "inconnu, lui"}})
"""Where none of the room's networks is heard."""


@pytest.fixture(scope="module")
def kept_open() -> Iterator[contextlib.ExitStack]:
    """What is open until the last journey of this file has ended."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def rooms() -> list[Room]:
    """The room, once it is open."""
    return []


@pytest.fixture
def shared(
    rooms: list[Room], kept_open: contextlib.ExitStack, tmp_path_factory: pytest.TempPathFactory,
    part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None],
) -> Room:  # fmt: skip
    """One room for all journeys of this file; each has boards and a browser of its own."""
    if not rooms:
        try:
            build()
        except AtelierError as error:
            pytest.skip(f"what the browser runs is not built: {error}")
        address = own_address()
        if address is None:
            pytest.skip("this machine is on no network: it has no address but loopback")
        made = room(
            tmp_path_factory.mktemp("room"), binary=part("mosquitto"), address=address, take_port=free_port, until=until
        )
        rooms.append(kept_open.enter_context(made))
    return rooms[0]


def told(board: VirtualChip) -> dict[str, Any]:
    """Who a board is, by the NVS in its flash."""
    from devices.flash.nvs import BOARD
    from devices.flash.partitions import STARTS
    from devices.flash.parts import read_nvs, read_table

    content = board.content
    nvs = read_table(content[STARTS[board.chip] :]).nvs
    identity: dict[str, Any] = json.loads(read_nvs(content[nvs.offset : nvs.end])[BOARD, "identity"])
    return identity


def play(journey: Coroutine[Any, Any, None]) -> None:
    """Run a journey to its end."""
    asyncio.run(journey)


def test_from_the_bag_to_the_page(shared: Room, tmp_path: Path, part: Callable[[str], str]) -> None:
    """On the gateway's own machine, with all networks cut: one click on the page, one choice of a port, and the value is public by its link."""
    port = shared.ports.get("esp32") or shared.serve("esp32", everybody=True)
    home = f"http://localhost:{port}"

    async def journey() -> None:
        pc = Pc()
        with pc.plug_in("mine", "esp32", tmp_path / "board") as board:
            board.around = AIR
            async with visit(part("chromium"), pc, shots=tmp_path) as here:
                weights = await weigh(here, f"{home}/fr/atelier")
                assert sum(weights.values()) < GOAL_BYTES, weights
                await here.choose(RECIPE, "esp32")
                async with here.page.expect_response("**/atelier/boards") as made:
                    await here.begin()
                    order = await (await made.value).json()
                await here.finish()

                assert await here.ticks() == {"cable": "done", "network": "done"}
                assert (here.clicks, pc.asked) == (1, 1)
                assert here.errors == []
                assert [url for url in here.asked if not url.startswith((home, "data:"))] == []
                print(
                    json.dumps(
                        {"bytes": sum(weights.values()), "seconds": await here.durations(), "clicks": here.clicks}
                    )
                )
                await look_at_what_was_written(here, board, order)
                await look_at_its_page(here, order)

    play(journey())


async def look_at_what_was_written(here: Visit, board: VirtualChip, order: dict[str, Any]) -> None:
    """What lies in its flash is what the gateway gave; who it is stands in its NVS, and its secrets nowhere in the page."""
    content, who = board.content, told(board)
    for one in order["parts"]:
        if one["name"] in {"bootloader", "micropython"}:
            lies = content[one["offset"] : one["offset"] + one["size"]]
            assert hashlib.sha256(lies).hexdigest() == one["sha256"]
    assert who["device"] == order["device"]
    kept = await here.page.evaluate("JSON.stringify([document.documentElement.outerHTML, {...localStorage}])")
    assert who["broker"]["password"] not in kept
    assert who["update_key"] not in kept


async def look_at_its_page(here: Visit, order: dict[str, Any]) -> None:
    """The page that is offered shows this device's values, and says that it is private."""
    link = here.page.locator(".stage .done .address a")
    assert await link.get_attribute("href") == order["page"]
    assert "°C" in await here.page.inner_text(".stage .tick[data-tick=network]")
    answer = await here.page.goto(order["page"])
    assert answer is not None
    assert answer.ok
    text = await here.page.inner_text("main")
    assert "Température" in text
    assert "°C" in text


def link_into(shared: Room, board: str) -> str:
    """The path of a fresh one-time link into the atelier."""
    told = shared.type("atelier", "--link", public_url=f"https://x.test:{shared.ports[board]}")
    return "/" + str(told["link"]).split("/", 3)[3]


async def enter(here: Visit, address: str) -> None:
    """Open a one-time link, and go in."""
    await here.page.goto(address)
    await here.page.click("main button")
    await here.page.wait_for_selector("[data-atelier=start]", state="attached")


def test_from_another_pc_by_https_with_a_port_that_changes(
    shared: Room, tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int]
) -> None:
    """By a one-time link and a certificate of one's own: an S3 comes back under another number, and is given its Wi-Fi over the cable.

    A wrong password is told as such and typed again, while the sensor's values are there. Three clicks: Commencer, the port's new
    number, Connecter (once more after the wrong password).
    """
    front, by = free_port(), certificate(tmp_path, shared.address)
    origin = f"https://{shared.address}:{front}"
    port = shared.serve("s3", public_url=origin, wifi=tmp_path / "none.toml")
    path = link_into(shared, "s3")

    async def journey() -> None:
        pc = Pc()
        with pc.plug_in("mine", "s3", tmp_path / "board") as board:
            board.around = AIR
            async with (
                encrypted(shared.address, front, port, by),
                visit(part("chromium"), pc, reachable=(shared.address,), trusted=by.mark, shots=tmp_path) as here,
            ):
                await enter(here, origin + path)
                await here.choose(RECIPE, "s3")
                await here.begin()
                await here.page.wait_for_selector("#pick")
                await here.click("#pick")
                await give_wifi(here)
                await here.finish()

                assert await here.ticks() == {"cable": "done", "network": "done"}
                assert (here.clicks, pc.asked, here.errors) == (4, 2, [])
                assert [url for url in here.asked if not url.startswith((origin, "data:"))] == []
                assert len(pc.slot("mine").granted) == 2
                await once_more(here)
                await here.page.goto(await here.page.get_attribute(".stage .done .address a", "href") or "")
                assert "°C" in await here.page.inner_text("main")

    play(journey())


async def once_more(here: Visit) -> None:
    """The board that runs MicroPython now is flashed again: its bootloader's number is known already, and it stays the device it was."""
    name = await here.page.inner_text("[data-step=make] .beside")
    await here.page.click("#again")
    await here.begin()
    await here.page.wait_for_selector("[data-step=write][data-state=done]")
    assert await here.page.inner_text("[data-step=make] .beside") == name
    await give_wifi_again(here)
    await here.finish()


async def give_wifi_again(here: Visit) -> None:
    """Its settings were written anew: it is given its Wi-Fi again."""
    await here.page.wait_for_selector("#wifi select:enabled")
    await here.page.select_option("#wifi select", SSID)
    await here.page.fill("#wifi input[name=password]", PASSWORD)
    await here.page.click("#wifi button")


async def give_wifi(here: Visit) -> None:
    """A wrong password first, which is told; then the right one."""
    await here.page.wait_for_selector("#wifi select:enabled")
    await here.page.select_option("#wifi select", SSID)
    await here.page.fill("#wifi input[name=password]", "pas le bon")
    await here.click("#wifi button")
    fault = here.page.locator("#wifi .fault")
    await fault.wait_for()
    assert "refuse le mot de passe" in await fault.inner_text()
    await here.page.wait_for_selector(".stage .tick[data-tick=cable][data-state=done]", timeout=10_000)
    await here.page.fill("#wifi input[name=password]", PASSWORD)
    await here.click("#wifi button")


def test_over_http_from_another_pc_the_page_says_what_to_do_instead(
    shared: Room, tmp_path: Path, part: Callable[[str], str]
) -> None:
    """Chromium itself hides the ports there: "Commencer" stays grey, why is said, and the file and the one line are offered."""
    port = shared.ports.get("esp32") or shared.serve("esp32", everybody=True)
    origin = f"http://{shared.address}:{port}"
    path = link_into(shared, "esp32")

    async def journey() -> None:
        async with visit(part("chromium"), Pc(), reachable=(shared.address,), shots=tmp_path) as here:
            await enter(here, origin + path)
            assert await here.page.evaluate("['serial' in navigator, isSecureContext]") == [False, False]
            await here.choose(RECIPE, "esp32")
            assert await here.page.locator("[data-atelier=start]").is_disabled()
            said = await here.page.inner_text("[data-atelier=unsupported]")
            assert "http://" in said
            assert "girouette atelier --file" in said
            assert "girouette flash" in said
            assert await here.page.get_attribute(".why", "data-why") == "insecure"

    play(journey())


def test_what_the_broker_lacks_is_said_until_it_has_it(
    shared: Room, tmp_path: Path, part: Callable[[str], str]
) -> None:
    """A broker that nobody has told of the new account refuses the board: the page has the command, which is typed, and the second tick comes."""
    lost = tmp_path / "not-here.pid"
    port = shared.serve("c6", broker_pid_file=lost)

    async def journey() -> None:
        pc = Pc()
        with pc.plug_in("mine", "c6", tmp_path / "board") as board:
            board.around = AIR
            async with visit(part("chromium"), pc, shots=tmp_path) as here:
                await here.page.goto(f"http://localhost:{port}/fr/atelier")
                await here.choose(RECIPE, "c6")
                await here.begin()
                network, reminder = here.page.locator("[data-tick=network]"), here.page.locator(".stage .note")
                await network.get_by_text("refuse le mot de passe").wait_for(timeout=60_000)
                assert "girouette deploy accounts" in await network.inner_text()
                assert f"sudo kill -HUP $(cat {lost})" in await reminder.inner_text()
                os.kill(int((shared.broker.home / "mosquitto.pid").read_text()), signal.SIGHUP)
                await here.finish()
                assert not await reminder.is_visible()

    play(journey())


def test_is_my_pc_ready(shared: Room, tmp_path: Path, part: Callable[[str], str]) -> None:
    """Browser, address and Web Serial are there; the port that somebody chooses opens, or another program holds it."""
    port = shared.ports.get("esp32") or shared.serve("esp32", everybody=True)

    async def journey() -> None:
        pc = Pc()
        with pc.plug_in("mine", "c3", tmp_path / "board"):
            async with visit(part("chromium"), pc, shots=tmp_path) as here:
                await here.page.goto(f"http://localhost:{port}/fr/atelier/poste")
                checks = here.page.locator("[data-atelier=ready] li")
                marks = "items => items.map(i => [i.dataset.check, i.dataset.ok])"
                assert await checks.evaluate_all(marks) == [
                    ["browser", "true"],
                    ["address", "true"],
                    ["serial", "true"],
                ]
                await here.page.click("[data-atelier=try-port]")
                await here.page.wait_for_selector("[data-check=port][data-ok=true]")
                pc.busy.add("mine")
                await here.page.click("[data-atelier=try-port]")
                await here.page.wait_for_selector("[data-check=port][data-ok=false]")
                assert "dialout" in await here.page.inner_text("[data-check=port]")

    play(journey())


def test_each_failure_says_what_to_do(shared: Room, tmp_path: Path, part: Callable[[str], str]) -> None:
    """Nothing chosen, a policy, a busy port, no bootloader, another chip, too small a flash, a pulled cable, worn flash, no Wi-Fi: each is named.

    After each of them the same page goes on, and after all of them the board is flashed.
    """
    port = shared.ports.get("esp32") or shared.serve("esp32", everybody=True)

    async def journey() -> None:
        pc = Pc()
        with (
            pc.plug_in("small", "esp32", tmp_path / "small", flash_bytes=2 * MIB),
            pc.plug_in("stubborn", "esp32", tmp_path / "stubborn", auto=False) as stubborn,
            pc.plug_in("other", "c3", tmp_path / "other"),
            pc.plug_in("mine", "esp32", tmp_path / "mine") as mine,
        ):
            mine.around = ELSEWHERE
            async with visit(part("chromium"), pc, shots=tmp_path) as here:
                await here.page.goto(f"http://localhost:{port}/fr/atelier")
                await here.choose(RECIPE, "esp32")
                await before_it_is_found(here, pc)
                await provoked(here, pc, "stubborn", "no_bootloader", "BOOT")
                await asyncio.to_thread(stubborn.hold_boot)
                await provoked(here, pc, "other", "other_board", "étape 2")
                await provoked(here, pc, "small", "server_refused", "4 Mo")
                await while_it_is_written(here, pc, mine)
                await where_no_known_network_is_heard(here)
                mine.around = AIR
                await here.begin()
                await here.finish()
                assert here.errors == []

    play(journey())


async def provoked(here: Visit, pc: Pc, name: str | None, key: str, todo: str) -> None:
    """Begin with this board: it fails by this name, and what to do is said."""
    pc.chooses = lambda shown: next((slot for slot in shown if slot.name == name), None)
    await here.begin()
    found, said = await here.fault()
    assert (found, todo in said) == (key, True), said


async def before_it_is_found(here: Visit, pc: Pc) -> None:
    """Nobody chooses, or nobody is let; the port is held."""
    await provoked(here, pc, None, "no_port", "autre câble")
    await here.page.evaluate("window.closedByPolicy = true")
    await provoked(here, pc, None, "closed_by_policy", "Ports série")
    await here.page.evaluate("window.closedByPolicy = false")
    pc.busy.add("mine")
    await provoked(here, pc, "mine", "port_busy_linux", "dialout")
    pc.busy.clear()


async def while_it_is_written(here: Visit, pc: Pc, board: VirtualChip) -> None:
    """The cable is pulled; then what lies in flash is not what was written; then it goes well, and it is the same device all along."""
    pc.chooses = lambda shown: next(slot for slot in shown if slot.name == "mine")
    names = []
    for key in ("unplugged", "not_verified"):
        await here.begin()
        await here.until("document.querySelector('.stage progress')?.value >= 30")
        if key == "unplugged":
            pc.pull("mine")
        else:
            await asyncio.to_thread(wear, board)
        found, said = await here.fault()
        assert (found, "recommencez" in said.lower()) == (key, True), said
        names.append(await here.page.inner_text("[data-step=make] .beside"))
    await here.begin()
    await here.page.wait_for_selector("[data-step=make][data-state=done]")
    names.append(await here.page.inner_text("[data-step=make] .beside"))
    assert len(set(names)) == 1, names


async def where_no_known_network_is_heard(here: Visit) -> None:
    """The sensor has its tick, the network says why it has none, another network is asked for; somebody stops it."""
    await here.page.wait_for_selector("#wifi select:enabled")
    await here.page.wait_for_selector("[data-tick=cable][data-state=done]")
    tick = here.page.locator("[data-tick=network]")
    assert "n’entend pas ce Wi-Fi" in await tick.inner_text()
    assert await here.page.locator("#wifi option").all_inner_texts() == [
        "Choisissez",
        "Voisin",
        "Un autre, que j’écris",
    ]
    await here.page.click(".stage .acts button")
    assert (await here.fault())[0] == "stopped"


def wear(board: VirtualChip) -> None:
    """A cell of the flash falls back to zero: in the files, which are written first."""
    with board.flash.open("r+b") as flash:
        flash.seek(2 * MIB + 100)
        flash.write(b"\0" * 8)


def test_from_a_file_that_needs_no_server(shared: Room, tmp_path: Path, part: Callable[[str], str]) -> None:
    """The page that `girouette atelier --file` writes does the same from `file://`: the board's receipt is its second tick.

    The seat is asked once; a page that is loaded anew in the middle gives no identity twice, and the same board keeps its own.
    """
    made = tmp_path / "atelier.html"
    image = tmp_path / "c3.bin"
    image.write_bytes(heavy("c3"))
    options = ("--recipe", RECIPE, "--board", "c3", "--seats", "2", "--each", "2", "--lang", "fr")
    shared.type("atelier", "--file", str(made), *options, board_micropython=image, public_url="https://air.example")

    async def journey() -> None:
        pc = Pc()
        with (
            pc.plug_in("first", "c3", tmp_path / "first") as first,
            pc.plug_in("second", "c3", tmp_path / "second") as second,
        ):
            async with visit(part("chromium"), pc, shots=tmp_path) as here:
                await here.page.goto(made.as_uri())
                assert await here.page.evaluate("['serial' in Navigator.prototype, isSecureContext]") == [True, True]
                await interrupted(here, pc)
                await here.page.reload()
                names = [await from_file(here, pc, name) for name in ("first", "second")]

                assert (here.clicks, pc.asked, here.errors) == (5, 3, [])
                assert [url for url in here.asked if not url.startswith((made.as_uri(), "data:"))] == []
                assert names == [told(first)["device"], told(second)["device"]]
                assert len(set(names)) == 2
                assert {one.rpartition("-")[0] for one in names} == {RECIPE}

    play(journey())


async def interrupted(here: Visit, pc: Pc) -> None:
    """The seat is asked, and asked once more, since no other table may have its number; the page is left while it writes."""
    await here.choose(RECIPE, "c3")
    await here.begin()
    await here.page.fill("#seat input", "2")
    await here.click("#seat button")
    await here.until("document.querySelector('#seat .fault')?.textContent.includes('aucune autre table')")
    await here.click("#seat button")
    await here.until("document.querySelector('.stage progress')?.value >= 30")


async def from_file(here: Visit, pc: Pc, name: str) -> str:
    """One board from the file to its second tick; the device that it is."""
    pc.chooses = lambda shown: next(slot for slot in shown if slot.name == name)
    await here.choose(RECIPE, "c3")
    await here.begin()
    await here.finish()
    assert await here.page.locator("#seat").count() == 0
    assert await here.ticks() == {"cable": "done", "network": "done"}
    told = await here.page.inner_text("[data-step=make] .beside")
    assert str(await here.page.get_attribute(".stage .done .address a", "href")).startswith("https://air.example/d/")
    await here.page.evaluate("document.querySelector('#again').click()")
    return told
