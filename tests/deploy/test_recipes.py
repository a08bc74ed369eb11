"""`girouette recipe check`, `draw` and `try`, as an agent types them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devices.recipe import RECIPES

ROOT = Path(__file__).parent.parent.parent


def girouette(
    *words: str, lang: str = "fr_FR.UTF-8", cwd: Path = ROOT, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody with this locale does."""
    env = os.environ | {"LC_ALL": lang} | environ
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", "recipe", *words], cwd=cwd, env=env, capture_output=True, text=True
    )


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A recipe of one's own: a copy of `noise` under another name."""
    return Path(shutil.copytree(RECIPES / "noise", tmp_path / "street"))


@pytest.mark.slow
def test_a_recipe_is_told_or_refused_in_the_agents_language(mine: Path) -> None:
    """Exit code 0 and a sentence, or 1 and a sentence that names file and cure, without a traceback."""
    fine = girouette("check", str(mine))
    text = (mine / "recipe.toml").read_text(encoding="utf-8").replace("dba_meter", "ear")
    (mine / "recipe.toml").write_text(text, encoding="utf-8")
    refused = girouette("check", str(mine.parent))

    line = next(n for n, words in enumerate(text.splitlines(), 1) if '"ear"' in words)
    assert (fine.returncode, fine.stdout.split(" ; ")[:2]) == (0, ["street : « Bruit »", "voies noise_level"])
    assert refused.returncode == 1
    assert (
        f"{mine}/recipe.toml (ligne {line}), [[sensors]] 1 : aucun driver ne s’appelle « ear » ; choisissez parmi"
        in refused.stderr
    )
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_two_recipes_are_drawn_on_one_board(tmp_path: Path) -> None:
    """`air+noise` needs no folder: the drawings come into one of that name."""
    drawn = girouette("draw", "air+noise", cwd=tmp_path)

    assert drawn.stdout.splitlines()[0] == "air+noise/wiring.svg"
    assert "Air extérieur + Bruit" in (tmp_path / "air+noise/wiring.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_recipe_is_drawn_for_each_of_its_boards(mine: Path) -> None:
    """A drawing a board is written into the folder, and the README's tables with them."""
    (mine / "README.md").write_text("<!-- wires fr -->\n<!-- end -->\n", encoding="utf-8")

    drawn = girouette("draw", str(mine))

    names = ["wiring.svg", "wiring-c3.svg", "wiring-s3.svg", "wiring-s2.svg", "wiring-esp32.svg", "README.md"]
    assert drawn.stdout.splitlines() == [str(mine / name) for name in names]
    assert "ESP32-S3-DevKitC-1</title>" in (mine / "wiring-s3.svg").read_text(encoding="utf-8")
    assert "| SEN0232 | A | bleu | 2 | 0 | 4 | 4 | 34 |" in (mine / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_recipe_is_tried_without_a_board(mine: Path) -> None:
    """Each line is a time and what was measured, in the agent's decimals."""
    tried = girouette("try", str(mine), "--for", "8s")

    assert tried.returncode == 0, tried.stderr
    assert " noise_level " in tried.stdout.splitlines()[0]
    assert tried.stdout.splitlines()[0].endswith(" dB(A)")


@pytest.mark.slow
def test_who_gives_no_time_is_told_how_to_stop(mine: Path) -> None:
    """The first line says so before the board measures; Ctrl-C after a reading ends it with 0."""
    command = [sys.executable, "-m", "deploy.cli", "recipe", "try", str(mine)]
    env = os.environ | {"LC_ALL": "C"}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as tried:
        assert tried.stdout is not None
        assert tried.stderr is not None
        try:
            told, first = tried.stderr.readline(), tried.stdout.readline()
            tried.send_signal(signal.SIGINT)
            assert tried.wait(20) == 0
        finally:
            tried.kill()

    assert "Ctrl-C" in told
    assert " noise_level " in first


@pytest.mark.slow
def test_without_an_interpreter_a_recipe_is_tried_in_cpython_and_told_so(mine: Path) -> None:
    """The first line says that it is a stand-in; the readings are there all the same."""
    tried = girouette("try", str(mine), "--for", "8s", GIROUETTE_MICROPYTHON=str(mine / "none"))

    first, second, *_ = tried.stdout.splitlines()
    assert (
        first
        == "Sans interpréteur MicroPython sur cette machine, le micrologiciel tourne ici dans CPython : un pis-aller."
    )
    assert " noise_level " in second


@pytest.mark.slow
def test_a_board_that_measures_nothing_shows_what_it_said(mine: Path) -> None:
    """With too little time nothing is measured: exit code 1, a sentence, and the board's own words."""
    tried = girouette("try", str(mine), "--for", "0s", lang="C")

    assert tried.returncode == 1
    assert "the board measured nothing; give it more time" in tried.stderr


@pytest.mark.slow
def test_one_recipe_is_tried_at_a_time() -> None:
    """A folder with several is refused with their names."""
    tried = girouette("try", str(RECIPES), lang="C")

    assert tried.returncode == 1
    assert "one recipe is tried at a time; choose among" in tried.stderr
