"""What dashboards ask, as Grafana would ask it: variables filled in, sent to an InfluxDB, and held to the portable subset."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import httpx

FUNCTIONS = {
    "mean", "min", "max", "count", "sum", "first", "last", "median", "percentile", "stddev", "spread", "distinct",
    "derivative", "non_negative_derivative", "difference", "elapsed", "cumulative_sum", "moving_average", "integral",
    "time", "fill", "tz",
}  # fmt: skip
"""Functions that 1.x, 2.x and 3.x all know."""
WORDS = {
    "SELECT", "AS", "FROM", "WHERE", "AND", "OR", "GROUP", "BY", "ORDER", "ASC", "DESC", "LIMIT", "OFFSET", "none", "null",
    "previous", "linear", "time", "and",
}  # fmt: skip
FULL = re.compile(r'"girouette"\."(raw|m1|h1)"\."\w+"')
TOKEN = re.compile(r"'[^']*'|\"[^\"]*\"|=~\s*/(?:\\.|[^/])*/|\d+(?:ms|s|m|h|d|w)?\b|\w+|\S")


@dataclass(frozen=True)
class Question:
    """One question with every variable filled in, and where it stands."""

    where: str
    text: str
    quantity: str = ""
    flag: int | None = None
    """The flag that it asks for, where it asks for readings with one flag only."""


def dashboards(directory: Path) -> dict[str, dict[str, Any]]:
    """The dashboards of a folder, by language and name."""
    return {
        f.relative_to(directory / "dashboards").with_suffix("").as_posix(): json.loads(f.read_text(encoding="utf-8"))
        for f in sorted((directory / "dashboards").rglob("*.json"))
    }


def questions(board: Mapping[str, Any], *, start_s: int, end_s: int) -> Iterator[Question]:
    """Everything a dashboard asks over a time: its panels, for each choice of its own lists, and its variables."""
    lists = {v["name"]: choices(v) for v in board["templating"]["list"] if v["type"] == "custom"}
    asked = {v["name"]: v["query"] for v in board["templating"]["list"] if v["type"] == "query"}
    for chosen in product(*lists.values()):
        values = dict(zip(lists, chosen, strict=True))
        for name, text in asked.items():
            yield Question(f"{board['uid']}: ${name}", filled(text, values, start_s, end_s))
        for panel in board["panels"]:
            for target in panel["targets"]:
                where = f"{board['uid']}: {panel['id']} {target['refId']} {values}"
                flag = re.search(r'"flag" = (\d)', target["query"])
                text = filled(target["query"], values, start_s, end_s)
                yield Question(where, text, values.get("quantity", ""), int(flag.group(1)) if flag else None)


def choices(variable: Mapping[str, Any]) -> list[str]:
    """The values of a list, or its `all` where several may be chosen."""
    if variable["multi"]:
        return [variable["allValue"]]
    entries = re.findall(r"(?:\\,|[^,])+", variable["query"])
    return [entry.rsplit(" : ", 1)[1] for entry in entries]


def filled(text: str, values: Mapping[str, str], start_s: int, end_s: int) -> str:
    """The question as Grafana sends it when everything is chosen."""
    known = {"timeFilter": f"time >= {start_s * 1000}ms and time <= {end_s * 1000}ms", "__interval": "1m"} | dict(
        values
    )
    for name in ("pilot", "place"):
        known.setdefault(name, ".*")
    for name, value in known.items():
        text = text.replace(f"${{{name}:regex}}", value).replace(f"${name}", value)
    assert "$" not in text.replace("$/", "/"), text
    return text


def unanswered(influx: Any, asked: Iterable[Question]) -> list[str]:
    """Where the questions stand that InfluxDB answers without data, asked with the reader's account as Grafana asks.

    Fails where a question is refused or not understood.
    """
    with httpx.Client(base_url=influx.url, headers={"Authorization": f"Token {influx.reader}"}, timeout=60) as client:
        empty: dict[str, bool] = {}
        for question in (asked := list(asked)):
            if question.text not in empty:
                empty[question.text] = not answered(client, question.text)
    return [question.where for question in asked if empty[question.text]]


def answered(client: httpx.Client, text: str) -> list[Any]:
    """The rows of an answer."""
    said = client.post("/query", params={"db": "girouette", "epoch": "ms"}, data={"q": text})
    assert said.status_code == 200, f"{text}: {said.text}"
    result = said.json()["results"][0]
    assert "error" not in result, f"{text}: {result}"
    return [row for series in result.get("series", []) for row in series["values"]]


def beyond_portable(text: str) -> list[str]:
    """What of a question is not in the portable subset, written as docs/decisions has it; empty when all is."""
    tokens = TOKEN.findall(text)
    found = [f"{a}()" for a, b in pairwise(tokens) if b == "(" and re.fullmatch(r"[a-z_]+", a)
             and a not in FUNCTIONS]  # fmt: skip
    words = {t for t in tokens if re.fullmatch(r"[A-Za-z_]+", t)}
    found += sorted(words - WORDS - FUNCTIONS)
    origins = re.findall(r"FROM\s+(\(|\S+)", text)
    found += [origin for origin in origins if origin != "(" and not FULL.match(origin)]
    return found + (["more than one level of subquery"] if text.count("SELECT") > 2 else [])
