"""How loud it was for which share of the time: the levels of each second, counted in steps of 0.2 dB from 20 to 130 dB."""

from array import array

from micropython import const

_LOWEST_DB = const(20)
_A_DB = const(5)
STEPS = const(550)


class Exceeded:
    """Counts of levels; only the steps between the quietest and the loudest are ever walked over."""

    def __init__(self):
        self._counts = array("H", bytes(2 * STEPS))
        self._quietest, self._loudest = STEPS, -1
        self.count = 0

    def add(self, level_db: float) -> None:
        """One second was so loud."""
        step = min(max(int((level_db - _LOWEST_DB) * _A_DB), 0), STEPS - 1)
        self._counts[step] += 1
        self._quietest, self._loudest = min(self._quietest, step), max(self._loudest, step)
        self.count += 1

    def levels(self, percents: tuple) -> list[float]:
        """The level that each share of the seconds reached or exceeded, smallest share first."""
        found: list[float] = []
        step, above = self._loudest + 1, 0
        for percent in percents:
            while above * 100 < self.count * percent:
                step -= 1
                above += self._counts[step]
            found.append(_LOWEST_DB + (step + 0.5) / _A_DB)
        return found

    def clear(self) -> None:
        """Count anew."""
        for step in range(self._quietest, self._loudest + 1):
            self._counts[step] = 0
        self._quietest, self._loudest, self.count = STEPS, -1, 0
