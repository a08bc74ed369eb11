"""docs/wire.md says what the code does: its codes, its figures, its examples."""

from __future__ import annotations

import ast
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from devices.reading import shard_of
from devices.senml import read_pack
from gateway.admission import CODES
from gateway.receipts import Account, receipt

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/wire.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
FIGURES = re.findall(r"^\| [^|]+ \| (\d+) \| `([^`]+)` `([A-Z_]+)` \|$", PAGE, re.MULTILINE)
FIRMWARE = ROOT / "devices/firmware/girouette"


def chapter(title: str) -> str:
    """The text under a heading."""
    start = PAGE.index(f"## {title}\n")
    return PAGE[start : PAGE.find("\n## ", start)]


def constant(file: str, name: str) -> Any:
    """The value of a constant, read and not run: firmware cannot be imported here."""
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    return eval(compile(ast.Expression(node.value), file, "eval"), {"__builtins__": {}})  # noqa: S307
    pytest.fail(f"{file} has no {name}")


def labels(file: str, function: str) -> set[str]:
    """The keys of the objects that a function of the firmware writes."""
    tree = ast.parse((FIRMWARE / file).read_text(encoding="utf-8"))
    found = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == function)
    written = [key for n in ast.walk(found) if isinstance(n, ast.Dict) for key in n.keys]
    return {key.value for key in written if isinstance(key, ast.Constant)}


def test_the_codes_are_those_of_the_code() -> None:
    """The table of refusals has each code once, in the order in which admission names them, and no other."""
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", chapter("Refusals"), re.MULTILINE)) == CODES


def test_there_are_figures() -> None:
    """The table of figures is read as it is written."""
    assert len(FIGURES) == len(re.findall(r"^\| [^-|w]", chapter("Figures of the wire"), re.MULTILINE))
    assert len(FIGURES) >= 20


@pytest.mark.parametrize(("figure", "file", "name"), FIGURES)
def test_a_figure_is_that_of_the_code(figure: str, file: str, name: str) -> None:
    """Each figure is the constant that it names."""
    assert constant(file, name) == int(figure)


def test_the_examples_are_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The packs on the page are what the firmware writes of such samples, and are in the shard that the page says."""
    monkeypatch.syspath_prepend(FIRMWARE.parent)
    board = importlib.import_module("girouette.pack")
    for example, count in zip(EXAMPLES[:2], (5, 2), strict=True):
        read = read_pack(json.dumps(example).encode())
        device = f"{read.base.partition('/')[0]}/"
        channels = {r.name.removeprefix(device): r.unit for r in read.records}
        pack = board.Pack(board.heads_of(device, list(channels.items())), read.ep, read.lo, read.dr)
        for sq in read.samples:
            mine = [r for r in read.records if r.sq == sq]
            values = {r.name.removeprefix(device): f"{r.value:g}" for r in mine}
            pack.add(sq, mine[0].time_s, ",".join(values.get(name, "") for name in channels))
        assert (len(read.records), read.refused) == (count, ())
        assert json.loads(bytes(pack.payload().behind(b""))) == example

    assert f"`air-1` is in `{shard_of('air-1')}`" in PAGE


def test_the_example_is_a_receipt() -> None:
    """The receipt on the page is what the ledger writes of such an account."""
    told = EXAMPLES[2]
    account = Account(
        0, told["ep"], n=told["sq"], edges=[told["sq"], told["sq"] + 1, 4720, 4722], why=tuple(told["why"])
    )

    assert receipt(account, told["st"]) == told


@pytest.mark.parametrize(
    ("file", "function", "channel"),
    [("health.py", "figures", "`health`"), ("reporter.py", "_state", "`state`"), ("commands.py", "_obey", "`ack`")],
)
def test_what_boards_say_is_on_the_page(file: str, function: str, channel: str) -> None:
    """Every label that the firmware writes is named where the page speaks of its channel."""
    said = chapter("What else is said")
    paragraph = next(p for p in said.split("\n\n") if f"**{channel}**" in p)

    assert {label for label in labels(file, function) if not re.search(rf"[`\"]{label}[`\"]", paragraph)} == set()


def test_the_golden_vectors_are_where_the_page_says() -> None:
    """The folder that the page points at holds cases."""
    folder = re.search(r"\]\(\.\./(tests/[^)]+)\)", PAGE)

    assert folder is not None
    assert len(list((ROOT / folder[1]).glob("*.json"))) >= len(CODES)
