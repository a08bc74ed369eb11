"""`girouette backup`, `restore`, `doctor`, `deploy` and `dashboards`: what an operator does now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import AsJson, BrokerUrl, Recipes, RegistryUrl, StoreUrl, registry_of, settled
from deploy.commands.speech import LANG, Command, Group, argument, option, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError
from devices.words import LANGUAGES

if TYPE_CHECKING:
    from deploy.settings import Settings

deploy = typer.Typer(cls=Group, help=text("deploy"))
dashboards = typer.Typer(cls=Group, help=text("dashboards"))


def backup(
    ctx: typer.Context,
    to: Annotated[Path, argument("backup")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Copy the embedded file while the gateway runs."""
    from gateway.store.backup import back_up

    file = embedded(settled(ctx, store=store, registry=registry))
    back_up(file, to)
    made = {"from": str(file), "to": str(to), "bytes": to.stat().st_size}
    tell(made, [text("backed_up", file=file, to=to, mib=f"{to.stat().st_size / 2**20:.1f}")], as_json=as_json)


def restore(
    ctx: typer.Context,
    backup_file: Annotated[Path, argument("restored")],
    *,
    port: Annotated[str | None, option("flash_port", "--port", metavar="PORT")] = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of the embedded file while no gateway runs; or a saved board on a board."""
    from deploy.flashing.saving import is_board
    from gateway.store.backup import restore as put_back

    if is_board(backup_file):
        from deploy.commands.cable import restore_board

        restore_board(backup_file, port, as_json=as_json)
        return
    file = embedded(settled(ctx, store=store, registry=registry))
    put_back(backup_file, file)
    tell({"from": str(backup_file), "to": str(file)}, [text("restored", file=file)], as_json=as_json)


def doctor(
    ctx: typer.Context,
    *,
    broker: BrokerUrl = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """Five checks; what is wrong comes with what to do."""
    from deploy.doctor import Machine, examine

    found = examine(Machine(settled(ctx, broker=broker, store=store, registry=registry), LANG))
    lines = [f"{text('sound' if one.ok else 'unsound'):<8}{one.told}" for one in found]
    tell([asdict(one) for one in found], lines, as_json=as_json)
    return DONE if all(one.ok for one in found) else REFUSED


@deploy.command("init", cls=Command, help=text("deploy_init"))
def init(
    ctx: typer.Context,
    folder: Annotated[Path, argument("deployment")],
    *,
    recipes: Recipes = None,
    as_json: AsJson = False,
) -> None:
    """The folder of one town's server, with secrets of its own."""
    from deploy.initialise import initialise

    settings = settled(ctx, recipes=recipes)
    made = initialise(folder, dashboards=lambda to: draw(settings, to))
    tell([str(path) for path in made], [text("initialised", folder=folder, count=len(made))], as_json=as_json)


@deploy.command("renew", cls=Command, help=text("deploy_renew"))
def renew(
    ctx: typer.Context,
    folder: Annotated[Path, argument("deployment")],
    *,
    recipes: Recipes = None,
    as_json: AsJson = False,
) -> None:
    """Bring the folder to this version; secrets, settings and state stay."""
    from deploy.initialise import renew as bring

    settings = settled(ctx, recipes=recipes)
    bring(folder, dashboards=lambda to: draw(settings, to))
    tell({"folder": str(folder)}, [text("renewed", folder=folder)], as_json=as_json)


@deploy.command("rotate", cls=Command, help=text("deploy_rotate"))
def rotate(folder: Annotated[Path, argument("deployment")], *, as_json: AsJson = False) -> None:
    """New passwords on the broker for our own services; boards keep theirs."""
    from deploy.initialise import rotate as give

    changed = give(folder)
    tell([str(path) for path in changed], [text("rotated", folder=folder)], as_json=as_json)


@deploy.command("accounts", cls=Command, help=text("deploy_accounts"))
def accounts(
    ctx: typer.Context, *, store: StoreUrl = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """Write the broker's accounts anew from the registry."""
    from deploy.commands.devices import hints, renew_accounts

    settings = settled(ctx, store=store, registry=registry)
    if settings.accounts is None:
        raise CommandError("accounts_not_set")
    with registry_of(settings) as known:
        command = renew_accounts(settings, known)
    lines = [text("accounts_written", folder=settings.accounts), *hints(settings, command)]
    tell({"accounts": str(settings.accounts), "reload": command}, lines, as_json=as_json)


@dashboards.command("build", cls=Command, help=text("dashboards_build"))
def build(
    ctx: typer.Context,
    folder: Annotated[Path, argument("dashboards")],
    *,
    language: Annotated[str | None, option("language", "--language", metavar="fr|en")] = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    recipes: Recipes = None,
    as_json: AsJson = False,
) -> None:
    """Grafana's dashboards and data source, the same bytes for the same catalogue and town."""
    if language not in {None, *LANGUAGES}:
        raise CommandError("bad_language", code=USAGE, language=language, choices=", ".join(LANGUAGES))
    settings = settled(ctx, store=store, registry=registry, recipes=recipes)
    made = draw(settings, folder, languages=(language,) if language else LANGUAGES, town=is_there(settings))
    tell([str(path) for path in made], [str(path) for path in made], as_json=as_json)


def draw(settings: Settings, folder: Path, *, languages: Sequence[str] = LANGUAGES, town: bool = False) -> list[Path]:
    """Write the dashboards of these quantities into a folder, with the names of the town's places where they are asked for."""
    from dashboards.publish import Grafana
    from dashboards.publish import build as write
    from devices.quantity import load_quantities

    quantities, grafana = load_quantities(settings.recipes), Grafana(languages=languages)
    if not town:
        return write(folder, quantities=quantities, grafana=grafana)
    with registry_of(settings) as known:
        return write(folder, quantities=quantities, pilots=known.pilots(), places=known.places(), grafana=grafana)


def is_there(settings: Settings) -> bool:
    """Is there a registry to ask? A file that is not there is not made for it."""
    from deploy.assembly import file_of, registry_url

    file = file_of(registry_url(settings))
    return file is None or file.exists()


def embedded(settings: Settings) -> Path:
    """The one file: the store's, or where the store is remote the registry's and the journal's."""
    from deploy.assembly import journal_file

    return journal_file(settings)
