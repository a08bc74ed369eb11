"""A folder made before a workshop, with internet, from which everything works without: MicroPython, wheels, papers, each with its hash."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from deploy.faults import AWAY, CommandError
from deploy.workshop.markers import Needed, here, read

ROOT = Path(__file__).parent.parent.parent
LOCK = "requirements-flash.lock"
"""Where a checkout has the versions with their hashes."""
PROJECT, EXTRAS = "girouette", ("", "flash")
MICROPYTHON, WHEELS, PAPERS = "micropython", "wheels", "papers"
MANIFEST = "SHA256SUMS"
"""As `sha256sum --check` reads it."""
PI = {"sys_platform": "linux", "platform_machine": "aarch64"}
"""A Raspberry Pi with the 64-bit system."""
PI_TAGS = ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)[^\n]*?((?:\\\n\s+--hash=\S+\s*)+)", re.MULTILINE)
Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not in a folder as it was when it was made."""

    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Is there any?"""
        return bool(self.missing or self.changed)


def micropython(folder: Path, boards: Sequence[str], progress: Progress = lambda _: None) -> list[Path]:
    """MicroPython for these kinds of board, fetched once and verified. Raises InterpreterError."""
    from devices.flash.micropython import builds, find_micropython

    place = folder / MICROPYTHON
    for board in boards:
        progress(builds()[board].file)
        find_micropython(board, kept=place)
    return [place / builds()[board].file for board in boards]


def wheels(folder: Path, *, pi: bool = False, progress: Progress = lambda _: None) -> list[Path]:
    """Wheels of this project and of all that it needs, for this machine and where asked for a Raspberry Pi. Raises CommandError."""
    place = folder / WHEELS
    place.mkdir(parents=True, exist_ok=True)
    progress(PROJECT)
    own_wheel(place)
    wanted = place.parent / "requirements.txt"
    wanted.write_text(requirement_lines(pins(), locked()), encoding="utf-8")
    progress(f"{PROJECT}: {sys.platform}")
    pip(
        "wheel",
        "--quiet",
        "--no-deps",
        "--find-links",
        str(place),
        "--wheel-dir",
        str(place),
        "--requirement",
        str(wanted),
    )
    if pi:
        there = {file.name.partition("-")[0].replace("_", "-").lower() for file in place.glob("*-none-any.whl")}
        missing = {name: pin for name, pin in pins(PI).items() if name not in there}
        wanted.write_text(requirement_lines(missing, locked()), encoding="utf-8")
        progress(f"{PROJECT}: aarch64")
        tags = [word for tag in PI_TAGS for word in ("--platform", tag)]
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        pip(
            "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(place), "--python-version", python,
            *tags, "--requirement", str(wanted),
        )  # fmt: skip
    wanted.unlink()
    return sorted(place.glob("*.whl"))


def own_wheel(place: Path) -> None:
    """The wheel of this project: built from its checkout, or fetched where it was installed from one. Raises CommandError."""
    if (ROOT / "pyproject.toml").exists() and find_spec("hatchling"):
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place.resolve()), at=ROOT)
    else:
        pip("download", "--quiet", "--no-deps", "--dest", str(place), f"{PROJECT}=={metadata.version(PROJECT)}")


def pins(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """What this project needs there, by name, in the versions that are installed here."""
    at = {**here(), **(environment or {})}
    found: dict[str, str] = {}
    waiting = [(PROJECT, extra) for extra in EXTRAS]
    done = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in done:
            continue
        done.add((name, extra))
        for needed in needs(name, extra, at):
            plain = canonical(needed.name)
            if (version := installed(plain)) is not None:
                found[plain] = version
            waiting += [(plain, ""), *((plain, each) for each in needed.extras)]
    return dict(sorted(found.items()))


def needs(name: str, extra: str, environment: Mapping[str, str]) -> Iterator[Needed]:
    """What a distribution needs there, with this extra; nothing of one that is not installed here."""
    try:
        told = metadata.requires(name) or ()
    except metadata.PackageNotFoundError:
        return
    for line in told:
        if (needed := read(line)).holds({**environment, "extra": extra}):
            yield needed


def installed(name: str) -> str | None:
    """The version that is installed here."""
    try:
        return metadata.version(name).removeprefix("v")
    except metadata.PackageNotFoundError:
        return None


def canonical(name: str) -> str:
    """A distribution's name as it is compared.

    >>> canonical("Jinja2"), canonical("esp_idf.nvs")
    ('jinja2', 'esp-idf-nvs')
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[tuple[str, str], str]:
    """Hashes by name and version of a checkout's lock; none where this was installed."""
    if not (ROOT / LOCK).exists():
        return {}
    rows = LOCKED.findall((ROOT / LOCK).read_text(encoding="utf-8"))
    return {(canonical(name), version): " ".join(re.findall(r"--hash=\S+", hashes)) for name, version, hashes in rows}


