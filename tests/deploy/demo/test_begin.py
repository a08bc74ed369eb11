"""How the demonstration begins and ends: dead children come back, and none outlives it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from demonstration import ROOT, gone, listening, pids, start

QUANTITY = """
[watering]
name = { fr = "Arrosage", en = "Watering" }
unit = { wire = "mm", ucum = "mm", text = "mm" }
aggregate = "counter"
digits = 1
digits_wire = 2
definition = "http://vocab.nerc.ac.uk/standard_name/thickness_of_rainfall_amount/"
admit = { low = 0, high = 100000 }
"""
RECIPE = """
name = { fr = "Serre", en = "Greenhouse" }
summary = { fr = "L’arrosage d’une serre.", en = "The watering of a greenhouse." }
period_s = 60
priced = "2026-11"
[[sensors]]
driver = "rain_gauge"
bus = "pulse_a"
channels = { watering = "rain" }
[[parts]]
name = { fr = "Pluviomètre", en = "Rain gauge" }
price_eur = 35
shop = "weather"
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with a recipe that measures a quantity of one's own."""
    recipe = tmp_path / "mine" / "greenhouse"
    recipe.mkdir(parents=True)
    (recipe / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (recipe / "signal.toml").write_text('[watering]\nkind = "rain"\nbase = 4\n', encoding="utf-8")
    (tmp_path / "mine" / "quantities.toml").write_text(QUANTITY, encoding="utf-8")
    return tmp_path / "mine"


@pytest.mark.journey
@pytest.mark.timeout(180)
def test_dead_children_come_back_and_sigterm_leaves_nothing(
    tmp_path: Path, mine: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """A killed gateway and a killed board are started again; SIGTERM ends all processes and frees the port, nothing lost.

    A board of a recipe of one's own is among them, and none of its samples is refused.
    """
    part("mosquitto")
    home, report, port, log = tmp_path / "kept", tmp_path / "report.json", free_port(), tmp_path / "demo.log"
    folder = os.path.relpath(mine, ROOT)
    demo = start(home, "--report", str(report), "--port", str(port), "--recipes", folder, log=log)
    try:
        until(lambda: "Première mesure" in log.read_text(), within_s=60, what="the first reading")
        mine_said = home / "boards" / "mine-greenhouse" / "serial.log"
        until(lambda: mine_said.exists() and "\nS " in mine_said.read_text(), within_s=30, what="a sample of one's own")
        first = pids(home)
        for name in ("gateway", "air-mairie"):
            os.kill(first[name], signal.SIGKILL)
        until(
            lambda: pids(home)["gateway"] != first["gateway"] and pids(home)["air-mairie"] != first["air-mairie"],
            what="both started again",
        )
        seen = {*first.values(), *pids(home).values()}
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(timeout=90)
    finally:
        demo.kill()
        demo.wait()

    told = json.loads(report.read_text())
    assert code == 0, log.read_text()
    assert (told["lost"], told["duplicated"], told["refused"]) == (0, 0, 0)
    assert told["readings"]["watering"]
    assert told["restarts"] == {"gateway": 1, "air-mairie": 1}
    assert len(seen) >= 18
    assert [pid for pid in seen if not gone(pid)] == []
    assert not listening(port)


@pytest.mark.journey
@pytest.mark.timeout(120)
def test_a_killed_demonstration_takes_its_children_along(
    tmp_path: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """`kill -9` of the command itself leaves no process either."""
    part("mosquitto")
    home, log = tmp_path / "kept", tmp_path / "demo.log"
    demo = start(home, "--port", str(free_port()), log=log)
    until(lambda: len(pids(home)) >= 15, within_s=60, what="all children started")
    children = pids(home)

    demo.kill()
    demo.wait()

    until(lambda: all(gone(pid) for pid in children.values()), within_s=20, what=f"all of {children} gone")
