"""docs/atelier.md holds: its commands are run in their order with virtual boards, its sums are the recipes', its sentences the tool's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from room import answers
from wholes import whole

from deploy.cli import app, command_of, run
from deploy.commands.speech import LANG
from deploy.workshop.preparing import seal
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.words import catalogue, say
from gateway.registry import Registry

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/atelier.md").read_text(encoding="utf-8")
FRENCH, ENGLISH = PAGE.split("## In English")
WINDOWS = ("girouette gateway", "girouette api", "girouette board --pty --count 4")
"""What stays open in a window of its own."""
NOT_HERE = "girouette atelier --prepare prepare"
"""What needs the internet: tests/deploy/workshop/test_preparing.py has its tests. What it would have made is laid down."""
RECIPE = "climate"
PASSWORD = "correct horse"


INSTALL, *BLOCKS = re.findall(r"```sh\n(.*?)```", FRENCH, re.DOTALL)


def commands() -> list[str]:
    """Each line of each block after the first, which installs, in order."""
    return [line for block in BLOCKS for line in block.splitlines()]


def beside() -> list[str]:
    """Commands within sentences that are in no block, and are more than a name."""
    inline = dict.fromkeys(re.findall(r"`(girouette [a-z][^`…]*)`", PAGE))
    return [line for line in inline if line not in commands() and not is_name(line)]


def is_name(line: str) -> bool:
    """Are all of its words the names of commands?"""
    command: Any = command_of(app)
    for word in words_of(line):
        command = getattr(command, "commands", {}).get(word)
    return command is not None


def words_of(line: str) -> list[str]:
    """A command as it is typed, without its program."""
    program, *words = shlex.split(line)
    assert program == "girouette"
    return words


def test_what_stands_in_sentences_alone_is_known() -> None:
    """Two commands: each is typed after those of the blocks. Another one is to be typed there, too, or told in the page."""
    assert [line.split()[:3] for line in beside()] == [
        ["girouette", "atelier", "--hotspot"],
        ["girouette", "revoke", "climate-2"],
    ]


@pytest.mark.slow
def test_the_three_lines_that_install_work_in_a_fresh_copy(tmp_path: Path) -> None:
    """As they stand, in a shell: afterwards the command is there, with what writes boards and with the page of the atelier."""
    names = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(names, cwd=ROOT, capture_output=True, check=True).stdout
    for name in {name for name in listed.decode().split("\0") if (ROOT / name).is_file()}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    environ = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    environ["PATH"] = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not p.startswith(sys.prefix))
    asked = f"set -e\n{INSTALL}command -v girouette\nesptool version\nmpremote version\ngirouette atelier --json\n"

    done = subprocess.run(["bash", "-c", asked], cwd=tmp_path, env=environ, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(INSTALL.splitlines()) == 3
    assert f"{tmp_path}/.venv/bin/girouette" in done.stdout
    assert (tmp_path / "api/web/static/atelier/atelier.js").stat().st_size > 100_000


@pytest.mark.parametrize("line", sorted({*commands(), *re.findall(r"`(girouette [a-z][^`…]*)`", PAGE)}))
def test_every_command_and_option_exists(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Those within sentences, too."""
    words = [word for word in words_of(line) if re.fullmatch(r"[a-z]+", word)][:3]
    known = [words[:count] for count in (3, 2, 1) if run([*words[:count], "--help"]) == 0]
    page = capsys.readouterr().out

    assert known, line
    assert [option for option in re.findall(r"--[a-z-]+", line) if option not in page] == []


def test_the_shopping_list_is_the_recipes() -> None:
    """Each price is that of a part of the recipe, every part is there, each sum is right, and so is that of all."""
    rows = re.findall(r"^\| ([^|*]+) \| (\d+) € \| (\d+)[^|]* \| (\d+) € \|$", FRENCH, re.MULTILINE)
    prices = {part.name_fr: part.price_eur for part in load_recipes()[RECIPE].parts}
    total = re.search(r"\| \*\*en tout\*\* \| \| \| \*\*(\d+) €\*\* \|", FRENCH)

    assert len(rows) == len(prices)
    for (name, each, count, whole_sum), (part, price) in zip(rows, prices.items(), strict=True):
        assert part.split(",")[0].split(" (")[0] in name
        assert (int(each), int(each) * int(count)) == (price, int(whole_sum))
    assert total is not None
    assert int(total[1]) == sum(int(row[3]) for row in rows)
    assert f"{total[1]} €" in ENGLISH


def test_ten_of_another_recipe_cost_ten_times_its_price() -> None:
    """As it is said beside the list."""
    told = dict(re.findall(r"`([a-z-]+)` \([^)]*\) (\d+) €", FRENCH))

    assert len(told) == 5
    assert {slug: 10 * load_recipes()[slug].price_eur for slug in told} == {s: int(euros) for s, euros in told.items()}


def test_each_of_ten_sentences_is_one_that_the_tool_says() -> None:
    """Word by word, with its places filled."""
    told = re.findall(r"^\| « (.*) » \|", FRENCH, re.MULTILINE)
    known = [
        re.compile(re.sub(r"\\\{\w+\\\}", r"[^ ;]+", re.escape(words["fr"])))
        for key, words in catalogue().items()
        if key.startswith(("flash.", "atelier.", "wifi."))
    ]

    assert len(told) == 10
    assert [sentence for sentence in told if not any(one.fullmatch(sentence) for one in known)] == []


