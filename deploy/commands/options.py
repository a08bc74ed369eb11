"""Options that several commands share, and what they lead to."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.speech import option
from deploy.faults import CommandError

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.recipe import Recipe
    from gateway.registry import Registry

StoreUrl = Annotated[str | None, option("store", "--store", metavar="URL")]
RegistryUrl = Annotated[str | None, option("registry", "--registry", metavar="URL")]
BrokerUrl = Annotated[str | None, option("broker", "--broker", metavar="URL")]
Recipes = Annotated[list[Path] | None, option("recipes", "--recipes", metavar="DIR")]
AsJson = Annotated[bool, option("json", "--json")]


@dataclass(frozen=True, slots=True)
class Given:
    """What stood on the command line before the command."""

    recipes: tuple[Path, ...] = ()


def settled(ctx: typer.Context, **options: Any) -> Settings:
    """The settings of a command: its options, those before it, the environment, the files."""
    from deploy.settings import load_settings

    folders = [*ctx.ensure_object(Given).recipes, *(options.pop("recipes", None) or ())]
    if folders:
        options["recipes"] = tuple(folders)
    return load_settings(**options)


@contextlib.contextmanager
def registry_of(settings: Settings, *, make: bool = False) -> Iterator[Registry]:
    """The registry, open while the command runs. Raises CommandError where its file is not there and shall not be made."""
    from deploy.assembly import file_of, open_registry, registry_url

    url = registry_url(settings)
    file = file_of(url)
    if not make and file is not None and not file.exists():
        raise CommandError("no_file", file=file)
    with contextlib.closing(open_registry(url)) as registry:
        yield registry


def recipes_of(settings: Settings) -> Mapping[str, Recipe]:
    """All recipes, one's own included."""
    from devices.recipe import load_recipes

    return load_recipes(settings.recipes)


def rows_of(values: Sequence[Mapping[str, object]], *columns: str) -> list[str]:
    """Lines for people: the columns of each row, aligned."""
    cells = [[str(value.get(column, "")) for column in columns] for value in values]
    widths = [max((len(line[n]) for line in cells), default=0) for n in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]


def terminal(environ: Mapping[str, str] = os.environ) -> bool:
    """Does a person watch stderr?"""
    return os.isatty(2) and environ.get("TERM") != "dumb"
