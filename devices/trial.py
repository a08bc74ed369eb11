"""A recipe tried at once: a simulated board of it, alone, with neither broker nor network, and what it measures as it does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from devices.console import Sample, read_console
from devices.image import Identity, Image, build_image, shard_of
from devices.quantity import Quantity
from devices.recipe import Recipe
from devices.simulate import Board, Surroundings, start_board

DEVICE = "trial"
PERIOD_S = 2
NOBODY = 9
"""The discard port: nobody listens there, so the board keeps its samples."""


@contextlib.contextmanager
def trial(recipe: Recipe, directory: Path, *, period_s: int = PERIOD_S) -> Iterator[Board]:
    """A running board of this recipe in a folder of its own; it is switched off at the end."""
    around = Surroundings(recipe.signals)
    board = start_board(alone(recipe, period_s), directory=directory, around=around, log=directory / "serial.log")
    try:
        yield board
    finally:
        board.kill()
        board.wait()
        if board.stdin is not None:
            board.stdin.close()


def alone(recipe: Recipe, period_s: int = PERIOD_S) -> Image:
    """The image of a board of this recipe that is nobody's: it measures, and finds no broker."""
    return build_image(
        [recipe],
        Identity(DEVICE, shard_of(DEVICE), DEVICE, "", "127.0.0.1", NOBODY, period_s=period_s, board=recipe.board),
    )


def measured(board: Board) -> list[Sample]:
    """The samples that the board took so far, with their times and values, in order."""
    told = read_console(board.log.read_text(encoding="utf-8", errors="replace"))
    return [sample for sample in told.samples if sample.time_s is not None]


def line_of(sample: Sample, recipe: Recipe, lang: str) -> str:
    """A sample as people read it: each channel that gave a value, with its unit."""
    of = {c.name: recipe.quantities[c.quantity] for c in recipe.channels}
    return "   ".join(f"{name} {number(value, of[name], lang)}" for name, value in sample.values.items())


def number(value: float, quantity: Quantity, lang: str) -> str:
    """A value with as many decimals as people read, and its unit."""
    text = f"{value:.{quantity.digits}f}"
    return f"{text.replace('.', ',') if lang == 'fr' else text} {quantity.unit_text}"
