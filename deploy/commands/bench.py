"""`girouette bench`: what measures Girouette itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.commands.anomaly import anomaly
from deploy.commands.durations import seconds
from deploy.commands.faults import faults
from deploy.commands.options import AsJson
from deploy.commands.speech import LANG, Command, Group, option, tell, text
from deploy.faults import DONE, REFUSED
from devices.words import say

bench = typer.Typer(cls=Group, help=text("bench"))
bench.command("anomaly", cls=Command, help=text("bench_anomaly"))(anomaly)
bench.command("faults", cls=Command, help=text("bench_faults"))(faults)


@bench.command("board", cls=Command, help=text("bench_board"))
def bench_board(
    *,
    port: Annotated[str, option("usb_port", "--port", metavar="PORT")],
    for_: Annotated[str, option("bench_for", "--for", metavar="DURATION")] = "60s",
    report: Annotated[Path, option("report", "--report", metavar="FILE")] = Path("banc.json"),
    as_json: AsJson = False,
) -> int:
    """Examine a board on USB, step by step, and write what was found to a file."""
    from deploy.bench.board import examine

    def speak(step: str, found: Mapping[str, Any]) -> None:
        if not as_json:
            print(sentence_of(step, found, LANG), flush=True)

    found = examine(port, listen_s=seconds(for_), speak=speak)
    report.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    tell(found, [say("bench.written", LANG, file=report)], as_json=as_json)
    return DONE if all(step["ok"] for step in found["steps"].values()) else REFUSED


def sentence_of(step: str, found: Mapping[str, Any], lang: str) -> str:
    """One step of a board's report in a sentence."""
    if not found["ok"]:
        return say("bench.failed", lang, step=step, why=found.get("why", "?"))
    nothing = say("bench.nothing", lang)
    if step == "wires":
        buses = [say("bench.bus", lang, name=name, **hexes(row)) for name, row in found["buses"].items()]
        return say("bench.wires", lang, buses="; ".join(buses) or nothing)
    if step == "sensors":
        rows = [say("bench.sensor_fault" if row["fault"] else "bench.sensor", lang, **row) for row in found["sensors"]]
        return say("bench.sensors", lang, sensors="; ".join(rows) or nothing)
    if step == "network" and not found.get("broker"):
        return say("bench.no_network", lang, why=found.get("broker_error", "Wi-Fi"))
    return say(SENTENCES[step], lang, **{"receipt_s": "?", **found})


SENTENCES = {"who": "bench.who", "disk": "bench.disk", "network": "bench.network", "life": "bench.life"}


def hexes(row: Mapping[str, list[int]]) -> dict[str, str]:
    """Addresses as they are printed on modules."""
    return {key: " ".join(f"0x{address:02x}" for address in row[key]) or "-" for key in ("answering", "expected")}
