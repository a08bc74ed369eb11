"""Settings come from options, environment, secrets and a file, in this order, or are refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.faults import CommandError
from deploy.settings import load_settings


@pytest.fixture
def four(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that says everything, and less and less said by secrets and environment."""
    (home / "girouette.toml").write_text(
        'influx_token = "file"\nbroker_password = "file"\nstore = "sqlite:file"\nrate = 5\n'
    )
    secrets = home / "secrets"
    secrets.mkdir()
    for name in ("influx_token", "broker_password"):
        (secrets / f"girouette_{name}").write_text("secret\n")
    (secrets / "of_another_program").write_text("x")
    monkeypatch.setenv("GIROUETTE_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("GIROUETTE_INFLUX_TOKEN", "environment")
    return home


def test_the_first_that_says_something_wins(four: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Option, then environment, then secret, then file, then default."""
    settings = load_settings(store=None, rate=7.0)

    assert settings.rate == 7.0
    assert settings.influx_token.get_secret_value() == "environment"
    assert settings.broker_password.get_secret_value() == "secret"
    assert settings.store == "sqlite:file"
    assert settings.burst == 600


def test_a_named_file_counts_in_place_of_the_usual_one(four: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GIROUETTE_SETTINGS names it; one that is not there is refused."""
    (four / "other.toml").write_text("burst = 9\n")
    monkeypatch.setenv("GIROUETTE_SETTINGS", "other.toml")
    assert (load_settings().burst, load_settings().rate) == (9, 10.0)

    monkeypatch.setenv("GIROUETTE_SETTINGS", "none.toml")
    with pytest.raises(CommandError, match=r"none\.toml; correct --settings or GIROUETTE_SETTINGS"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour = 1", "there is no setting colour"),
        ("rate = 0", "the setting rate does not fit .* correct GIROUETTE_RATE or the file"),
        ("log = 'loud'", "the setting log does not fit"),
        ("rate = ", "the settings cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(home: Path, text: str, sentence: str) -> None:
    """The sentence names the setting and where to correct it."""
    (home / "girouette.toml").write_text(text)

    with pytest.raises(CommandError, match=sentence):
        load_settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("burst = 'x'", "le réglage burst ne convient pas (il faut un nombre entier) ; corrigez GIROUETTE_BURST"),
        ("burst = 1.5", "(il faut un nombre entier)"),
        ("burst = 0", "(il faut au moins 1)"),
        ("api_port = 99999", "(il faut au plus 65535)"),
        ("rate = 0", "(il faut plus de 0)"),
        ("rate = 'x'", "(il faut un nombre)"),
        ("log = 'loud'", "(il y a auto, console, json)"),
    ],
)
def test_why_a_setting_does_not_fit_is_said_in_french_too(home: Path, text: str, said: str) -> None:
    """What the library says in English does not stand within a French sentence."""
    (home / "girouette.toml").write_text(text)

    with pytest.raises(CommandError) as told:
        load_settings()
    assert said in told.value.said("fr")


def test_folders_are_written_like_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment folders stand with a colon between them; in the file they are a list."""
    monkeypatch.setenv("GIROUETTE_RECIPES", "a:b/c:")
    assert load_settings().recipes == (Path("a"), Path("b/c"))

    monkeypatch.delenv("GIROUETTE_RECIPES")
    (home / "girouette.toml").write_text('recipes = ["d"]')
    assert load_settings().recipes == (Path("d"),)


def test_secrets_are_not_shown(four: Path) -> None:
    """What a log or a traceback would print of the settings holds no secret."""
    shown = f"{load_settings()!r} {load_settings()}"

    assert "environment" not in shown
    assert "secret'" not in shown
