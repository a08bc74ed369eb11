"""The log in its two forms, from structlog and from libraries alike."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import logging, sys, structlog
from deploy.log import start_log
start_log(sys.argv[1], sys.argv[2], watched=False)
password = "do not tell"
log = structlog.get_logger()
log.debug("a.detail")
log.info("a.thing", number=3)
logging.getLogger("library").warning("from a %s", "library")
logging.getLogger("library").info("chatter")
try:
    raise ValueError("broken")
except ValueError:
    log.exception("a.fault")
"""


def said(form: str, level: str = "info") -> str:
    """What a program says on stderr; its stdout stays empty."""
    command = [sys.executable, "-c", PROGRAM, form, level]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == ""
    return ran.stderr


@pytest.mark.parametrize("form", ["json", "auto"])
def test_each_line_is_one_json_value_where_nobody_watches(form: str) -> None:
    """Event, level and a UTC time; what libraries warn of is there, what they chat of is not."""
    lines = [json.loads(line) for line in said(form).splitlines()]

    assert [line["event"] for line in lines] == ["a.thing", "from a library", "a.fault"]
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert lines[0]["number"] == 3
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert lines[2]["exception"][0]["exc_value"] == "broken"


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_fault_tells_no_values_of_variables(form: str) -> None:
    """A traceback says where, and nothing of what the variables held: they may be passwords."""
    told = said(form)

    assert "ValueError" in told
    assert "do not tell" not in told


@pytest.mark.slow
def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """The console form is read without a parser, and a level above silences what is below."""
    told = said("console")
    assert "a.thing" in told
    assert "number=3" in told
    assert not told.startswith("{")

    assert "a.thing" not in said("console", "warning")
    assert "a.detail" in said("console", "debug")
