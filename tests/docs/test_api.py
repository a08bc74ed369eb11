"""Every address in docs/api.md is asked of a real application, and what the page promises is there."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ADDRESSES = [a.replace("\\$", "$") for a in re.findall(r'curl -s "?http://127\.0\.0\.1:8000([^"\s]+)"?', PAGE)]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of the city that the tests of the API build."""
    spec = importlib.util.spec_from_file_location("town", ROOT / "tests" / "api" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    town = sys.modules["town"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(town)
    city = town.build(tmp_path_factory.mktemp("town") / "city.sqlite")
    client = town.Asker(city.app())
    yield client
    client.close()
    city.close()


def test_every_address_answers(ask: Any) -> None:
    """200, and something in it."""
    assert len(ADDRESSES) >= 13
    for address in ADDRESSES:
        told = ask(address)
        assert told.status_code == 200, (address, told.text[:300])
        assert len(told.content) > 100, address


def test_the_columns_are_those_of_the_csv(ask: Any) -> None:
    """In their order."""
    named = re.search(r"Columns of the CSV: `([^`]+)`", PAGE)
    assert named is not None
    told = next(csv.reader(io.StringIO(ask("/api/series/1.csv").text)))

    assert told == named.group(1).split(", ")


def test_every_parameter_of_the_tables_is_named() -> None:
    """What the code offers is on the page."""
    for name in ("from", "to", "tier", "excel=1", "key"):
        assert f"`{name}" in PAGE or f"?{name}=" in PAGE


def test_ten_lines_of_python_read_everything_once(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The script of the page, with short pages: each reading since its moment, and none twice."""
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    since = re.search(r"phenomenonTime ge (\S+)\"", found[1])
    assert since is not None
    script = found[1].replace("from urllib.request import urlopen\n", "").replace("$top=1000", "$top=7")

    exec(script, {"urlopen": lambda url: io.BytesIO(ask(url).content)})  # noqa: S102 - the page's own words

    seen = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    wanted = [row["time"] for row in csv.DictReader(io.StringIO(ask(f"/api/series/1.csv?from={since[1]}").text))]
    assert len(wanted) > 7
    assert seen == wanted
