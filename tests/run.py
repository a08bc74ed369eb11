"""Run the checks as the Makefile names them, one after another, and say at the end what failed or was skipped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parent.parent
WORKERS = str(min(4, os.cpu_count() or 1))
WAITERS = str(min(8, 3 * (os.cpu_count() or 1)))
"""Slow tests wait more than they work: for brokers, receipts, and boards that sleep."""
FAST = "not slow and not journey and not speed"

LINT = (
    ("ruff", ["ruff", "check", "--quiet", "."]),
    ("format", ["ruff", "format", "--quiet", "--check", "."]),
    ("contracts", ["lint-imports", "--no-logo"]),
    ("types", ["mypy", "--no-error-summary"]),
    ("firmware types", ["basedpyright", "--level", "error", "-p", "devices/firmware"]),
)
SUITES = {
    "fast": (("a few of each", ["pytest", "-q", "-n", WORKERS, "-m", FAST]),),
    "all": (
        ("fast tests", ["pytest", "-q", "-n", WORKERS, "-m", FAST]),
        ("slow tests", ["pytest", "-q", "-n", WAITERS, "-m", "slow and not journey"]),
        ("ratios of speed", ["pytest", "-q", "-m", "speed and not slow"]),
        ("journeys", ["pytest", "-v", "-n", "2", "--dist", "loadfile", "-m", "journey"]),
    ),
}
BENCHES = (
    "firmware", "spool", "update", "storm", "admission", "numerics", "store", "api", "gateway",
    "flash", "atelier", "workshop", "identities", "merge", "wifi",
)  # fmt: skip


def main(suite: str, extra: list[str]) -> int:
    """Run one suite; the exit code is the number of steps that failed."""
    if suite == "bench":
        steps = tuple((f"bench {name}", ["python", f"tests/speed/bench_{name}.py", *extra]) for name in BENCHES)
    else:
        steps = LINT + tuple((name, [*command, *extra]) for name, command in SUITES[suite])
    failed = [name for name, command in steps if not passes(name, command)]
    print(f"girouette: {', '.join(failed)} failed" if failed else f"girouette: {suite}: everything passed", flush=True)
    return len(failed)


def passes(name: str, command: list[str]) -> bool:
    """Run one step and say how long it took."""
    print(f"--- {name}", flush=True)
    started = time.monotonic()
    env = {**os.environ, "GIROUETTE_FAST": str(int(name == "a few of each"))}
    code = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=env, check=False).returncode
    print(f"--- {name}: {'ok' if code == 0 else f'exit {code}'} in {time.monotonic() - started:.1f} s", flush=True)
    return code == 0


if __name__ == "__main__":
    # A run in the background has Ctrl-C ignored, and all its children with it: tests that send one would wait for ever.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
