"""The firmware as bytecode: what the real interpreter imports, what stays text, and what happens without a compiler."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from on_board import run

from devices import image
from devices.flash import bytecode
from devices.flash.bytecode import READABLE, compiled, compiler, compiles, shipped

VERSION = b"M\x06"
"""How a file of bytecode begins whose version is 6, for no kind of processor (docs.micropython.org, mpy-files)."""
TRY = """
import sys
sys.path.insert(0, "slot")
import tried
result = [tried.double(21), tried.__file__]
"""


def test_the_interpreter_imports_what_is_made(tmp_path: Path) -> None:
    """A module works as bytecode as it does as text, and knows its own path."""
    (tmp_path / "flash/slot").mkdir(parents=True)
    (tmp_path / "flash/slot/tried.mpy").write_bytes(compiled("/tried.py", b"def double(x):\n    return 2 * x\n"))

    assert run(TRY, tmp_path) == [42, "slot/tried.mpy"]


def test_every_file_is_bytecode_of_the_version_that_boards_read() -> None:
    """Bytecode of version 6 without native code, the same for every processor, with small numbers of 31 bits at most."""
    made = {path: content for path, content in image.firmware().items() if path.endswith(".mpy")}

    assert len(made) > 30
    for path, content in made.items():
        assert content[:2] == VERSION, path
        assert content[2] == 0, f"{path} is for one kind of processor only"
        assert content[3] <= 31, path


def test_what_the_interpreter_looks_for_stays_text() -> None:
    """So does what holds machine code; everything else is bytecode, under the same names."""
    native = b"import micropython\n\n\n@micropython.viper\ndef f(x: int) -> int:\n    return x\n"
    files = {"/main.py": b"import a\n", "/girouette/a.py": b"A = 1\n", "/girouette/b.py": native, "/x.txt": b"x"}

    made = shipped(files)

    assert list(made) == ["/main.py", "/girouette/a.mpy", "/girouette/b.py", "/x.txt"]
    assert {path: made[path] for path in ("/main.py", "/girouette/b.py", "/x.txt")} == {
        path: files[path] for path in ("/main.py", "/girouette/b.py", "/x.txt")
    }
    assert not any(compiles(path, b"") for path in READABLE)


def test_the_same_source_makes_the_same_bytes() -> None:
    """So a version names exactly these bytes, on whichever machine they were made."""
    bytecode.compiled.cache_clear()
    once = compiled("/girouette/a.py", b"A = 1\n")
    bytecode.compiled.cache_clear()

    assert compiled("/girouette/a.py", b"A = 1\n") == once


def test_what_is_no_micropython_is_refused_here() -> None:
    """And not by a board on a lamp post."""
    with pytest.raises(subprocess.CalledProcessError):
        compiled("/girouette/a.py", b"def f(:\n")


def test_without_a_compiler_the_files_are_as_we_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The image is larger and starts later, and is otherwise the same."""
    monkeypatch.setattr(bytecode, "compiler", lambda: None)

    assert shipped(image.sources()) == image.sources()


def test_the_compiler_is_there() -> None:
    """It comes with what Girouette needs to run."""
    found = compiler()

    assert found is not None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    assert "mpy v6.3" in said
