"""Help pages and usage errors, in the language of the person at the terminal."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from devices.words import language, say

LANG = language()
"""The language of this process."""
USAGE_ERRORS = (
    (r"No such option: (?P<name>[^ ]+).*", "usage_no_option"),
    (r"No such command '(?P<name>[^']*)'.*", "usage_no_command"),
    (r"Missing command.*", "usage_missing_command"),
    (r"Missing (?:option|argument|parameter) '(?P<name>[^']*)'.*", "usage_missing"),
    (r"Option '(?P<name>[^']*)' requires .*", "usage_no_value"),
    (r"Option '(?P<name>[^']*)' does not take a value.*", "usage_flag"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((?P<name>.*)\)", "usage_extra"),
    (r"Invalid value for '(?P<name>[^']*)'.*?: (?P<why>.*)", "usage_bad_value"),
)
"""What typer says -> what we say."""
WHYS = (
    (r".*greater than or equal to (?P<bound>\S+).*", "why_least"),
    (r".*less than or equal to (?P<bound>\S+).*", "why_most"),
    (r".*valid integer.*", "why_whole"),
)
"""Why a value does not fit, in typer's words -> in ours."""


def text(key: str, /, **values: object) -> str:
    """A text of `devices/words/commands.toml`."""
    return say(f"commands.{key}", LANG, **values)


def option(key: str, *names: str, **more: Any) -> Any:
    """An option whose help is the text `option_<key>`."""
    return typer.Option(*names, help=text(f"option_{key}"), **more)


def argument(key: str, **more: Any) -> Any:
    """An argument whose help is the text `argument_<key>`."""
    return typer.Argument(help=text(f"argument_{key}"), **more)


class Page:
    """A help page in one language: usage, what it does, arguments, options, commands, and what its end means."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the page."""
        formatter.write_usage(ctx.command_path, self.usage(ctx), prefix=f"{text('help_usage')} ")
        formatter.write_paragraph()
        formatter.write_text((ctx.command.help or "").strip())
        shown = [p for p in ctx.command.get_params(ctx) if not p.hidden]
        for kind in ("argument", "option"):
            section(formatter, f"help_{kind}s", [row(p) for p in shown if p.param_type_name == kind])
        commands = getattr(ctx.command, "commands", {})
        section(
            formatter, "help_commands", [(name, first_line(c.help)) for name, c in commands.items() if not c.hidden]
        )
        formatter.write_paragraph()
        formatter.write_text(text("help_codes"))

    def usage(self, ctx: Any) -> str:
        """What may follow the command."""
        params = ctx.command.get_params(ctx)
        names = [label(p) if p.required else f"[{label(p)}]" for p in params if p.param_type_name == "argument"]
        groups = [text("help_subcommand")] if isinstance(self, TyperGroup) else []
        return " ".join([text("help_options_place"), *names, *groups])


class Command(Page, TyperCommand):
    """A command with our help page."""


class Group(Page, TyperGroup):
    """A group of commands with our help page."""


def label(param: Any) -> str:
    """An argument as it is shown."""
    return str(param.metavar or param.name.upper())


def row(param: Any) -> tuple[str, str]:
    """One line of a help page."""
    if param.param_type_name == "argument":
        return label(param), param.help or ""
    name = ", ".join(sorted([*param.opts, *param.secondary_opts], key=len))
    if param.name == "help":
        return name, text("option_help")
    shown = name if param.is_flag else f"{name} {param.metavar or param.name.upper()}"
    given = param.default if not param.is_flag and param.default not in (None, [], ()) else None
    notes = [text("help_default", value=given)] if given is not None else []
    notes += [text("help_required")] if param.required else []
    return shown, " ".join([param.help or "", *(f"[{note}]" for note in notes)])


def section(formatter: Any, key: str, rows: Iterable[tuple[str, str]]) -> None:
    """A headed list, left out where it is empty."""
    if listed := list(rows):
        with formatter.section(text(key)):
            formatter.write_dl(listed, col_max=34)


def first_line(help_text: str | None) -> str:
    """The first sentence of a help text."""
    return (help_text or "").strip().split("\n")[0]


def usage_sentence(message: str) -> str:
    """What typer says of a command line, in the person's language; as it is where we know no better."""
    return translated(message, USAGE_ERRORS, lambda why: translated(why, WHYS))


def translated(message: str, table: Iterable[tuple[str, str]], of_why: Callable[[str], str] = str) -> str:
    """The text of the first row of a table that the message fits, with what it names; else the message."""
    for pattern, key in table:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return text(key, **{k: of_why(v) if k == "why" else v for k, v in found.groupdict().items()})
    return message


def tell(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Print a result: exactly one JSON value, or lines for people."""
    if as_json:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        return
    for line in lines:
        print(line)
