"""The folder of an authority: what is private, what boards are given, and the steps by which one follows another."""

from __future__ import annotations

import datetime as dt
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from deploy.authority import add, broker_certificate, forget, in_use, known, make, numbers, renew, show
from deploy.certificates import AuthorityError, names_of
from deploy.faults import DONE, REFUSED, USAGE
from devices.anchors import read_anchors

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


def later(days: int) -> dt.datetime:
    """So many days on."""
    return NOW + dt.timedelta(days=days)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A folder with an authority and a broker's certificate."""
    make(tmp_path / "town", ["broker.example", "10.0.0.2"], now=NOW)
    return tmp_path / "town"


def test_keys_are_private_and_what_boards_get_is_not(town: Path) -> None:
    """Keys have mode 0600 in folders that only the owner enters; boards get the certificate alone."""
    modes = {p.relative_to(town).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in town.rglob("*")}

    assert modes["authority"] == modes["state/tls"] == 0o700
    assert modes["authority/1.key"] == modes["state/tls/broker.key"] == 0o600
    assert [x509.load_der_x509_certificate(der) for der in read_anchors(town / "anchors")] == [
        known(town, 1).certificate
    ]
    assert not any(b"PRIVATE" in p.read_bytes() for p in (town / "anchors").iterdir())


def test_openssl_agrees(town: Path, part: Callable[[str], str]) -> None:
    """The system's own tool, by the bundle that computers are given, takes the certificate for the broker's name only."""
    tls = town / "state/tls"

    def verified(name: str) -> bool:
        given = ["-purpose", "sslserver", "-verify_hostname", name, str(tls / "broker.pem")]
        told = subprocess.run(
            ["/usr/bin/openssl", "verify", "-CAfile", str(tls / "authorities.pem"), "-attime", str(int(NOW.timestamp())), *given],
            capture_output=True, check=False,
        )  # fmt: skip
        return told.returncode == 0

    assert (verified("broker.example"), verified("other.example")) == (True, False)


def test_nothing_is_overwritten(town: Path) -> None:
    """A second `make` is refused, and changes nothing."""
    before = {p: p.read_bytes() for p in town.rglob("*") if p.is_file()}

    with pytest.raises(AuthorityError, match="authority already"):
        make(town, ["x.example"], now=NOW)

    assert {p: p.read_bytes() for p in town.rglob("*") if p.is_file()} == before


def test_a_certificate_is_renewed_by_the_same_authority(town: Path) -> None:
    """Its names stay, or are those that are given; its key is a new one."""
    old = broker_certificate(town)

    renew(town, use=None, names=(), now=later(600))

    new = broker_certificate(town)
    assert names_of(new) == names_of(old)
    assert (in_use(town), new.not_valid_after_utc) == (1, later(600 + 730).replace(hour=12))
    assert new.public_key() != old.public_key()
    renew(town, use=None, names=["b.example"], now=later(600))
    assert names_of(broker_certificate(town)) == ["b.example"]


def test_one_authority_follows_another(town: Path) -> None:
    """The next one is known before it is used; the old one is forgotten only once it is not."""
    assert add(town, now=later(2900)) == 2
    assert (numbers(town), in_use(town), len(read_anchors(town / "anchors"))) == ([1, 2], 1, 2)
    with pytest.raises(AuthorityError, match="uses authority 1"):
        forget(town, 1)

    renew(town, use=2, names=(), now=later(3300))
    forget(town, 1)

    assert (numbers(town), in_use(town), len(read_anchors(town / "anchors"))) == ([2], 2, 1)
    assert (town / "state/tls/authorities.pem").read_bytes() == (town / "authority/2.pem").read_bytes()
    assert add(town, now=later(3300)) == 3, "a number is never given twice while a later one is there"


def test_what_is_late_is_told(town: Path) -> None:
    """The broker's certificate sixty days before its end, the authority two years before; one that is not used never."""
    assert [(one.kind, one.late) for one in show(town, now=NOW)] == [("authority", False), ("broker", False)]
    assert [one.late for one in show(town, now=later(680))] == [False, True]
    renew(town, use=None, names=(), now=later(2925))
    assert [one.late for one in show(town, now=later(2925))] == [True, False]
    add(town, now=later(2925))
    renew(town, use=2, names=(), now=later(2925))
    assert [(one.name, one.used, one.late) for one in show(town, now=later(2925))] == [
        ("1", False, False), ("2", True, False), ("broker.example, 10.0.0.2", True, False),
    ]  # fmt: skip


def test_an_authority_that_is_over_signs_nothing(town: Path) -> None:
    """After its ten years another one has to be there."""
    with pytest.raises(AuthorityError, match="is over"):
        renew(town, use=None, names=(), now=later(3700))


def test_the_command_makes_renews_and_shows(girouette: Callable[..., Any], tmp_path: Path) -> None:
    """Each step by `girouette authority`, and what does not go together is refused."""
    town = str(tmp_path / "town")
    assert girouette("authority", "make", town).code == REFUSED
    assert girouette("authority", "make", town, "--name", "localhost").code == DONE
    assert girouette("authority", "renew", town, "--next", "--use", "1").code == USAGE
    assert "authority 2" in girouette("authority", "renew", town, "--next").out
    assert girouette("authority", "renew", town, "--use", "2", "--json").told[1]["used"] is True
    assert girouette("authority", "renew", town, "--forget", "1").code == DONE
    shown = girouette("authority", "show", town, "--json")

    assert shown.code == DONE
    assert [(row["kind"], row["name"], row["late"]) for row in shown.told] == [
        ("authority", "2", False), ("broker", "localhost", False),
    ]  # fmt: skip
    assert girouette("authority", "show", str(tmp_path)).code == REFUSED
