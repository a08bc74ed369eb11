"""The browser's part of the atelier: its modules tried in Node, its types checked, its sentences in both languages."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy.tools import atelier
from deploy.tools.atelier import ROOT, SOURCES, AtelierError, Tools, find_tools
from devices.words import catalogue

HERE = Path(__file__).parent / "atelier"
MODULES = sorted((ROOT / SOURCES / "src").glob("*.js"))


@pytest.fixture(scope="module")
def tools() -> Tools:
    """Node, with the packages of the lock."""
    found = find_tools()
    try:
        atelier.install(ROOT, found)
    except AtelierError as error:
        pytest.skip(f"the packages of the atelier are not there: {error}")
    return found


@pytest.mark.slow
def test_the_modules_do_what_their_tests_say(tools: Tools) -> None:
    """Every test of tests/api/web/atelier holds, in the Node of this machine."""
    files = sorted(HERE.glob("*.test.js"))
    script = "".join(f"import {json.dumps(file.as_uri())};" for file in files)

    ran = subprocess.run(
        [*tools.node, "--input-type=module", "-e", script], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert len(files) >= 6


@pytest.mark.slow
def test_the_types_are_right(tools: Tools) -> None:
    """TypeScript finds nothing wrong in the modules and their JSDoc, in its strictest way."""
    compiler = ROOT / SOURCES / "node_modules/typescript/bin/tsc"

    ran = subprocess.run(
        [*tools.node, str(compiler), "--noEmit", "-p", str(ROOT / SOURCES)], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout


def keys_that_are_said() -> set[str]:
    """Every key whose sentence the modules say; those that are put together are spelled out."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in MODULES)
    said = set(re.findall(r"""\bsay\("(\w+)"[,)]""", text))
    faults = set(re.findall(r"""new Fault\("(\w+)\"""", text)) | FAULTS
    hints = {f"{part}_{word.replace('-', '_')}" for part, words in CONSOLE.items() for word in words}
    states = {f"state_{state}" for state in ("wait", "now", "done", "bad")}
    steps = {f"step_{step}" for step in ("find", "make", "write", "start", "wifi")}
    ticks = {f"tick_{tick}{more}" for tick in ("cable", "network") for more in ("", "_wait", "_done")}
    whys = {"why_browser", "why_insecure", "why_policy", "pick_why", "pick_rom", "pick_lost"}
    both = faults | hints | set(re.findall(r'"(ready_\w+)"', text))
    return said | states | steps | ticks | whys | {k for key in both for k in (key, f"{key}_do")}


CONSOLE = {
    "network": ("none", "wrong-password", "not-found", "other-security", "no-address", "login-page", "failed"),
    "broker": ("unknown-host", "unreachable", "silent", "closed", "not-mqtt", "refused", "tls", "lost"),
    "clock": ("none",),
}
"""The words of the console (docs/firmware.md) that stand in the way of the second tick."""
FAULTS = {
    "unplugged", "port_busy", "port_busy_linux", "not_verified", "no_server", "unknown", "unknown_chip", "no_bootloader",
    "write_stopped", "closed_by_policy", "no_port", "improv_failed", "wifi_refused",
}  # fmt: skip
"""Faults that `named` and Improv make."""


def test_everything_that_is_said_has_its_words_and_no_word_is_left_over() -> None:
    """Each key of the modules stands in devices/words/atelier.toml with `js_` before it, and each of those is said."""
    there = {key.removeprefix("atelier.js_") for key in catalogue() if key.startswith("atelier.js_")}

    assert keys_that_are_said() - there == set()
    assert there - keys_that_are_said() == set()


def test_one_sentence_says_which_browsers_will_do() -> None:
    """Firefox is told of once, so that no page says what another denies; the pages quote that sentence."""
    told = {key for key, texts in catalogue().items() for text in texts.values() if "Firefox" in text}

    assert told == {"atelier.js_ready_no_browser_do"}


def test_the_words_of_the_console_are_those_of_the_board() -> None:
    """The page has a sentence for each word that docs/firmware.md gives to network, broker and clock."""
    text = (ROOT / "docs/firmware.md").read_text(encoding="utf-8")
    rows = {part: line for line in text.splitlines() for part in CONSOLE if line.startswith(f"| `# {part}: <word>` |")}

    told = {
        part: set(re.findall(r"`([a-z-]+)`", line.partition("|")[2].partition("|")[2])) for part, line in rows.items()
    }

    assert told["broker"] - {"connected"} == set(CONSOLE["broker"])
    assert "none" in told["network"]
    assert "none" in told["clock"]
    table = set(
        re.findall(
            r"^\| `([a-z-]+)` \|", text.partition("Why none could be joined")[2].partition("**TLS")[0], re.MULTILINE
        )
    )
    assert table - {"wifi"} | {"none"} == set(CONSOLE["network"])


def test_the_packages_are_those_of_the_decision() -> None:
    """What the bundle is made of is pinned, and nothing else is asked for."""
    told = json.loads((ROOT / SOURCES / "package.json").read_text())

    assert told["dependencies"] == {"esptool-js": "0.7.0"}
    assert set(told["devDependencies"]) == {"@types/w3c-web-serial", "esbuild", "improv-wifi-serial-sdk", "typescript"}
