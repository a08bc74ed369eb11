"""The map without anybody's tiles."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from api.web.geomap import HEIGHT, SHAPES, WIDTH, Marker, geomap

XLINK = '<svg xmlns="http://www.w3.org/2000/svg" '


def marker(lat: float, lon: float, state: str = "good", label: str = "Quai") -> Marker:
    """A place."""
    return Marker(lat, lon, state, label, f"{label} & 21 °C", "/fr/lieu/1?a=1&b=2")


def drawn(markers: list[Marker]) -> ET.Element:
    """The map, parsed."""
    return ET.fromstring(geomap(markers, title="Carte", identity="m").replace("<svg ", XLINK, 1))


def positions(root: ET.Element) -> list[tuple[float, float]]:
    """Where the markers stand."""
    found = [e.get("transform", "") for e in root.iter() if e.get("transform")]
    return [tuple(map(float, re.findall(r"-?[\d.]+", t))) for t in found]


@given(
    st.lists(
        st.tuples(st.floats(-80, 80), st.floats(-179, 179), st.sampled_from(sorted(SHAPES)), st.text(max_size=12)),
        min_size=1,
        max_size=12,
    )
)
def test_every_place_is_a_link_on_the_map(places: list[tuple[float, float, str, str]]) -> None:
    """Wherever they lie, all markers stand inside, each a link with words; the drawing is well-formed."""
    shown = [p for p in places if all(ord(c) >= 32 for c in p[3])]
    markers = [marker(lat, lon, state, re.sub(r"[^ -~À-ÿ]", "", label)) for lat, lon, state, label in shown]
    if not markers:
        return

    root = drawn(markers)

    assert len([e for e in root.iter() if e.get("href")]) == len(markers)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in positions(root))


def test_north_is_up_and_east_is_right() -> None:
    """The higher latitude stands higher, the higher longitude farther right."""
    (north, south) = positions(drawn([marker(48.1, -1.7), marker(48.2, -1.6)]))

    assert north[1] < south[1]
    assert north[0] > south[0]


def test_one_place_alone_has_a_map() -> None:
    """A lone place stands in the middle of some hundred metres, with a scale."""
    root = drawn([marker(48.1, -1.7)])

    assert positions(root) == [(WIDTH / 2, HEIGHT / 2)]
    assert any(re.fullmatch(r"\d+ k?m", e.text or "") for e in root.iter())


def test_a_state_is_a_shape_too() -> None:
    """No two states look the same without colour."""
    assert len(set(SHAPES.values())) == len(SHAPES)
    assert 'class="marker fail"' in geomap([marker(48, -1, "fail")], title="t", identity="m")


def test_labels_do_not_cover_each_other() -> None:
    """Of many places at one point, only a few have their label; all have their words."""
    markers = [marker(48.1 + i * 1e-6, -1.7, label=f"Place {i}") for i in range(30)]

    text = geomap(markers, title="t", identity="m")

    assert text.count('class="halo label"') < 10
    assert text.count("aria-label=") == 30
