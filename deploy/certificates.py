"""Certificates of a town's own authority and of the broker that it vouches for.

Keys are ECDSA on P-256 (FIPS 186-5), which a small board checks in one step; certificates are those of RFC 5280.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.faults import CommandError

AUTHORITY_YEARS = 10


class AuthorityError(CommandError):
    """It cannot be made or renewed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority, with the key that signs for it."""

    number: int
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def fresh_key() -> ec.EllipticCurvePrivateKey:
    """A key that nobody has had."""
    return ec.generate_private_key(ec.SECP256R1())


def authority_certificate(key: ec.EllipticCurvePrivateKey, number: int, *, now: dt.datetime) -> x509.Certificate:
    """The certificate of an authority that may sign for servers and for nobody who signs, from this day on."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Girouette authority {number} {os.urandom(4).hex()}")])
    begins = now.replace(hour=0, minute=0, second=0, microsecond=0)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=AUTHORITY_YEARS * 365))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def server_certificate(
    key: ec.EllipticCurvePrivateKey, names: Sequence[str], authority: Authority, *, until: dt.datetime
) -> x509.Certificate:
    """The broker's certificate, valid for as long as its authority has been there.

    A board without a time server believes that it is the day its authority was made, or later: a certificate that began after
    that day would be one of the future to it.
    """
    by = authority.certificate
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])]))
        .issuer_name(by.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(by.not_valid_before_utc)
        .not_valid_after(min(until, by.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def check_names(names: Sequence[str]) -> None:
    """Refuse what no broker is called. Raises AuthorityError."""
    for name in names:
        try:
            x509.DNSName(name)
        except ValueError:
            raise AuthorityError("bad_tls_name", name=name) from None
        if not name or (any(c in name for c in " /:@*") and not is_ip(name)):
            raise AuthorityError("bad_tls_name", name=name)
    if not names:
        raise AuthorityError("no_tls_name")


def is_ip(name: str) -> bool:
    """Is this an address rather than a name?"""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def general_name(name: str) -> x509.GeneralName:
    """A name as certificates have it."""
    return x509.IPAddress(ipaddress.ip_address(name)) if is_ip(name) else x509.DNSName(name)


def names_of(certificate: x509.Certificate) -> list[str]:
    """The names of a server's certificate, in its order."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The text of a key's file."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
