"""An update on the host's side: the vector of docs/wire.md, what a board may ask for, and what is never replaced."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from on_board import run

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.update import FORM, MOST_BYTES, MOST_PIECE, Release, piece, release

KEY = bytes(range(32))
VECTOR = Path(__file__).parent / "golden/update.json"
CHECK = """
from girouette.update import Failed, check, hmac_sha256, same

class Config:
    device = "air-1"
    update_key = given["key"]

result = {"ok": None}
try:
    check(given["order"], Config)
except Failed as failed:
    result = {"ok": str(failed)}
result["mac"] = hmac_sha256(bytes(70), b"long keys are hashed").hex()
result["same"] = [same(b"ab", b"ab"), same(b"ab", b"ac"), same(b"ab", b"abc"), same(b"", b"")]
"""


def small() -> Release:
    """A version of two files."""
    image = {
        "/boot.py": b"boot",
        "/girouette/app.mpy": b"code",
        "/girouette/net.mpy": b"x" * 5000,
        "/config.json": b"{}",
    }
    return release(
        "air-1", image, key=KEY, serial=7, changes={"firmware": "0123abcd", "ntp": None}, limits={"boots": 3}
    )


def test_the_vector_of_the_wire_is_what_is_made() -> None:
    """Manifest, order and the first piece, byte for byte: whoever writes a board of their own holds it against these."""
    kept = json.loads(VECTOR.read_text(encoding="utf-8"))
    made = small()
    manifest = made.contents[str(made.order["sha"])[:16]]

    assert manifest.decode() == kept["manifest"]
    assert dict(made.order) == kept["order"]
    assert (piece(made, [str(made.order["sha"])[:16], 0, 16]) or b"").hex() == kept["piece"]
    assert kept["key"] == KEY.hex()


def test_the_order_is_authenticated_as_rfc_2104_says() -> None:
    """Over the form, device, serial number, version, size and hash, a line each."""
    order = small().order
    words = [FORM, "air-1", "7", "0123abcd", str(order["size"]), str(order["sha"])]

    assert order["mac"] == hmac.digest(KEY, "\n".join(words).encode(), "sha256").hex()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"mac": "00" * 32}, "mac"),
        ({"serial": 8}, "mac"),
        ({"version": "another"}, "mac"),
        ({"sha": "11" * 32}, "mac"),
        ({"size": MOST_BYTES + 1}, "malformed"),
        ({"size": "1"}, "malformed"),
        ({"mac": "zz"}, "malformed"),
        ({"sha": "11"}, "malformed"),
        ({"mac": None}, "malformed"),
    ],
)
def test_a_board_refuses_an_order_that_is_not_ours(tmp_path: Path, change: dict[str, object], why: str | None) -> None:
    """With one word, before anything is fetched; the board's HMAC is that of the standard library, and compares whole."""
    told = run(CHECK, tmp_path, {"key": KEY.hex(), "order": {**small().order, **change}})

    assert told["ok"] == why
    assert told["mac"] == hmac.digest(bytes(70), b"long keys are hashed", "sha256").hex()
    assert told["same"] == [True, False, False, True]


def test_a_board_refuses_what_it_had_before(tmp_path: Path) -> None:
    """A serial number up to the one that was tried last is a replay; a board without a key takes nothing."""
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash/slots.json").write_text('{"good": "", "trial": null, "serial": 7, "fails": 0}')

    assert run(CHECK, tmp_path, {"key": KEY.hex(), "order": dict(small().order)})["ok"] == "replayed"
    assert run(CHECK, tmp_path, {"key": None, "order": dict(small().order)})["ok"] == "no-key"


def test_a_piece_is_what_is_asked_for() -> None:
    """8 bytes of hash, the offset, the bytes; an empty one for a content that is not there; nothing for no question."""
    made = small()
    sha = hashlib.sha256(b"x" * 5000).hexdigest()[:16]

    assert piece(made, [sha, 4990, 1024]) == bytes.fromhex(sha) + (4990).to_bytes(4, "big") + b"x" * 10
    assert piece(made, ["00" * 8, 0, 10]) == bytes(12)
    for want in (None, [], [sha], [sha, -1, 10], [sha, 0, MOST_PIECE + 1], [sha, 0, 0], ["zz", 0, 10], [1, 2, 3]):
        assert piece(made, want) is None


def test_the_files_of_the_boot_rule_stay_as_they_are() -> None:
    """What decides between versions is not part of one, and of the configuration only what changes is sent."""
    recipe = load_recipes()["noise"]
    image = build_image([recipe], Identity("air-1", shard_of("air-1"), "air-1", "secret", "127.0.0.1", 1883))
    made = release("air-1", image.files, key=KEY, serial=1, changes={"firmware": "0123abcd"})

    assert all(path.startswith("girouette/") for path in made.files)
    assert b"secret" not in b"".join(made.contents.values())
    assert int(str(made.order["size"])) <= MOST_BYTES
