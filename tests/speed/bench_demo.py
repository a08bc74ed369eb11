"""The demonstration measured from outside: first reading, latency from sample to API, CPU, memory, bytes to disk. One JSON object.

    python tests/speed/bench_demo.py [SECONDS]

Latency: a board tells on its serial log when it has numbered and dated a sample; how long until `/api/latest.geojson` shows it.
Bytes: what the gateway's process had written to storage (`write_bytes` of /proc/PID/io) once every device was there, a reading made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil

ROOT = Path(__file__).parent.parent.parent
LOOK_S = 0.02


@dataclass
class Watch:
    """Samples as boards tell of them, and when the API showed them."""

    home: Path
    at: dict[Path, int] = field(default_factory=dict)
    waiting: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    delays_s: list[float] = field(default_factory=list)
    readings: int = 0

    def listen(self) -> None:
        """Note each new sample of each board."""
        for log in self.home.glob("boards/*/serial.log"):
            with log.open("rb") as file:
                file.seek(self.at.get(log, 0))
                fresh = file.read()
            whole = fresh.rfind(b"\n") + 1
            self.at[log] = self.at.get(log, 0) + whole
            for line in fresh[:whole].splitlines():
                if line.startswith(b"S "):
                    self.readings += len(json.loads(line.split(b" ", 4)[4]))
                    self.waiting.setdefault(log.parent.name, []).append((int(line.split(b" ", 4)[3]), time.time()))

    def compare(self, shown: dict[str, int]) -> None:
        """Samples that the API shows now, or newer ones of their device, have arrived."""
        now = time.time()
        for device, newest in shown.items():
            samples = self.waiting.get(device, [])
            self.delays_s += [now - told for time_s, told in samples if time_s <= newest]
            self.waiting[device] = [s for s in samples if s[0] > newest]


def shown(page: str, places: dict[str, str]) -> dict[str, int]:
    """The newest measured reading of each device, by the name of its place."""
    with urllib.request.urlopen(f"{page}api/latest.geojson", timeout=5) as answer:
        features = json.load(answer)["features"]
    found = {}
    for feature in features:
        live = [r["time"] for r in feature["properties"]["latest"] if not r["generated"]]
        if live and feature["properties"]["name"] in places:
            at = datetime.fromisoformat(max(live)).timestamp()
            found[places[feature["properties"]["name"]]] = int(at)
    return found


def written(pid: int) -> int:
    """Bytes that a process has had written to storage."""
    told = Path(f"/proc/{pid}/io").read_text()
    return int(next(line.split()[1] for line in told.splitlines() if line.startswith("write_bytes")))


def places() -> Iterator[tuple[str, str]]:
    """The place of each device of the demonstration but the one that leaves the network, whose samples come late by design."""
    from deploy.demo.cast import cast
    from devices.recipe import load_recipes

    for player in cast(load_recipes()):
        if not any(fault["kind"] == "offline" for fault in player.faults):
            yield player.place, player.id


def main(seconds: float) -> None:
    """Run, watch, print."""
    with tempfile.TemporaryDirectory() as passing:
        home, port = Path(passing) / "kept", 8765
        report = Path(passing) / "report.json"
        options = ["--for", f"{seconds:.0f}s", "--port", str(port), "--keep", str(home), "--report", str(report)]
        command = [sys.executable, "-m", "deploy.cli", "demo", *options]
        demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        page, of, watch = f"http://127.0.0.1:{port}/", dict(places()), Watch(home)
        while demo.poll() is None and not (home / "pids.json").exists():
            time.sleep(LOOK_S)
        begun, costs, before = False, {}, (0.0, 0)
        while demo.poll() is None:
            watch.listen()
            try:
                found = shown(page, of)
            except OSError:
                time.sleep(LOOK_S)
                continue
            if len(found) == len(of) and not begun:  # everybody is there: what follows is everyday
                begun, watch.delays_s = True, []
                before = measured(home).get("gateway_written", 0), watch.readings
            watch.compare(found)
            costs |= measured(home)
            time.sleep(LOOK_S)
        told = json.loads(report.read_text())
    costs["bytes_written_a_reading"] = round((costs.pop("gateway_written") - before[0]) / (watch.readings - before[1]))
    print(json.dumps(summary(watch, told, costs), indent=1))


def measured(home: Path) -> dict[str, float]:
    """CPU, memory and bytes of the children now."""
    try:
        pids = json.loads((home / "pids.json").read_text())
        children = {name: psutil.Process(pid) for name, pid in pids.items()}
        boards = [p for name, p in children.items() if name not in {"broker", "gateway", "api"}]
        return {
            "gateway_written": written(pids["gateway"]),
            "api_rss_mib": round(children["api"].memory_info().rss / 2**20, 1),
            "boards_cpu_s": round(sum(sum(p.cpu_times()[:2]) for p in boards), 2),
            "api_cpu_s": round(sum(children["api"].cpu_times()[:2]), 2),
        }
    except (KeyError, OSError, ValueError, psutil.Error):
        return {}


def summary(watch: Watch, told: dict[str, object], costs: dict[str, float]) -> dict[str, object]:
    """What is written in docs/figures.md."""
    readings = sum(sum(flags.values()) for flags in told["readings"].values())  # type: ignore[attr-defined]
    delays = np.array(watch.delays_s or [np.nan])
    picked = ("sent", "kept", "lost", "duplicated", "first_reading_s", "gateway_cpu_s", "gateway_rss_mib", "seconds")
    return {
        **{name: told[name] for name in picked},
        "readings": readings,
        "latency_median_s": round(float(np.median(delays)), 3),
        "latency_p99_s": round(float(np.percentile(delays, 99)), 3),
        "latency_samples": len(watch.delays_s),
        **costs,
        "load_average": round(os.getloadavg()[0], 1),
    }


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
