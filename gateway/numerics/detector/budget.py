"""What becomes of the sum of surprises: after an alarm a series is quiet for a while, and each alarm makes the next one dearer.

    due = max(0, total - dearer x log10(1 + alarms))          alarms fade with exp(-half hours / fade)
    score = due / (due + alarm)                               half at an alarm, the shipped threshold

So a reading that would be an alarm soon after another one, or on a series that often has some, scores low: who reads a
score need not count alarms. The surprises themselves are told beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.order import Run


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was chosen on data; one set for all series."""

    alarm: float = 4.5
    """The sum of surprises that makes an alarm on a series that never had one."""
    dearer: float = 3.5
    rest: int = 24
    """Half hours of quiet after an alarm."""
    fade: float = 4096.0
    """Half hours."""
    hush: float = 0.1
    """What is left of a sum while it is quiet: never enough for an alarm."""


SHIPPED = Tuning()


_PURSE = ("alarms", "alarm_at", "quiet_until")


def spend(
    memory: NDArray[np.void], run: Run, total: NDArray[np.float64], *, closed: NDArray[np.int64], tuning: Tuning
) -> NDArray[np.float32]:
    """The score of each of n readings; the alarms in `memory` (DETECTOR, m) go on.

    `closed` (n,) is how many half hours of its series had ended. One step for each reading that may be an alarm.
    """
    alarms, at, until = purse = tuple(memory[name][run.group] for name in _PURSE)
    for row in np.flatnonzero(total >= tuning.alarm).tolist():
        left = alarms[row] * math.exp((at[row] - closed[row]) / tuning.fade)
        if closed[row] < until[row] or total[row] - tuning.dearer * math.log10(1 + left) < tuning.alarm:
            continue
        group = run.group[row]
        now = (left + 1, closed[row], closed[row] + tuning.rest)
        for name, column, each in zip(_PURSE, purse, now, strict=True):
            memory[name][group] = column[row + 1 : run.ends[group] + 1] = each
    left = alarms * np.exp((at - closed) / tuning.fade)
    due = np.maximum(total - tuning.dearer * np.log10(1 + left), 0.0)
    due = np.where(closed < until, tuning.hush * due, due)
    score: NDArray[np.float32] = (due / (due + tuning.alarm)).astype(np.float32)
    return score
