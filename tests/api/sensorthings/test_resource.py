"""Resource paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed, NotThere
from api.sensorthings.resource import MAX_STEPS, Resource, Step, read_resource


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("", Resource(())),
        ("Things", Resource((Step("Things"),))),
        ("Things/", Resource((Step("Things"),))),
        ("Things(1)", Resource((Step("Things", 1),))),
        ("Things(-1)", Resource((Step("Things", -1),))),
        ("Things(1)/Datastreams(2)/name", Resource((Step("Things", 1), Step("Datastreams", 2), Step("name")))),
        ("Things(1)/name/$value", Resource((Step("Things", 1), Step("name")), "$value")),
        ("Things/$ref", Resource((Step("Things"),), "$ref")),
        ("Things/$count", Resource((Step("Things"),), "$count")),
    ],
)
def test_steps_are_read(path: str, resource: Resource) -> None:
    """Names, ids in brackets, and the three endings."""
    assert read_resource(path) == resource


@pytest.mark.parametrize(
    "path",
    ["Things('1')", "Things(abc)", "Things(1)(2)", "Things()", "(1)", "Things(1.5)", "/".join("a" * (MAX_STEPS + 1))],
)
def test_ids_are_whole_numbers(path: str) -> None:
    """Anything else in the brackets is malformed."""
    with pytest.raises(Malformed):
        read_resource(path)


@pytest.mark.parametrize("path", ["Things/$metadata", "$value", "$batch"])
def test_other_endings_lead_nowhere(path: str) -> None:
    """404, not a guess."""
    with pytest.raises(NotThere):
        read_resource(path)


@given(st.text(max_size=60))
def test_any_path_is_read_or_refused(path: str) -> None:
    """Nothing but a problem of ours is raised."""
    try:
        read_resource(path)
    except (Malformed, NotThere):
        return
