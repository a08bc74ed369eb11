"""SensorThings 1.1 as a view of the model."""

from __future__ import annotations

import pytest

from api.problems import Malformed
from api.sensorthings import v11
from api.sensorthings.model import Entity, Kind

STREAM = Entity(
    Kind.DATASTREAM, 7, {"name": "Rain", "resultType": {"uom": {"code": "mm", "label": "mm"}}, "phenomenonTime": lambda: 17}, {}
)  # fmt: skip


def test_every_kind_has_a_set_properties_and_navigation() -> None:
    """Eight sets, each with a way back."""
    assert set(v11.SETS.values()) == set(v11.PROPERTIES) == set(v11.NAVIGATION) == set(Kind)
    for kind, found in v11.NAVIGATION.items():
        for navigation in found.values():
            back = {n.kind for n in v11.NAVIGATION[navigation.kind].values()}
            assert kind in back


def test_properties_have_their_names_of_1_1() -> None:
    """`unitOfMeasurement` where 2.0 has `resultType`; a callable is read when it is asked for."""
    assert v11.value_of(STREAM, "unitOfMeasurement") == {"name": "mm", "symbol": "mm", "definition": "ucum:mm"}
    assert v11.value_of(STREAM, "phenomenonTime") == 17
    assert v11.value_of(STREAM, "@iot.id") == v11.value_of(STREAM, "id") == 7
    assert str(v11.value_of(STREAM, "observationType")).endswith("OM_Measurement")


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    """So that a typing error finds its cure."""
    with pytest.raises(Malformed, match="has no property 'nmae'; it has id, name"):
        v11.value_of(STREAM, "nmae")
    assert not v11.knows(Kind.DATASTREAM, "nmae")
    assert v11.knows(Kind.DATASTREAM, "Thing")
