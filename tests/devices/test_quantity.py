"""The catalogue of quantities adds up, and what does not is refused with one sentence in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from devices.quantity import AGGREGATES, CATALOGUE, THRESHOLDS, Quantity, QuantityError, load_quantities
from gateway.numerics import params

SMELL = """
[smell]
name = { fr = "Odeur", en = "Smell" }
unit = { wire = "ppm", ucum = "[ppm]", text = "ppm" }
aggregate = "mean"
digits = 1
definition = "https://example.org/smell"
admit = { low = 0, high = 100 }
quality = { fail_low = 0, fail_high = 90, suspect_high = 80 }
"""


def load(folder: Path, text: str) -> Quantity:
    """The quantity `smell` of a catalogue with this text."""
    (folder / "quantities.toml").write_text(text, encoding="utf-8")
    return load_quantities([folder])["smell"]


def test_numerics_know_the_same_names() -> None:
    """Aggregates and thresholds are called the same in the catalogue and in the numerics."""
    assert AGGREGATES == params.AGGREGATES
    assert THRESHOLDS == params.THRESHOLDS


@pytest.mark.parametrize("quantity", load_quantities().values(), ids=lambda q: q.slug)
def test_every_quantity_can_be_judged_by_the_numerics(quantity: Quantity) -> None:
    """Its thresholds make a record of the numerics, and lie within what is admitted at all."""
    row = params.params_row(quantity.aggregate, 60, quantity.quality)

    assert row["gross"]
    assert (
        quantity.low <= row["fail_low"] <= row["suspect_low"] < row["suspect_high"] <= row["fail_high"] <= quantity.high
    )
    assert quantity.digits <= quantity.digits_wire
    assert quantity.name("fr") != quantity.slug
    assert quantity.name("de") == quantity.name_en


def test_the_recipes_find_their_quantities() -> None:
    """A mean, a circular, an energetic, a maximum, a counter and a last are among them, each with its unit twice."""
    found = load_quantities()

    assert {q.aggregate for q in found.values()} >= {"mean", "circular", "energetic", "max", "counter", "last"}
    assert (found["humidity"].unit_wire, found["humidity"].unit_ucum) == ("%RH", "%")
    assert list(found) == list(tomllib.loads(CATALOGUE.read_text(encoding="utf-8")))


def test_a_quantity_of_ones_own_joins_the_catalogue(tmp_path: Path) -> None:
    """A folder's own quantity comes after the package's; without `digits_wire` as many decimals are sent as shown."""
    smell = load(tmp_path, SMELL)

    assert (smell.name_fr, smell.high, smell.digits_wire) == ("Odeur", 100, 1)
    assert list(load_quantities([tmp_path]))[-1] == "smell"
    assert "smell" not in load_quantities()


def test_a_folder_without_a_catalogue_adds_nothing(tmp_path: Path) -> None:
    """Most folders of recipes bring no quantity of their own."""
    assert load_quantities([tmp_path]) == load_quantities()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('wire = "ppm"', 'wire = "sniff"', "the unit sniff is not in IANA's SenML list"),
        ('"[ppm]"', '"parts per million"', "holds a blank"),
        ('fr = "Odeur", ', "", "name has no French text; add fr"),
        (', en = "Smell"', "", "name has no English text; add en"),
        ('"mean"', '"average"', "aggregate is average; choose among mean, circular"),
        ("digits = 1", "digits = 1.5", "digits is 1.5; choose a value from 0 to 9"),
        ("digits = 1", 'digits = "1"', "digits must be a number"),
        ("digits = 1", "", "digits is missing; add it"),
        ("https://example.org", "example.org", "definition must be an http(s) address"),
        ("low = 0, high = 100", "low = 100, high = 0", "admit.low is not below admit.high"),
        ("fail_high = 90", "fail_high = 900", "fail_high is outside the bounds of admission (0.0 to 100.0)"),
        ("suspect_high = 80", "suspect_high = 95", "suspect_high is not below fail_high"),
        ("suspect_high = 80", "spike_fail = 0", "spike_fail must be greater than 0"),
        ("suspect_high = 80", "spike_suspect = 3, spike_fail = 2", "spike_suspect is not below spike_fail; exchange them"),
        ("suspect_high = 80", "flat_suspect_s = 60, flat_fail_s = 30", "flat_suspect_s is not below flat_fail_s"),
        ("suspect_high = 80", "rate = 1", "there is no rate here; remove it, or choose among fail_low"),
        ("suspect_high = 80", "fail_low = nan", "Duplicate inline table key"),
        ("fail_high = 90", "fail_high = nan", "fail_high must be a number"),
        ("digits = 1", "digits = 1\ncolour = 3", "there is no colour here"),
        ("[smell]", "[Smell]", "Smell is not a possible name"),
        ('aggregate = "mean"', "aggregate = mean", "is not readable TOML"),
        ("[smell]", "[temperature]", "the quantity temperature exists already; choose another name"),
        ('name = { fr = "Odeur", en = "Smell" }', 'name = "Odeur"', "name must be a table"),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_refused_with_a_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The sentence names the file, what is wrong and what to do, and its French twin differs."""
    assert old in SMELL
    with pytest.raises(QuantityError) as refused:
        load(tmp_path, SMELL.replace(old, new))

    assert said in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "quantities.toml"))
    assert refused.value.said("fr") != refused.value.said("en") == str(refused.value)
    assert not re.search(r"[{}]\w*[}]", str(refused.value))
