"""What the rooms refuse with becomes a sentence and an exit code."""

from __future__ import annotations

import errno
import os

import pytest

from deploy.accounts import AccountsError
from deploy.faults import AWAY, EXPECTED, REFUSED, USAGE, CommandError, exit_code, sentence
from devices.refusal import RecipeError, SpokenError
from gateway.registry import RegistryAway, RegistryMismatch, RegistryRefusal, RegistryUnknown
from gateway.store.port import StoreAway, StoreFull, StoreMismatch


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("bad_point", value="x"), REFUSED),
        (CommandError("bad_duration", code=USAGE, value="x"), USAGE),
        (RecipeError("no_sensors", where="x"), REFUSED),
        (RegistryRefusal("retired", name="air-1"), REFUSED),
        (RegistryUnknown("no_device", name="air-1"), REFUSED),
        (RegistryAway("away", why="x"), AWAY),
        (StoreMismatch("older", found=1, version=2), REFUSED),
        (StoreAway("not_writable"), AWAY),
        (StoreFull("disk_full"), AWAY),
        (AccountsError("no_services", folder=".", file="services"), REFUSED),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "file"), AWAY),
        (OSError(errno.EACCES, os.strerror(errno.EACCES), "file"), REFUSED),
    ],
    ids=repr,
)
def test_an_expected_error_has_its_code_and_its_sentence(error: SpokenError | OSError, code: int) -> None:
    """1 where asking again changes nothing, 3 where it may help; something is said in both languages."""
    assert isinstance(error, EXPECTED)
    assert exit_code(error) == code
    assert sentence(error, "fr")
    assert sentence(error, "en")


def test_a_sentence_is_in_the_persons_language() -> None:
    """What knows two languages speaks the one that is asked for."""
    error = CommandError("no_file", file="x.sqlite")

    assert sentence(error, "fr").startswith("x.sqlite n’existe pas")
    assert sentence(error, "en") == str(error)


def test_what_the_file_says_through_the_registry_is_in_the_persons_language() -> None:
    """A sentence that passes from one room to another is not stuck in English on its way."""
    error = RegistryMismatch("of_the_file", told=StoreMismatch("newer", found=2, version=1))

    assert sentence(error, "fr").startswith("le fichier a été écrit par une version plus récente (son schéma est 2")
    assert sentence(error, "en") == str(error) == str(StoreMismatch("newer", found=2, version=1))


def test_the_system_is_quoted_with_the_file(tmp_path: object) -> None:
    """An error of the operating system names the file and what to look at."""
    assert "x.json: No space left" in sentence(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.json"), "en")