def test_the_hour_has_no_gap() -> None:
    """From 0 to 60, each part where the one before ends."""
    parts = re.findall(r"^\| (\d+) – (\d+) \|", FRENCH, re.MULTILINE)

    assert [int(begin) for begin, _ in parts] == [0, *(int(end) for _, end in parts[:-1])]
    assert parts[-1][1] == "60"


class Evening:
    """One who rehearses: windows that stay open, and commands."""

    def __init__(self, home: Path, broker_port: int, take_port: Callable[[], int]) -> None:
        self.home, self.gateway_port, self.page_port = home, take_port(), take_port()
        (home / "tmp").mkdir()
        (home / "c6.bin").write_bytes(whole("c6"))
        (home / "password.txt").write_text(f"{PASSWORD}\n")
        self.environ = {
            **os.environ, "PYTHONPATH": str(ROOT), "LC_ALL": "fr_FR.UTF-8", "TMPDIR": str(home / "tmp"),
            "GIROUETTE_BROKER": f"mqtt://127.0.0.1:{broker_port}", "GIROUETTE_WIFI": str(home / "wifi.toml"),
            "GIROUETTE_GATEWAY_HTTP_PORT": str(self.gateway_port), "GIROUETTE_API_PORT": str(self.page_port),
            "GIROUETTE_BOARD_MICROPYTHON": str(home / "c6.bin"),
        }  # fmt: skip

    @contextmanager
    def window(self, line: str) -> Iterator[None]:
        """A command that stays open until Ctrl-C."""
        command = [sys.executable, "-m", "deploy.cli", *words_of(line)]
        with (
            (self.home / f"{words_of(line)[0]}.log").open("w") as log,
            subprocess.Popen(command, cwd=self.home, env=self.environ, stdout=log, stderr=log) as running,
        ):
            try:
                yield
            finally:
                running.send_signal(signal.SIGINT)
            assert running.wait(30) in {0, 130}

    def said(self, name: str) -> str:
        """What a window shows."""
        return (self.home / f"{name}.log").read_text(encoding="utf-8")

    def type(self, line: str) -> None:
        """Type a command, which must succeed. The hand that types a password is a file here, the clock is short."""
        words = words_of(line)
        if words[:2] == ["wifi", "add"]:
            words += ["--password-file", "password.txt"]
        if words[0] == "try":
            words[words.index("--for") + 1] = "6s"
        if words[0] == "flash" and "--count" not in words:
            words += ["--count", "4"]
        assert run(words) == 0, line


@pytest.mark.journey
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")
def test_the_page_is_followed(
    tmp_path: Path,
    mosquitto: int,
    free_port: Callable[[], int],
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """From the rehearsal over the day before and the hour to the evening, with four virtual boards: every command does what it says."""
    here = Evening(tmp_path, mosquitto, free_port)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    for name, value in here.environ.items():
        monkeypatch.setenv(name, value)
    said = {}
    with ExitStack() as windows:
        for line in commands():
            if line == NOT_HERE:
                lay_prepared(tmp_path / "prepare")
            elif line in WINDOWS:
                windows.enter_context(here.window(line))
                ready(here, line, until)
            else:
                here.type(line)
                said[line] = "".join(capfd.readouterr())
        for line in beside():
            here.type(line)
        assert "climate-2" in "".join(capfd.readouterr())
    flashed = [out for line, out in said.items() if line.startswith("girouette flash")]
    counted = say("flashing.many_counted", LANG, done=4, failed=0)
    assert [counted in out for out in flashed] == [True, True]
    assert (tmp_path / "feuille.html").stat().st_size > 5000
    assert (tmp_path / "atelier.html").stat().st_size > 50_000
    assert (tmp_path / "etiquettes.html").exists()
    assert "Atelier" in said["girouette wifi list"]
    assert (tmp_path / "salle" / "girouette.toml").exists()
    with closing(Registry(f"sqlite:{tmp_path}/girouette.sqlite")) as known:
        assert next(row for row in known.devices() if row.id == "climate-2").revoked_s is not None
    assert PASSWORD not in "".join(said.values())


def lay_prepared(folder: Path) -> None:
    """What a line that takes internet would have left: MicroPython, and the list of hashes."""
    (folder / "micropython").mkdir(parents=True)
    (folder / "micropython" / "c6.bin").write_bytes(whole("c6"))
    seal(folder)


def ready(here: Evening, line: str, until: Callable[..., None]) -> None:
    """Wait until a window shows what it opens."""
    name = words_of(line)[0]
    if name == "board":
        until(lambda: "Ctrl-C" in here.said("board"), within_s=60, what="boards that say their ports")
    else:
        url = (
            f"http://127.0.0.1:{here.gateway_port}/readyz"
            if name == "gateway"
            else f"http://127.0.0.1:{here.page_port}/livez"
        )
        until(lambda: answers(url), within_s=60, what=name)
