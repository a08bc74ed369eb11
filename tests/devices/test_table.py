"""A TOML table is read key by key; what is missing, of another kind or left over is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devices.refusal import RefusalError
from devices.table import Table, read_table


def table(**content: object) -> Table:
    """A table of a file called here.toml."""
    return Table(content, "here.toml", RefusalError)


def test_what_is_right_is_given() -> None:
    """Texts, numbers, tables and lists of tables come as they were written."""
    read = table(a="x", b=2, c={"d": 1.5}, e=[{"f": 1}, {"f": 2}], g={"fr": "oui", "en": "yes"})

    assert (read.text("a"), read.whole("b", 0, 3), read.table("c").number("d")) == ("x", 2, 1.5)
    assert [t.number("f") for t in read.tables("e")] == [1, 2]
    assert read.both("g") == ("oui", "yes")
    assert (read.written(), read.has("h"), list(read.tables("h")), read.table("h").written()) == (
        ["a", "b", "c", "e", "g"], False, [], [],
    )  # fmt: skip
    read.close()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda t: t.text("none"), "here.toml: none is missing; add it"),
        (lambda t: t.text("number"), "number must be a text"),
        (lambda t: t.text("blank"), "blank must be a text"),
        (lambda t: t.number("text"), "text must be a number"),
        (lambda t: t.number("truth"), "truth must be a number"),
        (lambda t: t.whole("number", 0, 5), "number is 7; choose a value from 0 to 5"),
        (lambda t: t.among("text", ("a", "b")), "text is x; choose among a, b"),
        (lambda t: t.both("french"), "french has no English text"),
        (lambda t: t.both("number"), "number must be a table"),
        (lambda t: list(t.tables("text")), "text must be a list; write [[text]] before each"),
        (lambda t: list(t.tables("mixed")), "mixed must be a list"),
        (lambda t: next(t.tables("list")).text("k"), "here.toml, [[list]] 1: k is missing"),
        (lambda t: t.table("french").text("en"), "here.toml, french: en is missing"),
        (lambda t: t.close(), "there is no text here; remove it, or choose among -"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused(ask: Callable[[Table], object], said: str) -> None:
    """The sentence names the place and the key."""
    read = table(text="x", number=7, truth=True, blank=" ", french={"fr": "oui"}, mixed=[{}, 1], list=[{}])

    with pytest.raises(RefusalError) as refused:
        ask(read)

    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    """An absent file, a folder's name that is a file, and bytes that are no UTF-8 each get a sentence."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff")

    with pytest.raises(RefusalError, match="there is no such file"):
        read_table(tmp_path / "none.toml", "none.toml", RefusalError)
    with pytest.raises(RefusalError, match="there is no such file"):
        read_table(tmp_path / "bytes.toml" / "x.toml", "x.toml", RefusalError)
    with pytest.raises(RefusalError, match="not readable TOML"):
        read_table(tmp_path / "bytes.toml", "bytes.toml", RefusalError)


def test_a_file_from_notepad_is_read(tmp_path: Path) -> None:
    """The mark that some editors put before the first letter is no mistake of the agent's, nor are their line ends."""
    (tmp_path / "marked.toml").write_bytes(b"\xef\xbb\xbfname = 'x'\r\n")

    assert read_table(tmp_path / "marked.toml", "marked.toml", RefusalError).text("name") == "x"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (("driver = 'ear'", "driver = 7"), 6),
        (("size = 1", "size = 'x'"), 11),
        (("a = 1", "a = 'x'"), 7),
        (("size = 2", "other = 2"), 13),
    ],
)
def test_a_refusal_says_on_which_line_it_is(tmp_path: Path, change: tuple[str, str], line: int) -> None:
    """The line of the key that it names, in whichever table; that of the table's head where the key is not there."""
    text = "# one\nname = 'x'\n\n[[sensors]]\n# two\ndriver = 'ear'\nchannels = { a = 1 }\n\n[[parts]]\n# three\nsize = 1\n\n"
    text += "[[parts]]\nsize = 2\n"
    (tmp_path / "a.toml").write_text(text.replace(*change), encoding="utf-8")

    with pytest.raises(RefusalError) as refused:
        read_all(tmp_path / "a.toml")

    assert str(refused.value).startswith(f"a.toml (line {line}), [[")
    assert refused.value.said("fr").startswith(f"a.toml (ligne {line}), [[")


def read_all(file: Path) -> None:
    """Read every key of the file."""
    row = read_table(file, "a.toml", RefusalError)
    for sensor in row.tables("sensors"):
        sensor.text("driver")
        sensor.table("channels").number("a")
    for part in row.tables("parts"):
        part.number("size")
