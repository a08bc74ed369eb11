"""One bar for the whole, and a line for each step that is done."""

from __future__ import annotations

import pytest

from deploy.flashing.bar import Told, doing, position, shown
from deploy.flashing.flash import STEPS
from devices.words import LANGUAGES


def test_each_step_is_told_once_when_the_next_begins() -> None:
    """One that is gone back to is told again only if it was left; one that was not done is not told."""
    lines: list[str] = []
    told = Told("fr", lines.append)

    for step, share in (("look", 1.0), ("look", 0.0), ("look", 1.0), ("make", 0.0), ("make", 1.0), ("write", 0.4)):
        told(step, share)
    told.end()

    assert lines == ["✓ Carte trouvée et reconnue", "✓ Ce qu’elle reçoit est prêt"]


def test_the_bar_goes_from_nothing_to_all_over_the_steps() -> None:
    """In their order, each as wide as it usually takes."""
    ends = [position(step, 1.0) for step in STEPS]

    assert ends == sorted(ends)
    assert (position("look", 0.0), ends[-1]) == (0.0, 100.0)
    assert all(doing(step, lang) for step in STEPS for lang in LANGUAGES)


def test_without_a_terminal_a_step_is_a_line_and_silence_is_silence(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr; for a script nothing at all."""
    for silent in (False, True):
        with shown("en", watched=False, silent=silent) as speak:
            speak("look", 1.0)
            speak("make", 1.0)

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "✓ Board found and recognised\n✓ What it is given is ready\n"


def test_in_a_terminal_the_lines_stay_and_the_bar_goes(capsys: pytest.CaptureFixture[str]) -> None:
    """A line that broke off and is written once more does not take the bar back."""
    with shown("fr", watched=True) as speak:
        for share in (0.2, 0.8, 0.1, 1.0):
            speak("write", share)

    assert "✓ Écrit et vérifié" in capsys.readouterr().err
