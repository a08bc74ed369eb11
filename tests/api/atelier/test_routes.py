"""A board asked for and fetched, as the page's script does it; MicroPython is a stand-in in its form, all else is real."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from wholes import whole

from devices.flash.nvs import settings_of

MIB = 1 << 20
BOARD = {"recipe": "air", "board": "c6", "chip": "ESP32-C6 (QFN40) (revision v0.0)", "flash_bytes": 4 * MIB}
TOWN = "https://air.example.org"


@pytest.fixture
def stocked(room: Any) -> Any:
    """The room with a MicroPython for the C6 at hand."""
    file = room.home / "c6.bin"
    file.write_bytes(whole("c6"))
    room.settle(board_micropython=file, board_broker="mqtt://192.0.2.9:1883")
    return room


def fetched(who: Any, answer: Any) -> dict[str, bytes]:
    """The parts of an answer by name, each of the bytes that it promised."""
    assert answer.status_code == 201, answer.text
    parts = {}
    for part in answer.json()["parts"]:
        body = who(part["url"]).content
        assert (len(body), sha256(body).hexdigest()) == (part["size"], part["sha256"]), part["name"]
        parts[part["name"]] = body
    return parts


def test_a_board_is_made_and_its_bytes_are_fetched(stocked: Any, browse: Callable[..., Any]) -> None:
    """Registered, in the workshop's group, private, with an end; what makes it this device is in NVS and nowhere else."""
    here = browse(stocked.app())

    answer = here.post("/atelier/boards", {**BOARD, "place": {"name": "Mairie", "lat": 48.1, "lon": -1.6}, "seat": 3})

    parts, told = fetched(here, answer), answer.json()
    (device,) = stocked.registry.devices()
    assert told["device"] == device.id == "air-1"
    assert told["page"].endswith(f"/d/{device.link}")
    assert (device.stage, device.groups, device.expires_s) == ("atelier", ("atelier",), told["expires_s"])
    assert [(p.name, p.lat, p.lon) for p in stocked.registry.places()] == [("Mairie", 48.1, -1.6)]
    identity = json.loads(settings_of(parts["nvs"])["identity"])
    assert identity["device"] == "air-1"
    assert identity["broker"]["host"] == "192.0.2.9"
    assert told["page"] == f"http://localhost:8000{identity['page']}"
    secret = identity["broker"]["password"].encode()
    assert len(secret) >= 22
    assert not [name for name, content in parts.items() if secret in content and name != "nvs"]
    assert secret not in answer.content


def test_what_the_broker_still_needs_is_in_the_answer(stocked: Any, browse: Callable[..., Any]) -> None:
    """The command to type on the gateway's machine, where there are accounts; nothing where there are none."""
    without = browse(stocked.app()).post("/atelier/boards", BOARD)
    accounts = stocked.home / "accounts"
    accounts.mkdir()
    (accounts / "services").write_text("")
    stocked.settle(board_micropython=stocked.home / "c6.bin", board_broker="mqtt://192.0.2.9:1883", accounts=accounts)

    with_accounts = browse(stocked.app()).post("/atelier/boards", BOARD)

    assert (without.status_code, without.json()["todo"]) == (201, None)
    assert with_accounts.json()["todo"] == "sudo systemctl reload mosquitto"


def test_the_page_of_a_board_is_the_public_one_where_there_is_one(stocked: Any, browse: Callable[..., Any]) -> None:
    """In the answer, on the board and in the code of its label."""
    stocked.public_url = TOWN
    stocked.settle(board_micropython=stocked.home / "c6.bin", board_broker="mqtt://192.0.2.9:1883")
    here = browse(stocked.app())
    assert here.enter(stocked.link()).status_code == 303

    answer = here.post("/atelier/boards", BOARD)

    page = answer.json()["page"]
    assert page.startswith(f"{TOWN}/d/")
    assert json.loads(settings_of(fetched(here, answer)["nvs"])["identity"])["page"] == page
    label = here("/atelier/boards/air-1/label.svg").text
    assert "air.example.org" in label
    assert page.rpartition("/")[2] not in label


