"""The authorities that a board trusts: their certificates as its image has them, and from when on the newest exists."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from devices.refusal import ImageError

MOST = 4
"""An authority's successor has room beside it, and so does a mistake; each takes about 400 bytes of a board's disk."""


def configured(anchors: Sequence[bytes]) -> dict[str, Any]:
    """What `config.json` says of these certificates. Raises ImageError for what is no authority."""
    if len(anchors) > MOST:
        raise ImageError("many_anchors", count=len(anchors), most=MOST)
    return {"anchors": [name.lstrip("/") for name in anchor_files(anchors)], "trusted_since": max(map(since, anchors))}


def anchor_files(anchors: Iterable[bytes]) -> dict[str, bytes]:
    """The certificates as files of a board's disk.

    >>> anchor_files([b"first", b"second"])
    {'/anchors/1.der': b'first', '/anchors/2.der': b'second'}
    """
    return {f"/anchors/{number}.der": anchor for number, anchor in enumerate(anchors, 1)}


def version_with(firmware: str, anchors: Sequence[bytes]) -> str:
    """The name of a version that brings these, so that a fleet that runs the firmware already still has to be told.

    >>> version_with("0123abcd", []), version_with("0123abcd", [b"first"])
    ('0123abcd', '0123abcd-a793')
    """
    return f"{firmware}-{hashlib.sha256(b''.join(anchors)).hexdigest()[:4]}" if anchors else firmware


def since(anchor: bytes) -> int:
    """From when on an authority's certificate is valid, in Unix seconds. Raises ImageError where it is none."""
    reader = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        reader.load_verify_locations(cadata=anchor)
        begins = reader.get_ca_certs()[0]["notBefore"]
    except (ssl.SSLError, LookupError, ValueError):
        raise ImageError("bad_anchor") from None
    return ssl.cert_time_to_seconds(str(begins))


def read_anchors(folder: Path) -> tuple[bytes, ...]:
    """The certificates `*.der` of a folder, by name. Raises ImageError where there are none."""
    found = tuple(file.read_bytes() for file in sorted(folder.glob("*.der")))
    if not found:
        raise ImageError("no_anchors", folder=folder)
    configured(found)
    return found