def requirement_lines(wanted: Mapping[str, str], known: Mapping[tuple[str, str], str]) -> str:
    r"""These for pip, with their hashes where all of them are known: it takes all or none.

    >>> requirement_lines({"a": "1", "b": "2"}, {("a", "1"): "--hash=sha256:0"})
    'a==1\nb==2\n'
    """
    whole = all(pin in known for pin in wanted.items())
    return "".join(
        f"{name}=={version}{' ' + known[name, version] if whole else ''}\n" for name, version in wanted.items()
    )


def pip(*words: str) -> None:
    """Run pip: this Python's own, or uv's. Raises CommandError with what it said last."""
    if find_spec("pip"):
        run(sys.executable, "-m", "pip", *words)
        return
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    if not Path(uv).exists():
        raise CommandError("no_pip", python=sys.executable)
    run(uv, "tool", "run", "--quiet", "--python", sys.executable, "pip", *words)


def run(*command: str, at: Path | None = None) -> None:
    """Run a program. Raises CommandError with the last line that it said."""
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise CommandError("prepare_failed", code=AWAY, what=Path(command[0]).name, why=said[-1] if said else "?")


def papers(folder: Path, *, origin: str) -> list[Path]:
    """The sheet for the IT department in both languages, to be printed, and the documents of a checkout."""
    from devices.words import LANGUAGES

    place = folder / PAPERS
    place.mkdir(parents=True, exist_ok=True)
    made = []
    for lang in LANGUAGES:
        file = place / f"poste-{lang}.html"
        file.write_text(sheet(lang, origin), encoding="utf-8")
        made.append(file)
    documents = sorted((ROOT / "docs").glob("*.md"))
    return [*made, *(Path(shutil.copy(source, place)) for source in documents)]


def sheet(lang: str, origin: str) -> str:
    """The page "is my computer ready?" with what to allow, in one file that asks nobody for anything."""
    from markupsafe import Markup

    from api.atelier.pages import allowed, embed, read_asset, render, told_to_script
    from deploy.workshop.onefile import data_address, inside, policy

    style = b"\n".join(read_asset(name) or b"" for name in ("style.css", "atelier.css"))
    return render(
        "ready", lang, mode="file", base="", inside=False, built=True, mark="", others={}, note="",
        policy=policy(b"", style), icon=data_address("image/svg+xml", read_asset("icon.svg") or b""),
        style=inside(style, "style"), bundle=Markup(""), embedded=embed(told_to_script([], lang, mode="file", base="")),
        origin=origin, allowed=allowed(origin),
    )  # fmt: skip


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def seal(folder: Path) -> int:
    """Write down the hash of every file in the folder; how many there are."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != MANIFEST)
    lines = (f"{digest(file)}  {file.relative_to(folder).as_posix()}\n" for file in files)
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")
    return len(files)


def check(folder: Path) -> Difference:
    """What is not as it was when the folder was made. Raises CommandError for a folder that is none of ours."""
    try:
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    except OSError:
        raise CommandError("not_prepared", folder=folder) from None
    wanted = {name: hashed for hashed, name in (line.split("  ", 1) for line in lines)}
    missing = tuple(name for name in wanted if not (folder / name).is_file())
    changed = tuple(name for name in wanted if name not in missing and digest(folder / name) != wanted[name])
    return Difference(missing, changed)