def test_a_board_knows_the_networks_that_were_typed_once(stocked: Any, browse: Callable[..., Any]) -> None:
    """They are in its settings, the answer says how many there are, and no key is in it."""
    file = stocked.home / "wifi.toml"
    file.touch(mode=0o600)
    file.write_text('[[network]]\nssid = "Mairie"\npassword = "tres secret"\n', encoding="utf-8")
    stocked.settle(board_micropython=stocked.home / "c6.bin", board_broker="mqtt://192.0.2.9:1883", wifi=file)
    here = browse(stocked.app())

    answer = here.post("/atelier/boards", BOARD)

    assert answer.json()["networks"] == 1
    assert b"secret" not in answer.content
    assert json.loads(settings_of(fetched(here, answer)["nvs"])["wifi"]) == [
        {"ssid": "Mairie", "password": "tres secret"}
    ]


def test_no_secret_of_one_board_is_in_the_answer_of_another(stocked: Any, browse: Callable[..., Any]) -> None:
    """Four boards: the files are the same bytes, the identities share nothing but where the broker is."""
    here = browse(stocked.app())
    made = [fetched(here, here.post("/atelier/boards", BOARD)) for _ in range(4)]
    identities = [json.loads(settings_of(parts["nvs"])["identity"]) for parts in made]

    assert len({parts["vfs"] for parts in made}) == len({parts["micropython"] for parts in made}) == 1
    for key in ("device", "topic", "update_key", "page"):
        assert len({identity[key] for identity in identities}) == 4, key
    passwords = {identity["broker"]["password"] for identity in identities}
    assert len(passwords) == 4
    for parts, identity in zip(made, identities, strict=True):
        others = [
            *passwords - {identity["broker"]["password"]},
            *({i["update_key"] for i in identities} - {identity["update_key"]}),
        ]
        assert not [secret for secret in others if any(secret.encode() in content for content in parts.values())]


def test_the_secret_part_is_given_once(stocked: Any, browse: Callable[..., Any]) -> None:
    """To its maker; a second time it is gone, and no other guest ever had it."""
    app = stocked.app()
    here, guest = browse(app), browse(app, at="192.168.1.77", site=TOWN)
    assert guest.enter(stocked.link()).status_code == 303
    nvs = next(p for p in here.post("/atelier/boards", BOARD).json()["parts"] if p["name"] == "nvs")

    assert guest(nvs["url"]).status_code == 404
    assert here(nvs["url"]).status_code == 200
    assert here(nvs["url"]).status_code == 404
    assert "étape 3" in here(nvs["url"]).json()["detail"]


def test_a_guest_sees_their_own_boards_alone_and_makes_no_more_than_the_link_says(
    stocked: Any, browse: Callable[..., Any]
) -> None:
    """Two guests of one room; who sits at the machine sees all that was made here, and nothing that was not."""
    app = stocked.app()
    ann, bob = (browse(app, at="192.168.1.77", site=TOWN) for _ in range(2))
    for who in (ann, bob):
        assert who.enter(stocked.link(boards=1)).status_code == 303
    first, second = ann.post("/atelier/boards", BOARD).json(), bob.post("/atelier/boards", BOARD).json()

    assert ann(f"/atelier/boards/{first['device']}").json() == {"first_reading": None, "page": first["page"]}
    assert ann(f"/atelier/boards/{second['device']}").status_code == 404
    assert ann(f"/atelier/boards/{second['device']}/label.svg").status_code == 404
    assert "<svg" in bob(f"/atelier/boards/{second['device']}/label.svg").text
    assert browse(app)(f"/atelier/boards/{second['device']}").status_code == 200
    assert browse(app)("/atelier/boards/air-99").status_code == 404
    spent = ann.post("/atelier/boards", BOARD)
    assert spent.status_code == 403
    assert "--boards" in spent.json()["detail"]
    assert len(stocked.registry.devices()) == 2


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"recipe": "nothing"}, 404, "recette nothing"),
        ({"board": "z9"}, 404, "c6, c3, s3"),
        ({"recipe": "air+climate"}, 422, "temperature"),
        ({"chip": "ESP32-C3 (QFN32)"}, 422, "ESP32-C6"),
        ({"chip": "ESP32-C61"}, 422, "ESP32-C6"),
        ({"board": "s3", "chip": "ESP32-S3"}, 422, "c6"),
        ({"flash_bytes": MIB}, 422, "flash"),
        ({"name": "Gare Sud"}, 422, "Gare Sud"),
        ({"name": "gateway-1"}, 422, "gateway-1"),
    ],
)
def test_what_cannot_be_made_registers_nothing(
    stocked: Any, browse: Callable[..., Any], more: dict[str, Any], status: int, words: str
) -> None:
    """A sentence that says what to do, in French here; and a guest has spent no board for it."""
    guest = browse(stocked.app(), at="192.168.1.77", site=TOWN)
    assert guest.enter(stocked.link(boards=1)).status_code == 303

    refused = guest.post("/atelier/boards", {**BOARD, **more}, **{"Accept-Language": "fr"})

    assert refused.status_code == status, refused.text
    assert words in refused.json()["detail"]
    assert stocked.registry.devices() == []
    assert guest.post("/atelier/boards", BOARD).status_code == 201


