"""Pieces of MicroPython for tests: a few lines, run by the real interpreter on the board's modules."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devices.image import FIRMWARE
from devices.interpreter import command
from devices.simulate import SIMULATOR

FRAME = """
import json
with open("../given.json") as file:
    given = json.load(file)
result = None
{code}
with open("../result.json", "w") as file:
    json.dump(result, file)
"""


def run(
    code: str,
    directory: Path,
    given: object = None,
    *,
    config: Mapping[str, Any] | None = None,
    around: Mapping[str, Any] | None = None,
    virtual: bool = False,
    heap: str = "512wK",
) -> Any:
    """Run a piece of code on a board's modules, and give what it left in `result`.

    `given` is there under its name. `config` and `around` are the board's configuration and world; with `virtual` time
    jumps over every wait. The current folder is the board's disk: it stays from one piece to the next.
    """
    flash = directory / "flash"
    flash.mkdir(exist_ok=True)
    (directory / "given.json").write_text(json.dumps(given, ensure_ascii=False))
    (directory / "piece.py").write_text(FRAME.format(code=code))
    (directory / "sim.json").write_text(json.dumps(around or {}))
    (flash / "config.json").write_text(json.dumps(config or {}))
    path = [str(SIMULATOR / "virtual")] if virtual else []
    with subprocess.Popen(
        command("-X", f"heapsize={heap}", str(directory / "piece.py")),
        cwd=flash,
        env=os.environ | {"MICROPYPATH": ":".join([*path, str(FIRMWARE), str(SIMULATOR), ".frozen"])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as board:
        assert board.stdout is not None
        printed = board.stdout.read()
        assert board.wait(60) == 0, printed[-3000:]
    return json.loads((directory / "result.json").read_text())
