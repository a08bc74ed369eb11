"""The command `girouette`: what an agent, an operator or a script types."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from deploy.commands import (
    atelier,
    authority,
    bench,
    board,
    cable,
    calibrations,
    check,
    devices,
    energy,
    flash,
    identities,
    image,
    labels,
    merge,
    move,  # noqa: F401 - its commands join those of `device`
    orders,
    pilots,
    quarantine,
    recipes,
    replacing,
    services,
    thresholds,
    updates,
    upkeep,
    wifi,
)
from deploy.commands.options import Given
from deploy.commands.speech import LANG, Command, Group, option, text, usage_sentence
from deploy.faults import DONE, EXPECTED, INTERRUPTED, exit_code, sentence

app = typer.Typer(
    cls=Group, help=text("girouette"), add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False
)
command_of = cache(typer.main.get_command)
"""All commands, read off their functions once."""


def add(*commands: Callable[..., object]) -> None:
    """Add commands that stand in no group, by the names of their functions."""
    for command in commands:
        app.command(command.__name__, cls=Command, help=text(command.__name__))(command)


add(board.board)
app.command("try", cls=Command, help=text("try"))(board.try_)
add(services.demo, services.gateway, services.api, atelier.atelier)
app.add_typer(pilots.pilot, name="pilot")
app.add_typer(pilots.place, name="place")
app.add_typer(devices.device, name="device")
devices.device.command("replace", cls=Command, help=text("device_replace"))(replacing.replace)
app.add_typer(recipes.recipe, name="recipe")
add(recipes.new, identities.revoke)
add(calibrations.calibrate)
app.add_typer(calibrations.calibration, name="calibration")
app.add_typer(thresholds.series, name="series")
add(flash.flash, cable.push, cable.save, image.image)
add(orders.cmd, orders.log, updates.update, check.check, energy.energy, labels.label)
app.add_typer(wifi.wifi, name="wifi")
app.add_typer(bench.bench, name="bench")
app.add_typer(quarantine.quarantine, name="quarantine")
app.add_typer(merge.registry, name="registry")
app.add_typer(upkeep.dashboards, name="dashboards")
app.add_typer(upkeep.deploy, name="deploy")
app.add_typer(authority.authority, name="authority")
add(upkeep.backup, upkeep.restore, upkeep.doctor, services.health)


def show_version(asked: bool) -> None:  # noqa: FBT001 - typer's own form
    """Print the version and stop."""
    if asked:
        print(f"girouette {version('girouette')}")
        raise typer.Exit


@app.callback()
def before(
    ctx: typer.Context,
    *,
    recipes: Annotated[list[Path] | None, option("recipes", "--recipes", metavar="DIR")] = None,
    settings: Annotated[Path | None, option("settings", "--settings", metavar="FILE")] = None,
    _: Annotated[bool, option("version", "--version", callback=show_version, is_eager=True)] = False,
) -> None:
    """Take what stands before the command; the file of settings counts for children, too."""
    ctx.obj = Given(recipes=tuple(recipes or ()))
    if settings is not None:
        os.environ["GIROUETTE_SETTINGS"] = str(settings)


def run(args: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    try:
        done = command_of(app).main(list(args), prog_name="girouette", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as e:
        return misused(e)
    except typer.Abort:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except EXPECTED as e:
        print(text("refused", why=sentence(e, LANG)), file=sys.stderr)
        return exit_code(e)
    return done if isinstance(done, int) else DONE


def misused(error: typer.TyperException) -> int:
    """Say what is wrong with the command line, and where its help is."""
    print(usage_sentence(error.format_message()), file=sys.stderr)
    return error.exit_code


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
