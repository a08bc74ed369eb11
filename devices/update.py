"""An update as a board takes it: files by their hashes, a manifest that names them, and the order that only its key can make."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

FORM = "gir-update 1"
MOST_BYTES = 16384
"""A manifest is at most this long."""
MOST_PIECE = 2048
STAYS = ("/boot.py", "/main.py", "/rule.py", "/slots.py", "/config.json")
"""Files that no update replaces: the rule by which a version is chosen, and the configuration, of which it changes parts."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version for one device."""

    device: str
    version: str
    order: Mapping[str, Any]
    """What the command bears besides `id`, `do` and `until`."""
    contents: Mapping[str, bytes]
    """Every content that the board may ask for, by the first 16 digits of its hash."""
    files: Mapping[str, bytes]
    told_as: str = "firmware"
    """Which member of `state` says that the board runs it."""


def release(
    device: str, image: Mapping[str, bytes], *, key: bytes, serial: int, changes: Mapping[str, Any],
    limits: Mapping[str, int] | None = None,
) -> Release:  # fmt: skip
    """The version that this image is, for one device; `changes` are settings of its `config.json`, None taking one away.

    `changes` has `firmware`, the version's name. `limits` are `within_s`, `boots` and `wakes` of the trial.
    """
    files = {path.lstrip("/"): content for path, content in image.items() if path not in STAYS}
    version = str(changes["firmware"])
    told = manifest(device, files, serial=serial, changes=changes, limits=limits or {})
    sha = hashlib.sha256(told).hexdigest()
    words = (FORM, device, str(serial), version, str(len(told)), sha)
    mac = hmac.new(key, "\n".join(words).encode(), hashlib.sha256).hexdigest()
    order = {"serial": serial, "version": version, "size": len(told), "sha": sha, "mac": mac}
    contents = {hashlib.sha256(content).hexdigest()[:16]: content for content in (told, *files.values())}
    return Release(device, version, MappingProxyType(order), MappingProxyType(contents), MappingProxyType(files))


def manifest(
    device: str, files: Mapping[str, bytes], *, serial: int, changes: Mapping[str, Any], limits: Mapping[str, int]
) -> bytes:
    """The text that names every file, a line each, so that a board can read it line by line."""
    lines = [f"{FORM} {device} {serial} {changes['firmware']}"]
    lines += [f"limits {json.dumps(dict(limits))}"] if limits else []
    lines += [f"set {json.dumps(dict(changes), ensure_ascii=False, separators=(',', ':'))}"]
    lines += [f"file {len(content)} {hashlib.sha256(content).hexdigest()} {path}" for path, content in files.items()]
    return ("\n".join(lines) + "\n").encode()


def piece(release: Release, want: object) -> bytes | None:
    """The answer to what a board asks for, `[hash, offset, count]`: 8 bytes of hash, the offset, the bytes.

    A content that the release does not have makes an empty piece, by which the board knows; None where it is no question.
    """
    match want:
        case [str() as sha, int() as start, int() as count] if 0 <= start < 1 << 32 and 0 < count <= MOST_PIECE:
            content = release.contents.get(sha, b"")
        case _:
            return None
    try:
        head = bytes.fromhex(sha)
    except ValueError:
        return None
    return head + start.to_bytes(4, "big") + content[start : start + count]
