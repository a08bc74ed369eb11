"""The words of a `$filter`: text -> tokens, with the caps that keep a hostile one cheap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from api.problems import Malformed

MAX_TEXT = 4_096
Kind = Literal[
    "time", "interval", "duration", "number", "text", "geo", "name", "(", ")", ",", "/", "[", "]", "-", "end"
]

_TIME = r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+\- ]\d{2}:?\d{2})?)?"
_RULES = (
    ("space", r"\s+"),
    ("interval", rf"{_TIME}/(?:{_TIME}|P[0-9WDTHMS.]+)"),
    ("time", rf"{_TIME}(?![\w-])"),
    ("duration", r"duration'[^']*'"),
    ("geo", r"geography'[^']*'"),
    ("text", r"'(?:[^']|'')*'"),
    ("number", r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w])"),
    ("name", r"@?[^\W\d](?:[\w.@]|-(?=\w))*"),
    ("mark", r"[(),/\[\]-]"),
)
_SCAN = re.compile("|".join(f"(?P<{name}>{rule})" for name, rule in _RULES))


@dataclass(frozen=True, slots=True)
class Token:
    """One word, what it is, and where it stood."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of an expression, closed by one of kind `end`.

    Raises Malformed where a character cannot begin a token, or the text is longer than 4 kB.
    """
    if len(text.encode()) > MAX_TEXT:
        raise Malformed(f"$filter is longer than {MAX_TEXT} bytes; ask for less at a time")
    at = 0
    while at < len(text):
        found = _SCAN.match(text, at)
        if found is None:
            raise Malformed(f"$filter cannot be read at {text[at : at + 12]!r} (character {at + 1})")
        kind = found.lastgroup or ""
        if kind != "space":
            yield Token(found[0] if kind == "mark" else kind, found[0], at)
        at = found.end()
    yield Token("end", "", at)
