"""Certificates of an authority and of the broker: who signs for whom, from when to when, under which names."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.certificates import (
    Authority,
    AuthorityError,
    authority_certificate,
    check_names,
    fresh_key,
    is_ip,
    names_of,
    private,
    server_certificate,
)

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)


def made(number: int = 1) -> Authority:
    """A fresh authority."""
    key = fresh_key()
    return Authority(number, authority_certificate(key, number, now=NOW), key)


def test_an_authority_signs_for_servers_and_for_nobody_who_signs() -> None:
    """It is one of length 0, on P-256, from the morning of its day, for ten years, under a name that no other has."""
    by = made()
    limits = by.certificate.extensions.get_extension_for_class(x509.BasicConstraints)

    assert (limits.critical, limits.value.ca, limits.value.path_length) == (True, True, 0)
    assert isinstance(by.key.curve, ec.SECP256R1)
    assert by.certificate.not_valid_before_utc == dt.datetime(2026, 11, 25, tzinfo=dt.UTC)
    assert (by.certificate.not_valid_after_utc - NOW).days == 3649
    assert by.certificate.subject != made().certificate.subject


def test_a_broker_is_vouched_for_from_the_day_of_its_authority() -> None:
    """So that a board that believes it is that day takes it; never beyond its authority's end; by nobody else."""
    by, other = made(), made()

    found = server_certificate(fresh_key(), ["broker.example", "10.0.0.2"], by, until=NOW + dt.timedelta(days=9999))

    found.verify_directly_issued_by(by.certificate)
    with pytest.raises((InvalidSignature, ValueError)):
        found.verify_directly_issued_by(other.certificate)
    assert found.not_valid_before_utc == by.certificate.not_valid_before_utc
    assert found.not_valid_after_utc == by.certificate.not_valid_after_utc
    assert names_of(found) == ["broker.example", "10.0.0.2"]
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("name", ["", "a b", "mqtt://broker", "broker:8883", "*.example", "courtier.évreux"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """A URL, a port, a blank, a wildcard: boards compare the whole name."""
    with pytest.raises(AuthorityError):
        check_names(["broker.example", name])


def test_names_and_addresses_pass() -> None:
    """Both are names of a broker; without any there is nothing to check."""
    check_names(["broker.example", "192.168.1.4", "fd00::4"])
    with pytest.raises(AuthorityError, match="--name"):
        check_names([])
    assert [is_ip(name) for name in ("192.168.1.4", "fd00::4", "localhost")] == [True, True, False]


def test_a_key_is_written_as_openssl_reads_it() -> None:
    """PKCS 8, without a pass phrase: the broker starts by itself."""
    assert private(fresh_key()).startswith(b"-----BEGIN PRIVATE KEY-----")
