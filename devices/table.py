"""One TOML table being read: a key that is missing, of the wrong kind or left over is refused with a sentence."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from devices.refusal import RefusalError, Where

SLUG = re.compile(r"[a-z][a-z0-9_]{0,31}")
LANGUAGES = ("fr", "en")


class Table:
    """A table, the place where it stands, and the keys that were asked for so far."""

    def __init__(
        self, content: Mapping[str, Any], where: str, refuse: type[RefusalError], written: Sequence[str] = ()
    ) -> None:
        """`written` are the lines of the file, of which the first is the table's own."""
        self.where = where
        self._content = content
        self._refuse = refuse
        self._lines = written
        self._asked: set[str] = set()

    def refusal(self, key: str, /, **values: object) -> RefusalError:
        """The refusal of something in this table, to be raised; it says on which line that is, as far as that can be told."""
        named = [str(values[name]) for name in ("key", "value", "channel") if name in values]
        return self._refuse(key, where=self._place(named), **values)

    def _place(self, named: Sequence[str]) -> str:
        at = line_with(self._lines, named)
        return self.where if at is None else Where(self.where, at)

    def written(self) -> list[str]:
        """All keys, in the order in which they are written."""
        return list(self._content)

    def has(self, key: str) -> bool:
        """Is this key written?"""
        return key in self._content

    def raw(self, key: str) -> Any:
        """The value of a key, whatever it is."""
        self._asked.add(key)
        if key not in self._content:
            raise self.refusal("missing", key=key)
        return self._content[key]

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.raw(key)
        if not isinstance(value, str) or not value.strip():
            raise self.refusal("not_text", key=key)
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        value = self.raw(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refusal("not_number", key=key)
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """A whole number between two bounds, both allowed."""
        value = self.number(key)
        if not low <= value <= high or value != int(value):
            raise self.refusal("out_of_range", key=key, value=value, low=low, high=high)
        return int(value)

    def among(self, key: str, choices: Collection[str]) -> str:
        """One of these texts."""
        value = self.text(key)
        if value not in choices:
            raise self.refusal("not_among", key=key, value=value, choices=", ".join(choices))
        return value

    def both(self, key: str) -> tuple[str, str]:
        """The French and the English text."""
        texts = self.table(key)
        for lang in LANGUAGES:
            if not texts.has(lang):
                raise self.refusal(f"no_{lang}", key=key)
        found = texts.text("fr"), texts.text("en")
        texts.close()
        return found

    def table(self, key: str) -> Table:
        """A table inside this one; an empty one where the key is not written."""
        self._asked.add(key)
        content = self._content.get(key, {})
        if not isinstance(content, dict):
            raise self.refusal("not_table", key=key)
        return self._inner(content, key, key, 0)

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of a list, numbered from 1; none where the key is not written."""
        self._asked.add(key)
        content = self._content.get(key, [])
        if not isinstance(content, list) or not all(isinstance(c, dict) for c in content):
            raise self.refusal("not_list", key=key)
        for number, table in enumerate(content, 1):
            yield self._inner(table, f"[[{key}]] {number}", key, number - 1)

    def _inner(self, content: Mapping[str, Any], named: str, key: str, number: int) -> Table:
        """A table inside this one, which is the `number`-th (from 0) whose head has this key."""
        where, begins = f"{self.where}, {named}", heads(self._lines, key)
        if number >= len(begins):
            return Table(content, where, self._refuse)
        lines = list(self._lines)
        lines[: begins[number]] = [""] * begins[number]
        return Table(content, Where(where, begins[number] + 1), self._refuse, lines)

    def close(self) -> None:
        """Refuse the first key that nobody asked for: it is a slip of the pen."""
        for key in self._content:
            if key not in self._asked:
                choices = ", ".join(sorted(self._asked)) or "-"
                raise self.refusal("unknown_key", key=key, choices=choices)


def read_table(file: Path, where: str, refuse: type[RefusalError]) -> Table:
    """The content of a TOML file; `where` is how its sentences name it."""
    try:
        text = file.read_text(encoding="utf-8-sig")  # Notepad may begin a file with a mark
        content = tomllib.loads(text)
    except (FileNotFoundError, NotADirectoryError):
        raise refuse("no_file", where=where) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refuse("not_toml", where=where, why=error) from None
    return Table(content, where, refuse, text.splitlines())


def heads(lines: Sequence[str], key: str) -> list[int]:
    """Where a table of this key begins: `[key]`, `[[key]]`, `[of.key]` or `key = {`.

    >>> heads(["[[sensors]]", "channels = { a = 1 }", "[[sensors]]"], "sensors")
    [0, 2]
    """
    name = rf"\"?{re.escape(key)}\"?"
    return [n for n, line in enumerate(lines) if re.match(rf"\s*(\[+(.*\.)?{name}\]+|{name}\s*=)", line)]


def line_with(lines: Sequence[str], named: Sequence[str]) -> int | None:
    """The number, from 1, of the line of a table on which one of these is named, else of its head; None where it has no lines.

    >>> line_with(["", "[[sensors]]", 'driver = "ear"', "[[sensors]]"], ["ear"]), line_with(["", "[[sensors]]"], ["eye"])
    (3, 2)
    """
    head = next((n for n, line in enumerate(lines) if line), None)
    if head is None:
        return None
    own = next((n for n in range(head + 1, len(lines)) if lines[n].startswith("[")), len(lines))
    for name in named:
        for n in range(head, own):
            if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", lines[n]):
                return n + 1
    return head + 1
