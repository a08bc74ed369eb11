"""The atelier as one file: what it holds, what it may do, and that its secrets are in it alone. MicroPython is a stand-in in its form."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import stat
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from wholes import whole

from deploy.cli import run
from deploy.workshop import onefile
from deploy.workshop.onefile import inside
from devices.flash.nvs import settings_of
from devices.flash.parts import read_vfs
from gateway.registry import Registry

MIB = 1 << 20
ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, with a MicroPython for the C6, and with the script as it was built or with a shorter one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c6.bin").write_bytes(whole("c6"))
    for name, value in {
        "GIROUETTE_BOARD_MICROPYTHON": str(tmp_path / "c6.bin"), "GIROUETTE_BOARD_BROKER": "mqtt://192.0.2.9",
        "GIROUETTE_PUBLIC_URL": "https://air.example.org", "GIROUETTE_STORE": f"sqlite:{tmp_path / 'room.sqlite'}",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    read = onefile.read_asset
    monkeypatch.setattr(onefile, "read_asset", lambda name: read(name) or b"export {};\n")


def made(tmp_path: Path, *words: str) -> tuple[str, dict[str, Any]]:
    """The text of a file that the command makes, and what its script is given."""
    assert run(["atelier", "--file", "atelier.html", "--board", "c6", *words]) == 0
    text = (tmp_path / "atelier.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="atelier">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return text, json.loads(found[1])


def unpacked(held: dict[str, Any]) -> bytes:
    """The bytes of what the page holds packed."""
    return gzip.decompress(base64.b64decode(held["gz"]))


@pytest.mark.slow
def test_a_file_has_an_identity_for_every_board_of_every_seat(tmp_path: Path) -> None:
    """Each of its own: name, secrets, page; registered with the channels of its recipe, ended when the file ends."""
    began_s = int(time.time())
    _, told = made(tmp_path, "--recipe", "air", "--recipe", "noise", "--seats", "3", "--each", "2", "--for", "8h")

    batch = told["batch"]
    assert (told["mode"], told["lang"], batch["seats"]) == ("file", "fr", 3)
    assert sorted((i["seat"], i["recipe"], i["number"]) for i in batch["identities"]) == sorted(
        (seat, recipe, number) for seat in (1, 2, 3) for recipe in ("air", "noise") for number in (1, 2)
    )
    identities = [json.loads(settings_of(base64.b64decode(i["nvs"]))["identity"]) for i in batch["identities"]]
    for key in ("device", "update_key", "page"):
        assert len({one[key] for one in identities}) == 12, key
    assert len({one["broker"]["password"] for one in identities}) == 12
    assert [(i["device"], i["page"]) for i in batch["identities"]] == [(i["device"], i["page"]) for i in identities]
    registry = Registry(f"sqlite:{tmp_path / 'room.sqlite'}")
    devices = {row.id: row for row in registry.devices()}
    registry.close()
    assert {i["device"]: i["recipe"] for i in batch["identities"]} == {row.id: row.recipe for row in devices.values()}
    assert {row.expires_s for row in devices.values()} == {batch["expires_s"]}
    assert 0 <= batch["expires_s"] - began_s - 8 * 3600 < 120


@pytest.mark.slow
def test_a_file_has_the_bytes_of_its_boards(tmp_path: Path) -> None:
    """MicroPython as it is, and for each size of flash a disk of its size at its place, without a secret."""
    _, told = made(tmp_path, "--recipe", "climate")
    batch = told["batch"]
    nvs = json.loads(settings_of(base64.b64decode(batch["identities"][0]["nvs"]))["identity"])

    assert unpacked(batch["micropython"]["c6"]) == whole("c6")
    assert set(batch["vfs"]) == {f"climate/c6/{size * MIB}" for size in (4, 8, 16)}
    for key, disk in batch["vfs"].items():
        content = unpacked(disk)
        assert disk["offset"] + len(content) == disk["flash_bytes"] == int(key.rpartition("/")[2])
        assert json.loads(read_vfs(content)["/config.json"])["recipe"] == "climate"
        assert nvs["broker"]["password"].encode() not in content


@pytest.mark.slow
def test_a_file_asks_nobody_for_anything(tmp_path: Path) -> None:
    """Its policy names its own script and style by their hashes; no element fetches anything; it says what it holds and until when."""
    text, told = made(tmp_path, "--recipe", "air", "--lang", "en")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert policy is not None
    assert script is not None
    assert style is not None

    rules = policy[1].replace("&#39;", "'")
    assert rules.startswith("default-src 'none';")
    for word in ("connect-src", "unsafe", "http", "*"):
        assert word not in rules
    for found in (script, style):
        assert base64.b64encode(sha256(found[1].encode()).digest()).decode() in rules
    assert set(re.findall(r"""(?:src|href|action)="([a-z]+:|//|/)""", text.partition("<script")[0])) == {"data:"}
    assert [b["board"] for b in told["recipes"][0]["boards"]] == ["c6"]
    assert "secrets of 2 boards, and the keys of the Wi-Fi" in text


