"""Several recipes on one board as one: `air+noise` is drawn, tried and bought like a recipe of its own, without a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from devices.image import place
from devices.recipe import Part, Recipe, load_recipes
from devices.refusal import ImageError, RecipeError
from devices.scale import SCALE

PLUS = "+"


def join(recipes: Sequence[Recipe]) -> Recipe:
    """One recipe of several, on every board that has pins for all of them.

    Raises ImageError where no board has, or two measure a channel of one name.
    """
    place(recipes, None)
    first, *others = recipes
    boards = tuple(board for board in first.boards if fits(recipes, board))
    slug = PLUS.join(r.slug for r in recipes)
    joined = replace(
        first, slug=slug, folder=Path(slug), boards=boards, board=boards[0],
        name_fr=" + ".join(r.name_fr for r in recipes), name_en=" + ".join(r.name_en for r in recipes),
        summary_fr=" ".join(r.summary_fr for r in recipes), summary_en=" ".join(r.summary_en for r in recipes),
        solderless_fr=" ".join(r.solderless_fr for r in recipes).strip(),
        solderless_en=" ".join(r.solderless_en for r in recipes).strip(),
        period_s=min(r.period_s for r in recipes), scale=min((r.scale for r in recipes), key=SCALE.index), seen=0,
        sensors=tuple(s for r in recipes for s in r.sensors), parts=tuple(bought_once(first, others)),
        signals={c: s for r in recipes for c, s in r.signals.items()},
        quality=MappingProxyType({c: q for r in recipes for c, q in r.quality.items()}),
        quantities=MappingProxyType({slug: q for r in recipes for slug, q in r.quantities.items()}),
    )  # fmt: skip
    return joined.on(boards[0])


def fits(recipes: Sequence[Recipe], board: str) -> bool:
    """Has this board pins for all of them together?"""
    try:
        place(recipes, board)
    except (ImageError, RecipeError):
        return False
    return True


def bought_once(first: Recipe, others: Sequence[Recipe]) -> Iterator[Part]:
    """The shopping lists together; what is on both by the same name (the board, the supply) is bought once."""
    yield from first.parts
    had = {part.name_en for part in first.parts}
    for recipe in others:
        for part in recipe.parts:
            if part.name_en not in had:
                had.add(part.name_en)
                yield part


def named(word: str) -> Recipe | None:
    """The recipe that a word such as `air` or `air+noise` names, of those that come with Girouette; None where it names none."""
    slugs = word.split(PLUS)
    known = load_recipes()
    if not all(slug in known for slug in slugs):
        return None
    return known[slugs[0]] if len(slugs) == 1 else join([known[slug] for slug in slugs])
