"""A flag is told in a plain sentence, with the tests that are its reason."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from devices.quantity import load_quantities
from devices.words import LANGUAGES, catalogue
from gateway.numerics.columns import READING
from gateway.numerics.flags import PRECEDENCE, TESTS, pack_tests, primary
from gateway.numerics.sentences import VERDICTS, sentence

TEMPERATURE = load_quantities()["temperature"]


def packed(tests: tuple[int, ...]) -> int:
    """The word of these flags of range, rate, spike and flat line."""
    word = pack_tests(**dict(zip(("gross", "rate", "spike", "flat"), tests, strict=True)))
    return word if 9 not in tests else 0x9999999999


def said(tests: int, lang: str) -> str:
    """What is said of a reading with these tests."""
    row = np.zeros(1, READING)
    row["tests"] = tests
    row["flag"] = primary(row["tests"])
    return sentence(row[0], TEMPERATURE, lang)


@pytest.mark.parametrize(
    ("tests", "french", "english"),
    [
        ((1, 1, 2, 1), "valeur normale", "normal value"),
        ((2, 2, 2, 2), "valeur non contrôlée", "unchecked value"),
        ((9, 9, 9, 9), "aucune mesure", "no measurement"),
        ((1, 1, 1, 4), "valeur rejetée : elle ne bouge plus, le capteur est sans doute bloqué",
         "rejected value: it no longer moves, the sensor is probably stuck"),
        ((1, 3, 2, 1), "valeur suspecte : elle a changé trop vite depuis la mesure précédente",
         "suspect value: it changed too fast since the reading before"),
        ((1, 3, 4, 1), "valeur rejetée : c’est un pic isolé, très loin des mesures d’avant et d’après",
         "rejected value: it is a lone spike, very far from the readings before and after"),
        ((4, 3, 2, 4), "valeur rejetée : elle est impossible pour la grandeur « Température de l’air » ; "  # noqa: ISC004
         "elle ne bouge plus, le capteur est sans doute bloqué",
         "rejected value: it is impossible for “Air temperature”; it no longer moves, the sensor is probably stuck"),
    ],
)  # fmt: skip
def test_flags_are_told_with_their_reasons(tests: tuple[int, int, int, int], french: str, english: str) -> None:
    """Only the tests that gave the flag are named."""
    assert said(packed(tests), "fr") == french
    assert said(packed(tests), "en") == english


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_the_tests_say_there_is_a_sentence(lang: str) -> None:
    """Every combination of the four tests that the numerics can make has its own words."""
    rates, others = (1, 2, 3), (1, 2, 3, 4)
    combinations = [packed(t) for t in itertools.product(others, rates, others, others)]

    sentences = {tests: said(tests, lang) for tests in combinations}

    assert all(sentences.values())
    assert not any("{" in text for text in sentences.values())


def test_a_flag_without_a_test_is_told_without_a_reason() -> None:
    """As readings from elsewhere may have one."""
    row = np.zeros(1, READING)
    row["flag"] = 3

    assert sentence(row[0], TEMPERATURE, "fr") == "valeur suspecte"


def test_every_flag_has_its_words() -> None:
    """And none of the words is left over."""
    used = {f"flags.{name}" for name in VERDICTS.values()} | {"flags.because", "flags.and"}
    reasons = {k for k in catalogue() if k.startswith("flags.")} - used

    assert set(VERDICTS) == set(PRECEDENCE)
    assert {r.split(".")[1].split("_")[0] for r in reasons} == set(TESTS)