@pytest.mark.parametrize(
    ("seats", "told", "noted"),
    [("1", "to one PC only", "made for one PC only"), ("2", "a number of its own, from 1 to 2", "made for 2 PCs")],
)
def test_on_how_many_pcs_it_may_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seats: str, told: str, noted: str
) -> None:
    """By the command, and by the file itself: two PCs with one seat would give one name to two boards."""
    text, _ = made(tmp_path, "--recipe", "climate", "--each", "1", "--seats", seats, "--lang", "en")

    assert told in capsys.readouterr().out
    assert noted in text


def test_only_its_owner_reads_it_and_no_file_is_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its identities would be lost: the second time is refused before anything is registered."""
    made(tmp_path, "--recipe", "climate", "--each", "1")
    before = (tmp_path / "atelier.html").read_bytes()

    assert stat.S_IMODE((tmp_path / "atelier.html").stat().st_mode) == 0o600
    assert run(["atelier", "--file", "atelier.html", "--recipe", "climate"]) == 1
    assert "atelier.html" in capsys.readouterr().err
    assert (tmp_path / "atelier.html").read_bytes() == before
    registry = Registry(f"sqlite:{tmp_path / 'room.sqlite'}")
    assert len(registry.devices()) == 1
    registry.close()


@pytest.mark.slow
def test_the_command_tells_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names, size and end; in JSON too."""
    assert run(["atelier", "--file", "a.html", "--recipe", "climate", "--json"]) == 0
    out = capsys.readouterr().out

    told = json.loads(out)
    assert told["devices"] == ["climate-1", "climate-2"]
    assert told["bytes"] == (tmp_path / "a.html").stat().st_size
    for nvs in re.findall(r'"nvs":"([^"]+)"', (tmp_path / "a.html").read_text()):
        identity = json.loads(settings_of(base64.b64decode(nvs))["identity"])
        for secret in (identity["broker"]["password"], identity["update_key"], identity["page"]):
            assert secret not in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "air, battery"),
        (("--recipe", "nothing"), "air, battery"),
        (("--recipe", "air", "--board", "z9"), "c6, c3, s3, s2, esp32"),
        (("--recipes", "own", "--recipe", "kept", "--board", "c3"), "c6, s3"),
        (("--recipe", "air", "--lang", "de"), "fr, en"),
        (("--recipe", "air", "--board", "s3"), "c6"),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """A sentence with the choices; no file, no identity. The recipe `kept` is for two boards alone."""
    shutil.copytree(ROOT / "devices/recipes/climate", tmp_path / "own" / "kept")
    recipe = tmp_path / "own" / "kept" / "recipe.toml"
    recipe.write_text('boards = ["c6", "s3"]\n' + recipe.read_text(encoding="utf-8"), encoding="utf-8")
    assert run(["atelier", "--file", "a.html", *words]) == 1

    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*a.html*"))
    if (tmp_path / "room.sqlite").exists():
        registry = Registry(f"sqlite:{tmp_path / 'room.sqlite'}")
        assert registry.devices() == []
        registry.close()


def test_a_script_that_would_end_its_element_is_no_script() -> None:
    """It would be cut there, and the rest shown."""
    with pytest.raises(ValueError, match="script"):
        inside(b"let a = '</SCRIPT>';", "script")
