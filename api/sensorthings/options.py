"""The query options of a request: text -> frozen values, nested `$expand` included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_plus

from api.problems import Malformed, NotOffered
from api.sensorthings.grammar import MAX_DEPTH, Node, Path, parse, parse_path

KNOWN = ("$filter", "$count", "$orderby", "$skip", "$top", "$select", "$expand", "$skiptoken")
DEFAULT_TOP = 100
MAX_TOP = 1_000
MAX_EXPANDS = 32
_WHOLE = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One key of `$orderby`."""

    path: Path
    descending: bool


@dataclass(frozen=True, slots=True)
class Options:
    """What a request, or one `$expand` in it, asks for."""

    filter: Node | None = None
    count: bool = False
    order: tuple[OrderBy, ...] = ()
    skip: int = 0
    top: int = DEFAULT_TOP
    select: tuple[str, ...] = ()
    expand: tuple[Expand, ...] = ()
    token: str | None = None
    written: tuple[tuple[str, str], ...] = ()
    """The options as they were written, for the link to the next page."""


@dataclass(frozen=True, slots=True)
class Expand:
    """One navigation property to be filled in, and what is asked of what it leads to."""

    name: str
    options: Options = field(default_factory=Options)


def read_options(query: str) -> Options:
    """The options of a raw query string; names that do not begin with `$` are nobody's here.

    Raises Malformed, or NotOffered for a `$` option that is not implemented.
    """
    pairs = [p.partition("=") for p in query.split("&") if p]
    named = [(unquote_plus(name).strip(), unquote_plus(value)) for name, _, value in pairs]
    return _options([(name, value) for name, value in named if name.startswith("$")], 0)


def _options(pairs: Sequence[tuple[str, str]], depth: int) -> Options:
    if depth > MAX_DEPTH:
        raise Malformed(f"$expand is nested deeper than {MAX_DEPTH}")
    asked: dict[str, str] = {}
    for name, value in pairs:
        if name not in KNOWN:
            raise NotOffered(f"{name} is not offered; there are {', '.join(KNOWN[:-1])}")
        if name in asked:
            raise Malformed(f"{name} is given twice")
        asked[name] = value.strip()
    return Options(
        filter=parse(asked["$filter"]) if "$filter" in asked else None,
        count=_count(asked.get("$count", "false")),
        order=tuple(_orders(asked.get("$orderby"))),
        skip=_whole("$skip", asked.get("$skip", "0")),
        top=min(_whole("$top", asked.get("$top", str(DEFAULT_TOP))), MAX_TOP),
        select=tuple(_names(asked.get("$select"))),
        expand=_expands(asked.get("$expand"), depth),
        token=asked.get("$skiptoken"),
        written=tuple(asked.items()),
    )


def _count(text: str) -> bool:
    if text not in {"true", "false"}:
        raise Malformed(f"$count is true or false, not {text!r}")
    return text == "true"


def _whole(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise Malformed(f"{name} is a whole number from 0, not {text!r}")
    return int(text)


def _orders(text: str | None) -> Iterator[OrderBy]:
    if text is None:
        return
    for part in split(text, ","):
        path, _, direction = part.strip().partition(" ")
        if direction.strip().lower() not in {"", "asc", "desc"}:
            raise Malformed(f"$orderby takes asc or desc after a property, not {direction.strip()!r}")
        yield OrderBy(parse_path(path), direction.strip().lower() == "desc")


def _names(text: str | None) -> Iterator[str]:
    if text is None:
        return
    for name in split(text, ","):
        if not name.strip():
            raise Malformed("$select has an empty name")
        yield name.strip()


def _expands(text: str | None, depth: int) -> tuple[Expand, ...]:
    if text is None:
        return ()
    found: dict[str, Expand] = {}
    for part in split(text, ","):
        expand = _expand(part.strip(), depth)
        before = found.get(expand.name)
        found[expand.name] = expand if before is None else _merged(before, expand)
    if len(found) > MAX_EXPANDS:
        raise Malformed(f"$expand names more than {MAX_EXPANDS} properties")
    return tuple(found.values())


def _merged(a: Expand, b: Expand) -> Expand:
    """`A/B,A/C` is A with both."""
    if (a.options.written and b.options.written) and a.options.expand == () and b.options.expand == ():
        raise Malformed(f"$expand names {a.name} twice")
    one, other = (a, b) if any(n != "$expand" for n, _ in a.options.written) else (b, a)
    inner = {e.name: e for e in (*one.options.expand, *other.options.expand)}
    kept = {n: v for n, v in one.options.written if n != "$expand"}
    texts = [v for o in (one, other) for n, v in o.options.written if n == "$expand"]
    written = (*kept.items(), ("$expand", ",".join(texts))) if texts else tuple(kept.items())
    o = one.options
    return Expand(
        a.name, Options(o.filter, o.count, o.order, o.skip, o.top, o.select, tuple(inner.values()), None, written)
    )


def _expand(text: str, depth: int) -> Expand:
    head, inner = text, ""
    if text.endswith(")") and "(" in text:
        head, _, inner = text[:-1].partition("(")
    first, _, rest = head.partition("/")
    if not first.isidentifier():
        raise Malformed(f"$expand has {text!r}, where the name of a navigation property should stand")
    if rest:
        deeper = f"{rest}({inner})" if inner else rest
        return Expand(first, _options([("$expand", deeper)], depth + 1))
    pairs = [p.partition("=") for p in split(inner, ";") if p.strip()]
    return Expand(first, _options([(name.strip(), value) for name, _, value in pairs], depth + 1))


def split(text: str, mark: str) -> list[str]:
    """The parts of a text between marks that stand outside quotes and brackets.

    >>> split("a,b(c,d),'e,f'", ",")
    ['a', 'b(c,d)', "'e,f'"]
    """
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted:
            depth += (char == "(") - (char == ")")
            if depth < 0:
                raise Malformed(f"{text!r} closes a bracket that it never opened")
            if char == mark and depth == 0:
                parts.append(text[start:at])
                start = at + 1
    if depth or quoted:
        raise Malformed(f"{text!r} opens a bracket or a quote that it never closes")
    return [*parts, text[start:]]


def next_query(options: Options, **change: str) -> str:
    """The query string of the next page: the options as written, with `skip` or `skiptoken` changed."""
    kept = [(n, v) for n, v in options.written if n not in {"$skip", "$skiptoken"}]
    return written_query([*kept, *((f"${name}", value) for name, value in change.items())])


def written_query(pairs: Sequence[tuple[str, str]]) -> str:
    """Options as a query string, percent-encoded, without spaces."""
    return "&".join(f"{quote(name, safe='$')}={quote(value, safe=_SAFE)}" for name, value in pairs)


_SAFE = "'()*,/:;@$-."
