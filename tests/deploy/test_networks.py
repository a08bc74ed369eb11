"""The file of networks that boards are to know: for its owner alone, read as it was written, refused with a sentence that has no password in it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.faults import CommandError
from deploy.networks import known_networks, quoted, read_networks, with_network, write_networks
from deploy.settings import Settings
from devices.refusal import ImageError

HALL = {"ssid": "hall", "password": "a long key"}
letters = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)


def test_no_file_is_no_network(tmp_path: Path) -> None:
    """A town that has not typed any yet has none, and nothing is refused."""
    assert known_networks(Settings(wifi=tmp_path / "wifi.toml")) == []


def test_it_is_its_owner_s_alone(tmp_path: Path) -> None:
    """It is written with mode 0600, also in the place of one that was open; one that others can read is refused, and the cure is said."""
    file = tmp_path / "wifi.toml"
    file.write_text("")
    file.chmod(0o644)
    with pytest.raises(CommandError, match=f"chmod 600 {file}"):
        known_networks(Settings(wifi=file))

    write_networks(file, [HALL])

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert known_networks(Settings(wifi=file)) == [HALL]
    assert [f.name for f in tmp_path.iterdir()] == ["wifi.toml"]


@given(st.lists(st.tuples(letters, letters), max_size=5, unique_by=lambda pair: pair[0]))
def test_what_is_written_is_read(pairs: list[tuple[str, str]]) -> None:
    """Accents, quotes, backslashes: name and key come back as they were; an address of a network's own, too."""
    import tempfile

    networks: list[dict[str, object]] = [{"ssid": a, "password": (b * 8)[:12]} for a, b in pairs]
    networks = [n for n in networks if len(str(n["password"]).encode()) <= 63 and len(str(n["ssid"]).encode()) <= 32]
    for network in networks[:1]:
        network["static"] = ["10.0.0.9", "255.255.255.0", "10.0.0.1", "10.0.0.1"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "wifi.toml"
        write_networks(file, networks)

        assert read_networks(file) == networks


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ssid = 'hall'", "no file of networks"),
        ("[network]\nssid = 'hall'", "no file of networks"),
        ("[[network]", "no file of networks"),
        ("[[network]]\nssid = 'hall'\npassword = 'short'", "hall"),
        ("[[network]]\nssid = 'hall'\npassword = 'a long key'\nuser = 'me'", "WPA2"),
        ("[[network]]\nssid = ''", "wifi.toml"),
        ("[[network]]\nssid = 'x'\n" * 6, "more than 5"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """The first fault, with what to do; never with the password."""
    file = tmp_path / "wifi.toml"
    file.write_text(text)

    with pytest.raises(CommandError) as refused:
        read_networks(file)

    assert sentence in str(refused.value)
    assert "short" not in str(refused.value)


def test_a_network_goes_to_the_top() -> None:
    """The same name gives way, wherever it stood; a sixth is refused, and which one might go is named."""
    five = [{"ssid": f"n{n}", "password": ""} for n in range(5)]

    assert [n["ssid"] for n in with_network(five, "n3", "a long key")] == ["n3", "n0", "n1", "n2", "n4"]
    assert with_network([], "hall", "a long key") == [HALL]
    with pytest.raises(CommandError, match="n4"):
        with_network(five, "n5", "")
    with pytest.raises(ImageError):
        with_network([], "hall", "short")


def test_a_text_is_quoted_as_toml_has_it() -> None:
    """DEL is the one letter that JSON leaves as it is and TOML does not."""
    assert quoted("a\x7fb") == '"a\\u007fb"'
