"""The panels' questions: portable, complete, and about what the store really writes."""

from __future__ import annotations

import doctest
import re

import pytest
from asked import beyond_portable, filled

import dashboards.panels
from dashboards.panels import FLEET_PANELS, QUANTITY_PANELS, Panel, of, select
from devices.words import LANGUAGES, catalogue
from gateway.store.names import FIGURES, OBS, TAGS, fields

PANELS = (*FLEET_PANELS, *QUANTITY_PANELS)
EVERY = pytest.mark.parametrize("panel", PANELS, ids=[panel.key for panel in PANELS])


@EVERY
@pytest.mark.parametrize("tier", ["m1", "h1"])
def test_every_question_is_in_the_portable_subset(panel: Panel, tier: str) -> None:
    """Only functions, words and forms that InfluxDB 1.x, 2.x and 3.x all know."""
    asked = [filled(q.text, {"tier": tier, "quantity": "temperature"}, 0, 60) for q in panel.questions]

    assert [found for text in asked if (found := beyond_portable(text))] == []


@pytest.mark.parametrize(
    "text",
    [
        'SELECT "value" INTO "x" FROM "girouette"."raw"."obs"',
        'SELECT holt_winters("value", 3, 3) FROM "girouette"."raw"."obs"',
        'SELECT "value" FROM "obs"',
        'SELECT "value" FROM "girouette"."raw"."obs" SLIMIT 3',
        'SELECT a FROM (SELECT b FROM (SELECT c FROM "girouette"."raw"."obs"))',
        "SHOW SERIES",
        'SHOW TAG VALUES FROM "obs" WITH KEY = "place"',
        'DELETE FROM "girouette"."raw"."obs"',
    ],
)
def test_what_is_not_portable_is_seen(text: str) -> None:
    """The check itself finds what one of the versions refuses."""
    assert beyond_portable(text) != []


@EVERY
def test_a_panel_asks_about_its_own_time_and_pilot(panel: Panel) -> None:
    """No question reads more than the dashboard's time, or another pilot's places."""
    for question in panel.questions:
        assert "WHERE $timeFilter" in question.text
        assert '"pilot" =~ /^${pilot:regex}$/' in question.text or '"gateway"' in question.text


@EVERY
def test_a_panel_names_what_the_store_writes(panel: Panel) -> None:
    """Measurements are the store's, and columns of series are those of the tier that is asked."""
    for question in panel.questions:
        tier, measurement = re.findall(r'"girouette"\."([^"]+)"\."(\w+)"', question.text)[0]
        assert measurement in {OBS, *FIGURES}
        if measurement == OBS:
            there = {*fields("m1" if tier == "$tier" else tier), *TAGS}
            named = set(re.findall(r'(?<!\.)"(\w+)"(?!\.)', re.sub(r'"girouette"\S+|AS "\w+"', "", question.text)))
            assert named <= there


@EVERY
def test_a_panel_speaks_both_languages(panel: Panel) -> None:
    """Title, sentence, names of what is drawn and headings of tables exist in French and in English."""
    keys = [panel.key, f"{panel.key}_about", *(f"column_{name}" for name, _ in panel.columns)]
    keys += [q.name for q in panel.questions if q.name and "$" not in q.name]

    assert [(key, lang) for key in keys for lang in LANGUAGES if not catalogue()[f"panels.{key}"][lang]] == []


def test_no_question_averages_values() -> None:
    """A window has its quantity's own mean already: directions and decibels have no plain one."""
    assert [
        q.text for p in QUANTITY_PANELS for q in p.questions if re.search(r'mean\("(value|min|max)"\)', q.text)
    ] == []


def test_keys_are_unique() -> None:
    """No two panels of a dashboard share their words."""
    assert len({panel.key for panel in PANELS}) == len(PANELS)


def test_questions_are_put_together_in_order() -> None:
    """Conditions follow the time, groups come last."""
    assert select('last("a")', "b", "c = 1", grouped='"d"') == (
        'SELECT last("a") FROM b WHERE $timeFilter AND c = 1 GROUP BY "d"'
    )
    assert of("fleet", 'max("age_s")').startswith(
        'SELECT max("age_s") FROM "girouette"."raw"."fleet" WHERE $timeFilter'
    )
    assert doctest.testmod(dashboards.panels).failed == 0
