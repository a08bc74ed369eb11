"""`girouette bench anomaly`: the detector on a folder laid out like NAB's."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from deploy.commands.options import AsJson
from deploy.commands.speech import LANG, argument, option, tell
from devices.words import say

if TYPE_CHECKING:
    from deploy.bench.anomaly import Figure


def anomaly(
    folder: Annotated[Path, argument("bench_folder")],
    *,
    scores: Annotated[Path | None, option("bench_scores", "--scores", metavar="OUT")] = None,
    threshold: Annotated[float | None, option("bench_threshold", "--threshold", metavar="T", min=0, max=1)] = None,
    folds: Annotated[int, option("bench_folds", "--folds", metavar="N", min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Score the detector as it runs in the gateway, and print that beside what others published."""
    from deploy.bench.anomaly import PUBLISHED, figures, scores_of, write_scores
    from deploy.bench.nab import load, unused
    from gateway.numerics.detector import THRESHOLD

    files = load(folder)
    started = time.process_time()
    made = [scores_of(one) for one in files]
    rate = sum(map(len, made)) / max(time.process_time() - started, 1e-9)
    if scores is not None:
        write_scores(scores, files, made)
    at = THRESHOLD if threshold is None else threshold
    told = figures(files, made, threshold=at, folds=folds)
    absent = unused(folder, files)
    counts = {"files": len(files), "windows": sum(len(one.windows) for one in files), "rows": sum(map(len, made))}
    whole = {
        **counts,
        "readings_s": round(rate),
        "threshold": at,
        "profiles": {name: _plain(asdict(figure)) for name, figure in told.items()},
        "published": PUBLISHED,
        "unused_labels": absent,
    }
    lines = [
        say("anomaly.read", LANG, rate=f"{rate:,.0f}".replace(",", " "), **counts),
        *(
            [say("anomaly.unused", LANG, files=", ".join(absent), count=len(absent), windows=sum(absent.values()))]
            if absent
            else []
        ),
        "",
        *table(told, at, threshold),
    ]
    tell(whole, [*lines, "", *others(told, PUBLISHED), "", say("anomaly.note", LANG)], as_json=as_json)


def _plain(figure: Mapping[str, float | None]) -> dict[str, float | None]:
    """As JSON knows numbers: null where there is none, as without any window."""
    return {name: one if one is not None and math.isfinite(one) else None for name, one in figure.items()}


def table(told: Mapping[str, Figure], at: float, given: float | None) -> list[str]:
    """A line a profile: the best threshold unless one was given, the shipped one, folds where they were asked for."""
    columns = {
        "head": [*told],
        "best": [f"{one.best:.2f} ({one.best_threshold:.3f})" for one in told.values()],
        "shipped" if given is None else "given": [f"{one.shipped:.2f}" for one in told.values()],
        "folds": [f"{one.cross_validated:.2f}" for one in told.values() if one.cross_validated is not None],
        "deviation": [f"{one.deviation:.1f}" for one in told.values()],
    }
    if given is not None:
        del columns["best"]
    shown = {name: cells for name, cells in columns.items() if cells}
    heads = [say(f"anomaly.{name}", LANG, threshold=f"{at:g}") for name in shown]
    return aligned([heads, *map(list, zip(*shown.values(), strict=True))])


def others(told: Mapping[str, Figure], published: Mapping[str, tuple[float, ...]]) -> list[str]:
    """What other detectors got, a line each, under the profiles' names."""
    head = [say("anomaly.published", LANG), *told]
    return aligned([head, *([name, *(f"{score:.1f}" for score in row)] for name, row in published.items())])


def aligned(rows: list[list[str]]) -> list[str]:
    """Columns of a width, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]
