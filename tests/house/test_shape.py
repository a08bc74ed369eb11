"""Our own conventions, held by reading the code: what a linter off the shelf does not know."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("devices", "gateway", "api", "dashboards", "deploy")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST = 40
BROAD = {"gateway/pipeline.py": "one task is restarted"}
"""The only place where everything may be caught, and what happens to it there."""
ON_THE_BOARD = ("devices/firmware", "devices/probes", "devices/sim")
"""Folders of MicroPython."""
TWINLESS = {*ON_THE_BOARD, "gateway/migrations"}
"""Folders whose files are tried together, not one by one."""
FIRMWARE_MAY_IMPORT = {
    "machine", "network", "esp32", "ntptime", "neopixel", "micropython", "asyncio", "binascii", "errno", "gc", "hashlib", "io",
    "array", "json", "math", "onewire", "os", "random", "select", "socket", "ssl", "struct", "sys", "time", "tls", "girouette",
    "uctypes", "vfs", "cryptolib",
}  # fmt: skip


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks or would track, by pattern."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    return sorted({ROOT / name for name in listed if name and (ROOT / name).is_file()})


def host_modules() -> list[Path]:
    """Python files of the five rooms that run on the host."""
    files = tracked(*(f"{room}/**.py" for room in ROOMS))
    return [f for f in files if not any(f.is_relative_to(ROOT / folder) for folder in ON_THE_BOARD)]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, nested ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, FUNCTION):
            yield node


def code_lines(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function that hold code: no docstring, blank line or comment."""
    lines = path.read_text(encoding="utf-8").splitlines()[node.lineno - 1 : node.end_lineno]
    doc = node.body[0] if ast.get_docstring(node) else None
    skipped = set(range(doc.lineno, (doc.end_lineno or doc.lineno) + 1)) if doc else set()
    return sum(
        1
        for n, line in enumerate(lines, node.lineno)
        if n not in skipped and line.strip() and not line.strip().startswith("#")
    )


def test_functions_fit_on_a_screen() -> None:
    """No function of ours has more than forty lines of code, firmware and tests included."""
    files = tracked(*(f"{room}/**.py" for room in ROOMS), "tests/**.py")

    long = [
        f"{f.relative_to(ROOT)}:{n.name} {code_lines(f, n)}"
        for f in files
        for n in functions(f)
        if code_lines(f, n) > LONGEST
    ]

    assert long == []


def test_everything_is_caught_in_one_named_place_only() -> None:
    """A broad `except` stands in the place named above, once at most, and nowhere else."""
    found: list[str] = []
    for file in tracked(*(f"{room}/**.py" for room in ROOMS)):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = (
                [getattr(n, "id", "") for n in ast.walk(node.type)]
                if isinstance(node, ast.ExceptHandler) and node.type
                else [""]
            )
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or {"Exception", "BaseException"} & set(names)
            ):
                found.append(str(file.relative_to(ROOT)))

    on_host = [f for f in found if not f.startswith(("devices/firmware", "devices/sim"))]
    on_board = [f for f in found if f.startswith("devices/firmware")]
    assert set(on_host) <= set(BROAD)
    assert len(on_host) == len(set(on_host))
    assert len(on_board) <= 1, f"the board restarts in one place, main.py: {on_board}"


@pytest.mark.parametrize("room", ["firmware", "sim"])
def test_the_board_imports_what_a_board_has(room: str) -> None:
    """Firmware imports MicroPython's modules and its own; the simulator adds the interpreter's `u` names."""
    allowed = FIRMWARE_MAY_IMPORT | (
        {
            "umachine",
            "models",
            "sim",
            "world",
            "signal",
            "utime",
            "usocket",
            "uos",
            "builtins",
            "boot",
            "main",
            "termios",
        }
        if room == "sim"
        else set()
    )
    own = {f.stem for f in tracked(f"devices/{room}/**.py")} | {
        f.name for f in (ROOT / "devices" / room).iterdir() if f.is_dir()
    }
    strange: list[str] = []
    for file in tracked(f"devices/{room}/**.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
            strange += [f"{file.relative_to(ROOT)}: {m}" for m in modules if m.split(".")[0] not in allowed | own]

    assert strange == []


def test_every_module_has_its_test_twin() -> None:
    """`gateway/admission.py` is tried by `tests/gateway/test_admission.py`, and so on for every module that does something."""
    twins = {str(f.relative_to(ROOT)) for f in tracked("tests/**.py")}
    missing = []
    for file in host_modules():
        name = file.relative_to(ROOT)
        does = any(True for _ in functions(file))
        if file.name == "__init__.py" or not does or any(name.is_relative_to(folder) for folder in TWINLESS):
            continue
        if not any(Path(t).name == f"test_{file.stem}.py" and t.startswith(f"tests/{name.parts[0]}/") for t in twins):
            missing.append(str(name))

    assert missing == []


def test_every_test_says_what_it_holds() -> None:
    """Each test function has a docstring of one sentence."""
    silent = [
        f"{f.relative_to(ROOT)}:{n.name}"
        for f in tracked("tests/**.py")
        for n in functions(f)
        if n.name.startswith("test_") and not ast.get_docstring(n)
    ]

    assert silent == []


def test_the_project_speaks_of_the_project_alone() -> None:
    """No tracked text names a path of somebody's machine or the address of a package registry."""
    private = re.compile(
        r"(?<![\w./-])/(?:work|farm|root)/[A-Za-z.]|/home/[a-z]+/|files\.pythonhosted|registry\.npmjs|pypi\.org/simple"
    )
    named = []
    for file in tracked():
        if file.suffix in {".png", ".ico"} or file == Path(__file__):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        named += [f"{file.relative_to(ROOT)}: {m.group()}" for m in private.finditer(text)]

    assert named == []


def test_documents_point_at_things_that_exist() -> None:
    """Every relative link of every page leads somewhere."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in tracked("*.md", "docs/**.md", "devices/**.md")
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]

    assert broken == []
