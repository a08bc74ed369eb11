"""A board moves to another broker: its order is read by it alone, tried on probation, and undone where nobody answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cuts import sweep
from on_board import run
from own_air import OWN, OwnAir
from playwright.sync_api import sync_playwright
from sessions import Line, Session, play
from tls import anchor, authority

from deploy.passage.order import Order, Passage, identity, seal, write_passage
from deploy.workshop.reach import Reach

KEY = bytes(range(32))
NEW_KEY = "ab" * 32
ANCHOR = bytes(range(200)) * 3
HERE = {
    "device": "b1", "topic": "gir/1/00/b1", "bn": "b1/", "ntp": None, "update_key": KEY.hex(),
    "broker": {"host": "workshop", "port": 1883, "user": "b1", "password": "old"},
}  # fmt: skip
CONFIG = {"v": 1, "recipe": "climate", "firmware": "f", "period_s": 60, "sensors": [], "anchors": ["anchors/w.der"]}
THERE = Reach("broker.town.example", 8883, (ANCHOR,), "town")


def order_for(device: str = "b1", *, key: bytes = KEY, serial: int = 5, **more: Any) -> Order:
    """An order of the town for a board of this name and key."""
    told = identity("b9", THERE, password="new", update_key=NEW_KEY, **more)
    return seal(device, told, anchors=THERE.anchors, key=key, serial=serial, iv=bytes(16))


COMMON = """
import json, os, sys
import slots, rule
from girouette.settings import keep_setting, setting, blob
def start():
    # what boot.py and start.py do
    slots.moving, slots.heard, slots.safe = False, False, None
    rule.begin(slept=False)
    for name in [n for n in sys.modules if n.startswith("girouette")]:
        slots.unload(name)
    from girouette.loading import load_config
    config = load_config()
    rule.well()  # it lasted a minute
    return config
def laid(identity):
    keep_setting("identity", identity)
def order(told):
    with open("order.json", "w") as file:
        json.dump(told, file)
def seen(c):
    return [c.device, c.broker.host, c.broker.password, c.anchors, c.update_key, slots.moving]
"""
MOVE = (
    COMMON
    + """
laid(given["here"])
order(given["order"])
first = seen(start())
from girouette import moving
contents = [len(blob(name[4:])) for name in first[3]]
again = seen(start())
from girouette import probation
kept = probation.receipted()
after = seen(start())
result = {"first": first, "contents": contents, "again": again, "kept": kept, "after": after,
          "left": [n for n in ("order.json",) if n in os.listdir()], "next": setting("next"), "trial": setting("trial"),
          "wifi": setting("wifi"), "serial": rule.read()["serial"]}
"""
)


def test_a_board_tries_another_broker_and_is_there_once_a_receipt_has_come(tmp_path: Path) -> None:
    """Name, broker, secret, key and authority are the town's from the next start on; the networks of both are known."""
    told = order_for(wifi=[{"ssid": "Mairie", "password": "12345678"}]).told

    found = run(MOVE, tmp_path, {"here": HERE, "order": told}, config=CONFIG)

    first = found["first"]
    assert first[:3] == ["b9", "broker.town.example", "new"]
    assert (found["contents"], first[4], first[5]) == ([len(ANCHOR)], NEW_KEY, True)
    assert found["again"] == first
    assert found["kept"] is True
    assert found["after"] == [*first[:5], False]
    assert (found["left"], found["next"], found["trial"], found["serial"]) == ([], None, None, 5)
    assert [network["ssid"] for network in found["wifi"]] == ["Mairie"]


BACK = (
    COMMON
    + """
laid(given["here"])
order(given["order"])
hosts = []
for _ in range(7):
    slots.back = None
    hosts.append(start().broker.host)
result = {"hosts": hosts, "back": rule.read().get("back"), "keys": sorted(os.listdir(given["nvs"]))}
"""
)


def test_after_five_starts_without_a_receipt_it_is_back_where_it_was(tmp_path: Path) -> None:
    """And says which order it gave up, and why; nothing of the town is left in its NVS."""
    nvs = str(tmp_path / "nvs" / "girouette")

    found = run(BACK, tmp_path, {"here": HERE, "order": order_for().told, "nvs": nvs}, config=CONFIG)

    assert found["hosts"] == ["broker.town.example"] * 5 + ["workshop"] * 2
    assert found["back"] == ["move-5", "boots"]
    assert found["keys"] == ["identity"]


LASTED = (
    COMMON
    + """
laid(given["here"])
order(given["order"])
start()
from girouette import probation
early = probation.lasted(899)
late = probation.lasted(901)
result = [early, late, start().broker.host, slots.back]
"""
)


def test_after_a_quarter_of_an_hour_without_a_receipt_it_goes_back(tmp_path: Path) -> None:
    """Or after as long as the order says."""
    found = run(LASTED, tmp_path, {"here": HERE, "order": order_for().told}, config=CONFIG)

    assert found[0] is None
    assert "back to where it was" in found[1]
    assert found[2:] == ["workshop", ["move-5", "time"]]


