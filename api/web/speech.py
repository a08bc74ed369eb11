"""How numbers, ages and times are said to people, in French and in English, at the local time of the pilot."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal

from devices.quantity import Quantity
from devices.words import say

NARROW_SPACE = "\u202f"


def alphabetical(name: str) -> tuple[str, str]:
    """What names are sorted by: letters without accents or capitals first, then the name as it is.

    >>> sorted(["Villejean", "Étangs", "gare"], key=alphabetical)
    ['Étangs', 'gare', 'Villejean']
    """
    letters = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return letters.casefold(), name


@dataclass(frozen=True, slots=True)
class Speech:
    """A language and a time zone."""

    lang: str
    zone: ZoneInfo

    def word(self, key: str, **values: object) -> str:
        """A text of the pages."""
        return say(f"pages.{key}", self.lang, **values)

    def many(self, what: str, count: int) -> str:
        """How many of something, in the singular or the plural."""
        return self.word(f"{what}_one") if count == 1 else self.word(f"{what}_some", count=count)

    def series(self, quantity: Quantity, channel: str) -> str:
        """The name of a series among those of its place: that of its quantity, with its `where` if it has one."""
        where = channel.rpartition(".")[0]
        return f"{self.name(quantity)} ({where})" if where else self.name(quantity)

    def name(self, quantity: Quantity) -> str:
        """The name of a quantity."""
        return quantity.name(self.lang)

    def number(self, value: float, digits: int) -> str:
        """A number with its decimal comma or point."""
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return format_decimal(round(value, digits) + 0.0, format=pattern, locale=self.lang)  # -0.0 + 0.0 is 0.0

    def value(self, value: float, quantity: Quantity) -> str:
        """A value with its unit; a direction by its wind besides."""
        if not math.isfinite(value):
            return "–"
        if quantity.aggregate == "circular":
            return f"{self.wind(value)} ({self.number(round(value) % 360, 0)}°)"
        return f"{self.number(value, quantity.digits)}{NARROW_SPACE}{quantity.unit_text}"

    def wind(self, degrees: float) -> str:
        """The nearest of the eight winds."""
        winds = self.word("compass").split()
        return winds[round(degrees / 45) % 8]

    def age(self, seconds: float) -> str:
        """How long ago."""
        past = timedelta(seconds=-max(1, round(seconds)))
        return format_timedelta(past, add_direction=True, format="short", threshold=1.5, locale=self.lang)

    def local(self, at_s: float) -> datetime:
        """A moment on the local clock."""
        return datetime.fromtimestamp(at_s, UTC).astimezone(self.zone)

    def moment(self, at_s: float, now_s: float) -> str:
        """A time of today, or a day and a time."""
        at = self.local(at_s)
        clock = format_time(at, "HH:mm:ss", locale=self.lang, tzinfo=self.zone)
        if at.date() == self.local(now_s).date():
            return clock
        return f"{format_skeleton('MMMd', at, tzinfo=self.zone, locale=self.lang)} {clock}"

    def hour(self, at_s: float) -> str:
        """The hour alone, as an axis has it."""
        return f"{self.local(at_s).hour}{NARROW_SPACE}h" if self.lang == "fr" else f"{self.local(at_s):%H:%M}"

    def day(self, at_s: float) -> str:
        """The day alone."""
        return format_skeleton("MMMd", self.local(at_s), tzinfo=self.zone, locale=self.lang)

    def weekday(self, at_s: float) -> str:
        """The day of the week and its date, short."""
        return format_date(self.local(at_s), "EEE d", locale=self.lang)
