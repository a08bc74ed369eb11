"""A stranger's first minute: a clone, one command, and a reading on the page."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.journey
@pytest.mark.timeout(600)
def test_make_demo_works_from_a_fresh_clone(tmp_path: Path) -> None:
    """`make demo` in a new clone makes its own environment, shows a reading in under two minutes and loses nothing."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    env = {
        k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"} and not k.startswith("GIROUETTE")
    }
    report = tmp_path / "report.json"

    ran = subprocess.run(
        ["make", "demo", f"ARGS=--for 15s --report {report} --keep {tmp_path / 'kept'}"],
        cwd=clone, env=env, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    told = json.loads(report.read_text())
    assert told["lost"] == 0
    assert told["duplicated"] == 0
    assert told["first_reading_s"] < 120
