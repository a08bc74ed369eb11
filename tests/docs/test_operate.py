"""docs/operate.md is followed: each `girouette` command of it is run in its order, on a server whose services really run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from town import ROOT, SERVICES, Town, town

from deploy.cli import run

PAGE = ROOT / "docs/operate.md"
COMPOSE = "docker compose"
IN_CONTAINER = "girouette "
ON_HOST = ".venv/bin/girouette "
NOT_HERE = (
    f"{COMPOSE} ps",
    f"{COMPOSE} logs",
    f"{COMPOSE} --project-directory town build",
    "cd town",
    "alias girouette=",
)
"""Lines that need Docker itself, or a shell that goes on."""


def steps() -> Iterator[tuple[str, str]]:
    """Section and line of every block of commands."""
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title = section.split("\n", 1)[0]
        for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL):
            yield from ((title, line) for line in block.splitlines())


def test_every_line_is_one_that_can_be_followed() -> None:
    """Each line of the page is a command of ours, of compose, or tar; what is not run here is named above."""
    kinds = (IN_CONTAINER, ON_HOST, f"{COMPOSE} ", "tar ")

    assert [line for _, line in steps() if not line.startswith(kinds)] == []
    assert len(list(steps())) > 25


@pytest.mark.parametrize("line", sorted({line for _, line in steps() if line.startswith((IN_CONTAINER, ON_HOST))}))
def test_every_command_is_one_of_ours(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its words lead to a help page, so that no option or command on the page was renamed meanwhile."""
    words = [word for word in shlex.split(line)[1:] if re.fullmatch(r"[a-z]+", word)][:2]
    known = [words[:count] for count in (2, 1) if run([*words[:count], "--help"]) == 0]
    page = capsys.readouterr().out

    assert known, line
    assert [option for option in re.findall(r"--[a-z-]+", line) if option not in page] == []


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_the_page_is_followed(
    tmp_path: Path,
    influx: Any,
    part: Callable[[str], str],
    free_port: Callable[[], int],
    until: Callable[..., None],
) -> None:
    """From the first device over backup, restore, new passwords and a lost board to an upgrade: every step does what it says."""
    with town(tmp_path, influx, part("mosquitto"), take_port=free_port, until=until) as here:
        here.up()
        for section, line in steps():
            follow(here, section, line)
        assert here.log("gateway").count("older than the receipts") == 1
        assert [service for service in SERVICES if "Traceback" in here.log(service)] == []
        assert (tmp_path / "town.tar.gz").stat().st_size > 1000
        here.stop()


def follow(here: Town, section: str, line: str) -> None:
    """Do what the line says, and hold it to what the page promises."""
    if line.startswith(NOT_HERE):
        return
    if line.startswith(IN_CONTAINER):
        in_container(here, line)
    elif line.startswith(ON_HOST):
        on_host(here, shlex.split(line)[1:])
    elif line.startswith("tar "):
        subprocess.run(shlex.split(line), cwd=here.folder, check=True)
    elif line.startswith(f"{COMPOSE} stop"):
        here.stop(*line.split()[3:])
    elif line.startswith(f"{COMPOSE} run --rm"):
        in_own_container(here, shlex.split(line))
    elif section == "Restore" and "older than the receipts" not in here.log("gateway"):
        refuses(here)
    else:
        assert "up -d" in line
        here.up() if "--force-recreate" not in line else made_anew(here)


def in_container(here: Town, line: str) -> None:
    """A command beside the running gateway; a device that is added is switched on with what was printed, and is heard."""
    words = shlex.split(line)[1:]
    new = words[:2] in (["device", "add"], ["device", "replace"])
    ran = here.ask("gateway", *words, *(["--json"] if new else []))
    assert ran.returncode == 0, f"{line}: {ran.stdout}{ran.stderr}"
    if new:
        told = json.loads(ran.stdout)
        added = told.get("device", told)
        board = here.switch_on(added)
        here.until(lambda: "\nR " in board.log.read_text(), within_s=60, what=f"{added['id']} heard a receipt")
    if words[:2] == ["device", "stage"] and words[-1] == "public":
        here.until(lambda: "temperature" in here.measured(), within_s=60, what="the public sees it")


def in_own_container(here: Town, words: list[str]) -> None:
    """A command while the gateway stands: a restore, or the gateway itself once more."""
    args = words[words.index("gateway") + 1 :]
    if args[0] != "gateway":
        ran = here.ask("gateway", *args)
        assert ran.returncode == 0, ran.stderr
        return
    here.start("gateway", *args[1:])
    here.until(lambda: here.healthy("gateway"), within_s=60, what="the gateway that adopts")
    here.stop("gateway")


def refuses(here: Town) -> None:
    """After the restore the gateway says how many samples boards have forgotten, and ends."""
    here.start("gateway")
    assert here.children["gateway"].wait(60) == 1
    here.children.pop("gateway")


def made_anew(here: Town) -> None:
    """The services with new passwords: the old ones open nothing any more."""
    here.until(lambda: "Not authorized" in here.log("gateway"), within_s=30, what="the gateway shut out")
    here.stop("api", "gateway", "mosquitto")
    here.up()


def on_host(here: Town, words: list[str]) -> None:
    """A command of the checkout, in the folder above."""
    command = [sys.executable, "-m", "deploy.cli", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=here.folder.parent, env=env, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
