"""Settings: the environment (`GIROUETTE_*`), a folder of secrets and a TOML file; what a command's options say wins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from deploy.faults import CommandError

PREFIX = "GIROUETTE_"
FILE = Path("girouette.toml")
"""The file of settings in the working folder, read where it is there; GIROUETTE_SETTINGS names another one."""


class Settings(BaseSettings):
    """Everything that can be set; `docs/settings.md` has a heading for each."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    store: str = "sqlite:girouette.sqlite"
    """Where the series are kept: `sqlite:PATH` or `influx:http://HOST:PORT`."""
    registry: str | None = None
    """Where pilots, places and devices are registered; the store's file where it is one."""
    journal: Path | None = None
    """The SQLite file of the journal; the registry's where the store is remote."""
    influx_token: SecretStr = SecretStr("")
    influx_org: str = "girouette"
    influx_timeout_s: float = Field(default=10.0, gt=0)
    broker: str = "mqtt://127.0.0.1:1883"
    """One URL, or several with a blank between them: each is a connection with its share of the shards."""
    broker_ca: Path | None = None
    """The authorities (PEM) that may vouch for the broker of an `mqtts:` URL; the system's where it is not set."""
    board_broker: str = ""
    """The broker as boards reach it; the gateway's, by this computer's own address where that one is loopback, if empty."""
    board_anchors: Path | None = None
    """The folder of the authorities (`*.der`) that boards are to trust, where `board_broker` is `mqtts:`."""
    broker_user: str = ""
    broker_password: SecretStr = SecretStr("")
    broker_window: int = Field(default=20, ge=1, le=65_535)
    """Messages that the broker sends at most before they are acknowledged (mosquitto's `max_inflight_messages`)."""
    command_user: str = ""
    """The account of `girouette cmd`; the gateway's where it is empty."""
    command_password: SecretStr = SecretStr("")
    broker_pid_file: Path | None = None
    """Where the broker on this machine writes its process number, to be told of new accounts."""
    accounts: Path | None = None
    """The folder of the broker's password and ACL files, rewritten when devices change."""
    gateway_http_port: int = Field(default=8081, ge=0, le=65535)
    """Where the gateway answers `/healthz`, `/readyz` and `/figures` on loopback; 0 is nowhere."""
    rate: float = Field(default=10.0, gt=0)
    """Packs a second that one device may send in the long run."""
    burst: int = Field(default=600, ge=1)
    """Packs that one device may send at once."""
    raw_days: int = Field(default=0, ge=0)
    """Days that readings are kept; 0 is for ever."""
    m1_days: int = Field(default=0, ge=0)
    h1_days: int = Field(default=0, ge=0)
    d1_days: int = Field(default=0, ge=0)
    recipes: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders of recipes of one's own; in the environment with a `:` between them, like PATH."""
    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=1, le=65535)
    atelier: Literal["on", "off"] = "on"
    """Does the public side have the atelier, for who sits at its machine or was given a link?"""
    atelier_passes: Path | None = None
    """The file of the atelier's links; beside the registry where it is not set."""
    board_micropython: Path | None = None
    """The MicroPython that the atelier writes to boards: a file, or a folder that was prepared; fetched once where it is not set."""
    wifi: Path = Path("girouette-wifi.toml")
    """The file of the Wi-Fi networks that boards are to know, for its owner alone; `girouette wifi` writes it."""
    public_url: str = ""
    """Where the public reaches the API; read off each request where it is empty."""
    log: Literal["auto", "console", "json"] = "auto"
    """How the log is written to stderr: JSON where nobody watches."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("recipes", mode="before")
    @classmethod
    def split_folders(cls, written: object) -> object:
        """Folders as PATH has them."""
        return tuple(filter(None, written.split(os.pathsep))) if isinstance(written, str) else written

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's own form
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then secrets, then the file."""
        found: list[PydanticBaseSettingsSource] = [init_settings, env_settings]
        if secrets := os.environ.get(f"{PREFIX}SECRETS_DIR"):
            found.append(SecretsSettingsSource(settings_cls, secrets_dir=secrets))
        if file := settings_file(os.environ):
            found.append(TomlConfigSettingsSource(settings_cls, toml_file=file))
        return tuple(found)


def settings_file(environ: Mapping[str, str]) -> Path | None:
    """The file of settings that counts, None where there is none. Raises CommandError for a named one that is missing."""
    if named := environ.get(f"{PREFIX}SETTINGS"):
        if not Path(named).is_file():
            raise CommandError("no_settings_file", file=named)
        return Path(named)
    return FILE if FILE.is_file() else None


def load_settings(**options: Any) -> Settings:
    """The settings that hold; an option that is None was not given. Raises CommandError with the first fault."""
    try:
        return Settings(**{name: value for name, value in options.items() if value is not None})
    except ValidationError as e:
        raise fault_of(e) from e
    except (SettingsError, ValueError, OSError) as e:
        raise CommandError("bad_settings", why=e) from e


def fault_of(error: ValidationError) -> CommandError:
    """The first fault, by the name that a person has written."""
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    if first["type"] == "extra_forbidden":
        return CommandError("unknown_setting", name=name)
    return CommandError("bad_setting", name=name, env=f"{PREFIX}{name.upper()}", why=why(first))


def why(fault: Mapping[str, Any]) -> object:
    """What does not fit: of the usual faults in both languages, else in pydantic's words."""
    match fault["type"]:
        case "int_parsing" | "int_from_float" | "int_type":
            return CommandError("why_whole")
        case "float_parsing" | "float_type":
            return CommandError("why_number")
        case "literal_error":
            return CommandError("why_choice", choices=fault["ctx"]["expected"].replace("'", "").replace(" or ", ", "))
        case "greater_than" | "greater_than_equal" | "less_than_equal":
            return beyond(**fault["ctx"])
    return fault["msg"]


def beyond(*, gt: float | None = None, ge: float | None = None, le: float | None = None) -> CommandError:
    """Which of its bounds a number is beyond, by pydantic's names."""
    if gt is not None:
        return CommandError("why_above", bound=gt)
    return CommandError("why_most", bound=le) if ge is None else CommandError("why_least", bound=ge)
