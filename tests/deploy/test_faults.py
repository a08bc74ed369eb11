"""What the rooms refuse with becomes a sentence and an exit code."""

from __future__ import annotations

import errno
import os

import pytest

from deploy.accounts import AccountsError
from deploy.faults import AWAY, REFUSED, USAGE, CommandError, exit_code, expected, sentence
from devices.refusal import RecipeError
from gateway.registry import RegistryAway, RegistryRefusal, RegistryUnknown
from gateway.store.port import StoreAway, StoreFull, StoreMismatch


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandError("bad_point", value="x"), REFUSED),
        (CommandError("bad_duration", code=USAGE, value="x"), USAGE),
        (RecipeError("no_sensors", where="x"), REFUSED),
        (RegistryRefusal("no"), REFUSED),
        (RegistryUnknown("no"), REFUSED),
        (RegistryAway("no"), AWAY),
        (StoreMismatch("no"), REFUSED),
        (StoreAway("no"), AWAY),
        (StoreFull("no"), AWAY),
        (AccountsError("no_services", folder=".", file="services"), REFUSED),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "file"), AWAY),
        (OSError(errno.EACCES, os.strerror(errno.EACCES), "file"), REFUSED),
    ],
    ids=repr,
)
def test_an_expected_error_has_its_code_and_its_sentence(error: Exception, code: int) -> None:
    """1 where asking again changes nothing, 3 where it may help; something is said in both languages."""
    assert isinstance(error, expected())
    assert exit_code(error) == code
    assert sentence(error, "fr")
    assert sentence(error, "en")


def test_a_sentence_is_in_the_persons_language() -> None:
    """What knows two languages speaks the one that is asked for."""
    error = CommandError("no_file", file="x.sqlite")

    assert sentence(error, "fr").startswith("x.sqlite n’existe pas")
    assert sentence(error, "en") == str(error)


def test_the_system_is_quoted_with_the_file(tmp_path: object) -> None:
    """An error of the operating system names the file and what to look at."""
    assert "x.json: No space left" in sentence(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "x.json"), "en")