def test_a_name_is_given_once(stocked: Any, browse: Callable[..., Any]) -> None:
    """The second who wants it reads so, and nothing was registered for them, no place either."""
    here = browse(stocked.app())

    assert here.post("/atelier/boards", {**BOARD, "name": "toit"}).status_code == 201
    again = here.post("/atelier/boards", {**BOARD, "name": "toit"})

    assert again.status_code == 422
    assert "toit" in again.json()["detail"]
    assert len(stocked.registry.devices()) == len(stocked.registry.places()) == 1


@pytest.mark.slow
def test_boards_come_at_a_pace(stocked: Any, browse: Callable[..., Any]) -> None:
    """A dozen at once, then one every two seconds: the answer says how long to wait."""
    here = browse(stocked.app())

    codes = [here.post("/atelier/boards", BOARD).status_code for _ in range(13)]

    assert codes == [201] * 12 + [429]
    late = here.post("/atelier/boards", BOARD)
    assert late.headers["Retry-After"] == "2"
    stocked.now_s += 2
    assert here.post("/atelier/boards", BOARD).status_code == 201


def test_who_is_refused_takes_nobodys_turn(stocked: Any, browse: Callable[..., Any]) -> None:
    """A spent link, a recipe that there is not, the wrong chip: however often they come, the room goes on."""
    app = stocked.app()
    here, guest = browse(app), browse(app, at="192.168.1.77", site=TOWN)
    assert guest.enter(stocked.link(boards=1)).status_code == 303
    assert guest.post("/atelier/boards", BOARD).status_code == 201

    for who, more, status in ((guest, {}, 403), (here, {"recipe": "nothing"}, 404), (here, {"chip": "ESP32-C3"}, 422)):
        asked = [who.post("/atelier/boards", {**BOARD, **more}).status_code for _ in range(13)]
        assert asked == [status] * 13

    assert here.post("/atelier/boards", BOARD).status_code == 201


def test_the_way_in_follows_the_browsers_language(room: Any, browse: Callable[..., Any]) -> None:
    """And a prefix that a proxy puts before us; at this machine there is none, whatever the public address says."""
    room.public_url = "https://air.example.org/data"
    app = room.app()

    assert browse(app)("/atelier", headers={"Accept-Language": "en"}).headers["Location"] == "/en/atelier"
    here = browse(app)
    assert here.enter(room.link()).headers["Location"] == "/fr/atelier"
    assert 'src="/static/atelier/atelier.js' in here("/fr/atelier").text
    guest = browse(app, at="192.168.1.77", site=TOWN)
    assert guest.enter(room.link()).headers["Location"] == "/data/fr/atelier"
    assert 'src="/data/static/atelier/atelier.js' in guest("/fr/atelier").text


def test_the_public_description_does_not_name_the_atelier(room: Any, browse: Callable[..., Any]) -> None:
    """It describes what is open to all; and no public page leads there."""
    here = browse(room.app())

    assert "/api/places" in here("/openapi.json").text
    for path in ("/openapi.json", "/fr/", "/en/data"):
        assert "atelier" not in here(path).text, path
