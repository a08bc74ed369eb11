"""A town's own authority: it vouches for the broker to boards that trust nobody else.

The folder of a deployment has `authority/` (the keys, which must not leave it), `anchors/` (what boards are given) and
`state/tls/` (what the broker and the gateway read).
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.certificates import (
    Authority,
    AuthorityError,
    authority_certificate,
    check_names,
    fresh_key,
    names_of,
    private,
    server_certificate,
)
from deploy.files import fresh

SERVER_DAYS = 730
WARN_DAYS = {"authority": 730, "broker": 60}
"""Below this somebody is to renew: boards in drawers must hear of the next authority, a broker is told in a minute."""
KEYS, ANCHORS, TLS = "authority", "anchors", "state/tls"
BROKER, BUNDLE = "broker", "authorities.pem"


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate, and how long it is good for."""

    kind: str
    """`authority` or `broker`."""
    name: str
    until: str
    days: int
    used: bool
    """Is it the broker's, or the one that signed it?"""

    @property
    def late(self) -> bool:
        """Is it time to renew?"""
        return self.used and self.days < WARN_DAYS[self.kind]


def make(folder: Path, names: Sequence[str], *, now: dt.datetime) -> None:
    """Make the first authority, and the broker's certificate for these names. Raises AuthorityError where one is there."""
    if (folder / KEYS).exists():
        raise AuthorityError("has_authority", folder=folder)
    check_names(names)
    add(folder, now=now)
    serve(folder, 1, names, now=now)


def add(folder: Path, *, now: dt.datetime) -> int:
    """Make an authority beside those there are, which signs nothing yet: boards must know it first; gives its number."""
    number = max(numbers(folder), default=0) + 1
    key = fresh_key()
    certificate = authority_certificate(key, number, now=now)
    for name, mode in ((KEYS, 0o700), (ANCHORS, 0o755)):
        (folder / name).mkdir(mode=mode, parents=True, exist_ok=True)
    put(folder / KEYS / f"{number}.key", private(key), mode=0o600)
    put(folder / KEYS / f"{number}.pem", certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    put(folder / ANCHORS / f"{number}.der", certificate.public_bytes(serialization.Encoding.DER), mode=0o644)
    bundle(folder)
    return number


def renew(folder: Path, *, use: int | None, names: Sequence[str], now: dt.datetime) -> None:
    """Give the broker a new certificate, by the authority that signed the last one or by another, for its names or for others."""
    broker = broker_certificate(folder)
    serve(folder, use or in_use(folder), names or names_of(broker), now=now)


def forget(folder: Path, number: int) -> None:
    """Trust an authority no longer, here and in images to come. Raises AuthorityError for the one that the broker needs."""
    known(folder, number)
    if number == in_use(folder):
        raise AuthorityError("authority_used", number=number)
    for path in (folder / KEYS / f"{number}.key", folder / KEYS / f"{number}.pem", folder / ANCHORS / f"{number}.der"):
        path.unlink(missing_ok=True)
    bundle(folder)


def show(folder: Path, *, now: dt.datetime) -> list[Standing]:
    """Every certificate of this folder. Raises AuthorityError where there is none."""
    broker, used = broker_certificate(folder), in_use(folder)
    found = [
        standing("authority", str(n), known(folder, n).certificate, used=n == used, now=now) for n in numbers(folder)
    ]
    return [*found, standing("broker", ", ".join(names_of(broker)), broker, used=True, now=now)]


def standing(kind: str, name: str, certificate: x509.Certificate, *, used: bool, now: dt.datetime) -> Standing:
    """How long a certificate is good for."""
    end = certificate.not_valid_after_utc
    return Standing(kind, name, end.date().isoformat(), (end - now).days, used)


def serve(folder: Path, number: int, names: Sequence[str], *, now: dt.datetime) -> None:
    """Let the broker show a certificate by this authority for these names. Raises AuthorityError."""
    authority = known(folder, number)
    check_names(names)
    if authority.certificate.not_valid_after_utc <= now:
        raise AuthorityError("authority_over", number=number)
    key = fresh_key()
    certificate = server_certificate(key, names, authority, until=now + dt.timedelta(days=SERVER_DAYS))
    (folder / TLS).mkdir(mode=0o700, parents=True, exist_ok=True)
    # The key first: a broker that reads between the two finds a pair that does not fit, and keeps the one that it has.
    put(folder / TLS / f"{BROKER}.key", private(key), mode=0o600)
    put(folder / TLS / f"{BROKER}.pem", certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    bundle(folder)


def numbers(folder: Path) -> list[int]:
    """The authorities of this folder."""
    return sorted(int(file.stem) for file in (folder / KEYS).glob("*.key") if file.stem.isdecimal())


def known(folder: Path, number: int) -> Authority:
    """An authority of this folder. Raises AuthorityError where there is none of this number."""
    try:
        raw, pem = ((folder / KEYS / f"{number}{end}").read_bytes() for end in (".key", ".pem"))
    except FileNotFoundError:
        raise AuthorityError("no_authority", folder=folder, number=number) from None
    key = serialization.load_pem_private_key(raw, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError("no_authority", folder=folder, number=number)
    return Authority(number, x509.load_pem_x509_certificate(pem), key)


def broker_certificate(folder: Path) -> x509.Certificate:
    """What the broker shows. Raises AuthorityError where it has nothing to show."""
    try:
        return x509.load_pem_x509_certificate((folder / TLS / f"{BROKER}.pem").read_bytes())
    except FileNotFoundError:
        raise AuthorityError("no_authority", folder=folder, number=1) from None


def in_use(folder: Path) -> int:
    """The number of the authority that signed what the broker shows; 0 where it is not of this folder."""
    issuer = broker_certificate(folder).issuer
    return next((n for n in numbers(folder) if known(folder, n).certificate.subject == issuer), 0)


def bundle(folder: Path) -> None:
    """Write all authorities into one file, for those who connect from a computer."""
    (folder / TLS).mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = b"".join((folder / KEYS / f"{number}.pem").read_bytes() for number in numbers(folder))
    put(folder / TLS / BUNDLE, pem, mode=0o644)


def put(path: Path, content: bytes, *, mode: int) -> None:
    """Afterwards the file holds this, in one step, with this mode and the owner of its folder."""
    made = fresh(path, content, mode=mode)
    if os.geteuid() == 0:
        owner = path.parent.parent.stat()
        os.chown(path.parent, owner.st_uid, owner.st_gid)
        os.chown(made, owner.st_uid, owner.st_gid)
    made.replace(path)
