"""Who is meant by names and groups."""

from __future__ import annotations

from dataclasses import replace

import pytest
from guarded import row

from deploy.faults import CommandError
from deploy.groups import chosen, members, names_of

ONE, TWO = replace(row("air-1"), groups=("ecole", "nord")), replace(row("air-2"), groups=("ecole",))
GONE = replace(row("air-3", stage="retired"), groups=("ecole",))
LOST = replace(row("air-4"), groups=("ecole", "lost"), revoked_s=1)
ALL = (ONE, TWO, GONE, LOST)


def test_a_device_answers_to_its_name_its_recipes_and_its_groups() -> None:
    """Two recipes on one board are three words."""
    both = replace(ONE, recipe="air+noise")

    assert names_of(both) == {"air-1", "air+noise", "air", "noise", "@ecole", "@nord"}


def test_devices_come_in_the_order_in_which_they_are_named_each_once() -> None:
    """Groups and names may overlap; of a group those in service count, of a name whoever bears it."""
    assert chosen(ALL, ["air-2", "@ecole", "air-3"]) == [TWO, ONE, GONE]
    assert members(ALL, "nord") == [ONE]
    assert chosen(ALL, []) == []


@pytest.mark.parametrize(
    ("word", "sentence"),
    [("air-9", "no device in service is called air-9"), ("@sud", "in the group sud"), ("@lost", "in the group lost")],
)
def test_who_is_not_there_is_refused_with_what_to_do(word: str, sentence: str) -> None:
    """A name that nobody bears, a group without anybody, and one whose only device is revoked."""
    with pytest.raises(CommandError, match=sentence):
        chosen(ALL, ["air-1", word])