CHECK = (
    COMMON
    + """
from girouette import moving
laid(given["here"])
config = start()
result = []
for told in given["orders"]:
    try:
        moving.accept(told, config)
        result.append("taken" if "order.json" in os.listdir() else "lost")
    except ValueError as error:
        result.append(str(error))
    moving.forget()
order(given["spoilt"])
result += [start().broker.host, "order.json" in os.listdir(), setting("trial")]
"""
)


def test_what_is_not_from_who_knows_its_key_is_refused_by_name(tmp_path: Path) -> None:
    """Another key, another board's name, a changed byte, a number that was used, and nonsense; an order by cable as well."""
    good = order_for().told
    orders = [
        good,
        order_for(key=bytes(32)).told,
        order_for("b2").told,
        {**good, "box": "BBBB" + good["box"][4:]},
        order_for(serial=0).told,
        {"serial": "5", "box": 3, "mac": "zz"},
    ]

    found = run(CHECK, tmp_path, {"here": HERE, "orders": orders, "spoilt": orders[3]}, config=CONFIG)

    assert found == ["taken", "mac", "mac", "mac", "replayed", "malformed", "workshop", False, None]


SET = (
    COMMON
    + """
from girouette.update import write_config
laid(given["here"])
before = start().anchors
order(given["order"])
start()
from girouette import probation
probation.receipted()
after = start().anchors
write_config({"firmware": "g"}, "config.json", 6)
plain = start().anchors
write_config({"anchors": ["anchors/t.der"]}, "config.json", 7)
result = [before, after[0][:5], plain == after, start().anchors]
"""
)


def test_an_update_of_the_workshop_has_no_more_say_and_one_of_the_town_has(tmp_path: Path) -> None:
    """Anchors that an update had set give way to the order's, and those of a later update to nothing."""
    config = {**CONFIG, "set": ["anchors"], "set_after": 2}

    found = run(SET, tmp_path, {"here": HERE, "order": order_for().told}, config=config)

    assert found == [["anchors/w.der"], "nvs:c", True, ["anchors/t.der"]]


OVER = (
    COMMON
    + """
def told():
    c = start()
    return [c.broker.host, c.tls_name, c.period_s, c.ntp, [n["ssid"] for n in c.networks]]
laid(given["here"])
keep_setting("wifi", [{"ssid": "flashed", "password": ""}])
result = [told()]
order(given["order"])
result.append(told())
from girouette import moving, probation
if given["kept"]:
    probation.receipted()
else:
    moving.give_up("time")
result.append(told())
from girouette.update import write_config
write_config({"ntp": "later"}, "config.json", 7)
result.append(told())
"""
)


@pytest.mark.parametrize("kept", [True, False])
def test_what_a_move_brings_comes_before_what_an_update_had_set(tmp_path: Path, kept: bool) -> None:
    """On trial and once kept; the rest stays as it was set, the networks too, and all of it where the move is given up."""
    before = {
        "broker": HERE["broker"] | {"host": "set"},
        "tls_name": "set",
        "period_s": 5,
        "wifi": [{"ssid": "set", "password": ""}],
    }
    config = CONFIG | before | {"set": sorted(before), "set_after": 2}
    here = HERE | {"period_s": 60, "tls_name": None}
    told = order_for(wifi=[{"ssid": "Mairie", "password": "12345678"}]).told

    found = run(OVER, tmp_path, {"here": here, "order": told, "kept": kept}, config=config)

    set_by_update = ["set", "set", 5, None, ["set"]]
    of_the_town = ["broker.town.example", "town", 5, None, ["Mairie", "set"]]
    last = of_the_town if kept else set_by_update
    assert found[:2] == [set_by_update, of_the_town]
    assert [told[:4] for told in found[2:]] == [last[:4], [*last[:3], "later"]]
    assert found[2][4][: len(last[4])] == last[4]


CUT = (
    COMMON
    + """
import esp32
esp32.NVS_FOLDER = "nvs"
def host():
    c = start()
    assert c.device == ("b9" if c.broker.host == "broker.town.example" else "b1")
    assert c.update_key == (given["new"] if c.device == "b9" else given["here"]["update_key"])
    for name in c.anchors:
        assert not name.startswith("nvs:") or len(blob(name[4:])) == 600
    return c.broker.host
def config():
    with open("config.json", "w") as file:
        json.dump(given["config"], file)
"""
)
TRY = """
def prepare():
    config()
    laid(given["here"])
    order(given["order"])

def live():
    print(host())

def again(said):
    print(host())

def judge(said, now):
    assert host() == "broker.town.example"      # whatever was cut: the order is on trial at the next start
    for _ in range(6):
        last = host()
    assert last == "workshop" and slots.back[0] == "move-5"
"""
KEEP = """
def prepare():
    config()
    laid(given["here"])
    order(given["order"])
    host()

def live():
    from girouette import probation
    assert probation.receipted()
    print("kept")

def judge(said, now):
    assert host() == "broker.town.example"
    if "kept" in said:
        assert setting("trial") is None
    from girouette import probation
    probation.receipted()
    for _ in range(7):
        assert host() == "broker.town.example"
"""
GIVE_UP = """
def prepare():
    config()
    laid(given["here"])
    order(given["order"])
    host()

def live():
    from girouette import moving
    moving.give_up("time")
    print("back")

def judge(said, now):
    if "back" in said:
        assert host() == "workshop"
    for _ in range(7):
        last = host()
    assert last == "workshop"
"""


