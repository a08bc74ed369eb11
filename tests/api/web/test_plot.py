"""A curve as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from api.web.curve import curve
from api.web.plot import Frame, levels, plot, shape_of
from gateway.numerics.columns import FAIL, GOOD, WINDOW

SVG = "{http://www.w3.org/2000/svg}"


def made(values: list[float], flag: int = GOOD) -> NDArray[np.void]:
    """Windows of an hour with these values."""
    rows = np.zeros(len(values), WINDOW)
    rows["start_s"] = np.arange(len(values)) * 3600
    rows["value"] = rows["min"] = rows["max"] = values
    rows["count"], rows["flag"] = 1, flag
    return rows


def svg(
    values: list[float], aggregate: str, *, flag: int = GOOD, generated: int | None = None, text: str = "text"
) -> ET.Element:
    """The plot of these values, parsed."""
    found = curve(made(values, flag), width_s=3600, step_s=3600, aggregate=aggregate)
    marks = levels(found, shape_of(aggregate))
    frame = Frame(
        start_s=0, end_s=36_000, marks=[(18_000, "12 h")], levels=[(v, f"{v:g}") for v in marks], title="Température <b>",
        text=text, identity="plot-1", made_until_s=generated, made_label="généré",
    )  # fmt: skip
    drawn = plot(found, frame, shape_of(aggregate))
    return ET.fromstring(drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize(
    ("aggregate", "kind"),
    [("mean", "curve"), ("energetic", "curve"), ("counter", "bar"), ("sum", "bar"), ("circular", "dots")],
)
def test_amounts_are_bars_directions_dots_and_all_else_a_line(aggregate: str, kind: str) -> None:
    """The shape goes by the aggregate."""
    classes = {e.get("class") for e in svg([1, 2, 3], aggregate).iter()}

    assert kind in classes


def test_who_does_not_see_it_is_told() -> None:
    """It is an image with a title and a description, and what people wrote is escaped."""
    drawn = svg([1, 2], "mean", text="De 1 à 2 & <i>")

    assert drawn.get("role") == "img"
    named = drawn.get("aria-labelledby", "").split()
    told = {e.get("id"): e.text for e in drawn if e.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert [told[n] for n in named] == ["Température <b>", "De 1 à 2 & <i>"]


def test_no_value_draws_an_empty_frame() -> None:
    """Nothing measured: axes and no curve."""
    assert "curve" not in {e.get("class") for e in svg([], "mean").iter()}


def test_a_lone_value_is_seen() -> None:
    """A point without neighbours is a short stroke."""
    paths = [e.get("d", "") for e in svg([5], "mean").iter() if e.get("class") == "curve"]

    assert len(paths) == 1
    assert "L" in paths[0]


def test_failed_stretches_and_generated_ground_are_marked() -> None:
    """A strip under the curve, and hatches with their word."""
    drawn = svg([1, 2, 3], "mean", flag=FAIL, generated=7200)

    assert [e.get("height") for e in drawn.iter() if e.get("class") == "fail"] == ["8"]
    assert [e.get("width") for e in drawn.iter() if e.get("class") == "made"] == ["20.00%"]
    assert any(e.text == "généré" for e in drawn.iter())


def test_marks_bound_the_values() -> None:
    """Amounts begin at 0, directions have the whole compass, equal values have room."""
    flat = curve(made([5, 5]), width_s=3600, step_s=3600, aggregate="mean")
    none = curve(made([0, 0]), width_s=3600, step_s=3600, aggregate="sum")

    assert levels(flat, "dots") == [0, 90, 180, 270, 360]
    assert levels(flat, "bars")[0] == 0
    assert levels(flat, "line")[0] < 5 < levels(flat, "line")[-1]
    assert levels(none, "bars")[-1] > 0
