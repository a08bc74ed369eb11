"""Who is meant by names and groups."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from guarded import row

from deploy.commands.flash import meant
from deploy.faults import CommandError
from deploy.flashing.enrolling import Enrolling
from deploy.flashing.wish import Who, Wish
from deploy.groups import chosen, members, names_of, recipe_waiting, waiting
from deploy.workshop.reach import Reach
from devices.recipe import load_recipes
from gateway.registry import Registry
from gateway.registry.enrol import Newcomer, register

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


def test_who_waits_for_a_board_has_no_secrets_yet() -> None:
    """In service, of one of the groups, of the recipe where one is asked for."""
    empty = [replace(one, password_hash="") for one in ALL]
    noise = replace(empty[1], recipe="noise")

    assert waiting(ALL, ["ecole"]) == []
    assert waiting(empty, ["ecole"]) == empty[:2]
    assert waiting([empty[0], noise], ["nord", "ecole"], "noise") == [noise]
    assert recipe_waiting(empty, "ecole") == "air"
    with pytest.raises(CommandError, match="no device of the group sud waits"):
        recipe_waiting(empty, "sud")
    with pytest.raises(CommandError, match="say this board’s: girouette flash air --group ecole"):
        recipe_waiting([empty[0], noise], "ecole")


def test_a_board_takes_the_place_of_who_waits_in_its_group(tmp_path: Path) -> None:
    """One after another, in the order of the table, under secrets of its own; then new ones are made, in the group."""
    here, known = Wish(place="48.11,-1.68", groups=("ecole",)), load_recipes()
    with closing(Registry(f"sqlite:{tmp_path / 'girouette.sqlite'}")) as registry:
        pilot = registry.add_pilot("rennes", "Rennes").id
        for name, groups in (("one", ["ecole"]), ("elsewhere", []), ("two", ["ecole"])):
            register(registry, Newcomer([known["air"]], pilot, None, 60, 0, id=name, groups=groups))
        enrolling = Enrolling(registry, known, Reach("10.0.0.2", 1883), [])
        assert meant("@ecole", known, registry) == (("air",), None, ("ecole",))

        made = [enrolling.enrol(f"mac-{n}", Who(("air",), None, keeps=False), here) for n in (1, 1, 2, 3)]

        assert [one.id for one in made] == ["one", "one", "two", "air-1"], "a second try of a board is the same device"
        assert len({one.password for one in made}) == 4
        assert "ecole" in registry.identities.device("air-1").groups
        assert registry.identities.device("elsewhere").password_hash == ""


@pytest.mark.parametrize(
    ("word", "sentence"),
    [("air-9", "no device in service is called air-9"), ("@sud", "in the group sud"), ("@lost", "in the group lost")],
)
def test_who_is_not_there_is_refused_with_what_to_do(word: str, sentence: str) -> None:
    """A name that nobody bears, a group without anybody, and one whose only device is revoked."""
    with pytest.raises(CommandError, match=sentence):
        chosen(ALL, ["air-1", word])