@pytest.mark.slow
@pytest.mark.parametrize(("code", "points"), [(TRY, 60), (KEEP, 20), (GIVE_UP, 15)], ids=["try", "keep", "give-up"])
def test_a_power_cut_at_any_write_leaves_a_board_that_is_one_or_the_other(
    tmp_path: Path, code: str, points: int
) -> None:
    """Whole, with the anchors and the key that go with its name, and in the end where it belongs."""
    given = {"here": HERE, "order": order_for().told, "config": CONFIG, "new": NEW_KEY}

    swept = sweep(CUT + code, tmp_path, given, every=60)

    assert swept.failed == 0, swept
    assert swept.points > points


GOLDEN = (
    COMMON
    + """
from girouette import moving
moving.check(given["order"], given["device"], given["key"])
told, anchors = moving.opened(given["order"]["box"], bytes.fromhex(given["key"]))
result = [told, [content.hex() for content in anchors]]
"""
)


def test_the_golden_order_is_understood(tmp_path: Path) -> None:
    """What the file tells and the authorities that it brings, to the last byte."""
    golden = json.loads((Path(__file__).parent.parent / "golden" / "move.json").read_text())

    assert run(GOLDEN, tmp_path, golden, config=CONFIG) == [golden["told"], golden["anchors"]]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["noise", "air", "weather"])
def test_the_smallest_board_takes_the_longest_order(recipe: str, tmp_path: Path) -> None:
    """Four authorities in 3.8 KB, on the smallest heap, while it measures: it answers, restarts, and is the town's on trial."""
    there = Reach("broker.town.example", 1883)
    told = identity("b9", there, password="new", update_key=NEW_KEY)
    device = "b1"
    anchors = [anchor(authority(number)) for number in range(1, 5)]
    networks = [{"ssid": f"network {n}", "password": "x" * 63} for n in range(8)]
    order = seal(device, {**told, "wifi": networks}, anchors=anchors, key=KEY, serial=5, iv=bytes(16))
    assert len(order.box) > 3500
    config = {"recipe": recipe, "period_s": 2, "update_key": KEY.hex(), "device": device}
    heard = {"id": "m1", "do": "move", **order.told}
    restarts = Line(21_400, "power", ("cut",))  # as it would by itself a moment later
    lines = [Line(20_000, "hears", ("cmd", heard)), restarts, Line(28_000, "note", ("over",))]

    played = play(Session(board=config, lines=lines, transcript=True), tmp_path)

    said = [line.rest for line in played.said() if line.what == "says"]
    assert {"id": "m1", "ok": True} in [rest[1] for rest in said if rest[0] == "ack"], played.console[-2000:]
    assert "move: to broker.town.example" in played.console
    assert "MemoryError" not in played.console


PORTAL_KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
"""The key of the board of `OwnAir`, whose name is below."""


@pytest.mark.slow
def test_a_phone_hands_over_the_towns_file(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None], part: Callable[[str], str]
) -> None:
    """Real Chromium on the board's own network: of all orders in the file its own is taken; others, and nonsense, are told."""
    told = identity("b9", Reach("broker.town.example", 1883), password="new", update_key=NEW_KEY)
    own, other = (
        seal(name, told, anchors=(), key=PORTAL_KEY, serial=5, iv=bytes(16)) for name in ("air-quai-7", "air-1")
    )
    write_passage(tmp_path / "passage.gir", Passage("town", (other, own)))
    write_passage(tmp_path / "others.gir", Passage("town", (other,)))
    home = tmp_path / "board"
    home.mkdir()
    with OwnAir(home, free_port(), until, networks={}) as air, sync_playwright() as playwright:
        assert air.ask("/m", method="POST", body=json.dumps(other.told))[2].startswith("✗")
        assert air.ask("/m", method="POST", body="x" * 5000)[0] == 413
        browser = playwright.chromium.launch(
            executable_path=part("chromium"),
            args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP * 127.0.0.1:{air.web}"],
        )
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.goto(f"http://{OWN}/m")
        for name, said in (("others.gir", "✗ Cet ordre n’est pas"), ("passage.gir", "✔ La station redémarre")):
            page.locator("input").set_input_files(tmp_path / name)
            page.get_by_text(said).wait_for()
        browser.close()
    assert json.loads((home / "flash" / "order.json").read_text()) == own.told
