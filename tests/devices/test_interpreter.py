"""The real MicroPython interpreter as a process: it runs, resets, and dies with its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from devices.interpreter import OVERRIDE, REBOOT, command, have_micropython

real = pytest.mark.skipif(find_spec("micropython_run") is None, reason="no MicroPython wheel for this platform")
RESETS_ONCE = """
import os, sys
print("boot", os.getenv("GIROUETTE_SIM_RESET"))
sys.stdout.write("")
if os.getenv("GIROUETTE_SIM_RESET") is None:
    sys.exit(131)
sys.exit(7)
"""


def run(script: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the interpreter until it ends; its stdin is a pipe that stays open."""
    child = subprocess.Popen(
        command(str(script)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | environ, text=True
    )
    assert child.stdout is not None
    said = child.stdout.read()
    child.wait(30)
    assert child.stdin is not None
    child.stdin.close()
    child.stdout.close()
    return subprocess.CompletedProcess(child.args, child.returncode, said)


@real
def test_it_is_micropython_that_runs(tmp_path: Path) -> None:
    """`sys.implementation` says so, and the exit code comes through."""
    script = tmp_path / "who.py"
    script.write_text("import sys\nprint(sys.implementation.name)\nsys.exit(3)\n")

    ran = run(script)

    assert (ran.stdout, ran.returncode) == ("micropython\n", 3)


@real
def test_a_reset_starts_it_again_with_nothing_in_memory(tmp_path: Path) -> None:
    """Exit code 131 is a reset: the same process runs the same script anew and knows why; another code ends it."""
    script = tmp_path / "resets.py"
    script.write_text(RESETS_ONCE)

    ran = run(script)

    assert REBOOT == 131
    assert (ran.stdout, ran.returncode) == ("boot None\nboot hard\n", 7)


@pytest.mark.parametrize(("mode", "found"), [(0o755, True), (0o644, False)])
def test_another_interpreter_can_be_named(tmp_path: Path, mode: int, *, found: bool) -> None:
    """GIROUETTE_MICROPYTHON names a binary; one that cannot be run is none."""
    binary = tmp_path / "micropython"
    binary.write_text("#!/bin/sh\n")
    binary.chmod(mode)

    assert have_micropython({OVERRIDE: str(binary)}) == found
    assert have_micropython({OVERRIDE: str(tmp_path / "none")}) is False
    assert have_micropython({}) == (find_spec("micropython_run") is not None)


def test_a_named_binary_is_run_with_the_same_arguments(tmp_path: Path) -> None:
    """What stands in for it here is a shell script that shows its arguments; its exit code comes through, a reset too."""
    binary = tmp_path / "micropython"
    binary.write_text('#!/bin/sh\necho "$GIROUETTE_SIM_RESET $1"\n[ -n "$GIROUETTE_SIM_RESET" ] && exit 5\nexit 131\n')
    binary.chmod(0o755)
    environ = os.environ | {OVERRIDE: str(binary)}
    launch = f"from devices.interpreter import command; print(chr(10).join(command('main.py')))"  # noqa: F541
    args = subprocess.run([sys.executable, "-c", launch], env=environ, capture_output=True, text=True, check=True)

    child = subprocess.Popen(
        args.stdout.rstrip("\n").split("\n"), env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.read() == " main.py\nhard main.py\n"
    assert child.wait(30) == 5
    child.stdout.close()
    child.stdin.close()  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["wheel", "binary"])
def test_it_dies_with_its_parent(tmp_path: Path, until: Callable[..., None], kind: str) -> None:
    """A parent that is killed with no chance to say so leaves no interpreter behind, whichever of the two it is."""
    if kind == "wheel" and find_spec("micropython_run") is None:
        pytest.skip("no MicroPython wheel for this platform")
    script, environ = tmp_path / "sleep.py", dict(os.environ)
    script.write_text("import time\nprint('up')\ntime.sleep(600)\n")
    if kind == "binary":
        binary = tmp_path / "micropython"
        binary.write_text("#!/bin/sh\necho up\nexec sleep 600\n")
        binary.chmod(0o755)
        environ[OVERRIDE] = str(binary)
    parent = (
        "import subprocess, sys, time; from devices.interpreter import command\n"
        "child = subprocess.Popen(command(sys.argv[1]), stdin=subprocess.PIPE)\n"
        "time.sleep(600)\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", parent, str(script)], env=environ, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == b"up\n"
    family = psutil.Process(killed.pid).children(recursive=True)
    assert len(family) == (1 if kind == "wheel" else 2)

    killed.kill()
    killed.wait()

    until(lambda: not any(alive(p) for p in family), what="every interpreter gone")
    killed.stdout.close()


def alive(process: psutil.Process) -> bool:
    """Is this process still running? One that only waits to be buried is not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@real
def test_a_parent_that_died_at_once_is_heard_of_too(tmp_path: Path) -> None:
    """Its end of the pipe is closed before this process can ask to be told: it ends all the same."""
    script = tmp_path / "endless.py"
    script.write_text("print('running')\nwhile True: pass\n")
    ours, theirs = os.pipe()
    os.close(theirs)

    ran = subprocess.run(command(str(script)), stdin=ours, capture_output=True, timeout=20, check=False)
    os.close(ours)

    assert (ran.returncode, ran.stdout) == (1, b"")
