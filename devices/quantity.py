"""The catalogue of quantities: what is measured, in which unit, how it is condensed and what is believed of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from devices.refusal import QuantityError
from devices.table import SLUG, Table, read_table

__all__ = ["AGGREGATES", "CATALOGUE", "THRESHOLDS", "Quantity", "QuantityError", "load_quantities", "read_quality"]
CATALOGUE = Path(__file__).parent / "quantities.toml"

AGGREGATES = ("mean", "circular", "energetic", "sum", "counter", "last", "max", "timed_mean", "min")
"""How readings become one value; `gateway.numerics.params` has the same names."""
MONTHS = tuple(f"month_{n}_{side}" for n in range(1, 13) for side in ("low", "high"))
THRESHOLDS = (
    "fail_low", "fail_high", "suspect_low", "suspect_high", "rate_per_s", "spike_suspect", "spike_fail",
    "flat_tolerance", "flat_step", "flat_suspect_s", "flat_fail_s", "attenuated_suspect", "attenuated_fail", "attenuated_s",
    "clock_periods", "counter_wrap", *MONTHS,
)  # fmt: skip
"""Thresholds of the flags; `gateway.numerics.params` has the same names."""
RANGES = ("fail_low", "suspect_low", "suspect_high", "fail_high")
RISING = (
    RANGES, ("spike_suspect", "spike_fail"), ("flat_suspect_s", "flat_fail_s"), ("attenuated_fail", "attenuated_suspect"),
    *((f"month_{n}_low", f"month_{n}_high") for n in range(1, 13)),
)  # fmt: skip
"""Thresholds of which each is no greater than the next."""

SENML = """
m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 m3/s l/s W/m2 cd/m2
bit bit/s lat lon pH dB dBW Bspl count / % %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs var vars J/m kg/m3 deg NTU
ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3 mm/h m/h ppm /100 /1000
hPa mm cm km km/h ppb ppt VAh mg/l ug/l g/l
"""
MOST_DIGITS = 9
"""Decimals: a magnetic field is a few hundred-thousandths of a tesla."""
UNITS = frozenset(SENML.split())
"""IANA's SenML units and secondary units (RFC 8428, RFC 8798 and later entries)."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row of the catalogue."""

    slug: str
    name_fr: str
    name_en: str
    unit_wire: str
    """As SenML names it."""
    unit_ucum: str
    unit_text: str
    """As people read it: °C, µg/m³."""
    aggregate: str
    digits: int
    """Decimals that people read."""
    digits_wire: int
    """Decimals that a board sends."""
    definition: str
    """The address of its definition in a public vocabulary."""
    low: float
    high: float
    """Bounds of admission, both admitted: a number outside is no measurement."""
    quality: Mapping[str, float]
    """Thresholds of the flags, by their names in THRESHOLDS."""

    def name(self, lang: str) -> str:
        """Its name in a language; English where there is none in it."""
        return self.name_fr if lang == "fr" else self.name_en


def load_quantities(extra: Sequence[Path] = ()) -> Mapping[str, Quantity]:
    """All quantities by slug, in the order in which they are written: the package's, then those of folders of one's own.

    A folder of one's own may hold a `quantities.toml`; where it has none, it adds none. Raises QuantityError.
    """
    found = dict(package_quantities())
    for folder in extra:
        if not (folder / CATALOGUE.name).exists():
            continue
        for slug, quantity in read_quantities(folder / CATALOGUE.name).items():
            if slug in found:
                raise QuantityError("quantity_twice", where=f"{folder / CATALOGUE.name}, [{slug}]", slug=slug)
            found[slug] = quantity
    return MappingProxyType(found)


@cache
def package_quantities() -> Mapping[str, Quantity]:
    """The quantities that come with Girouette, read once."""
    return MappingProxyType(read_quantities(CATALOGUE))


def read_quantities(file: Path) -> dict[str, Quantity]:
    """The quantities of one file."""
    catalogue = read_table(file, file.name if file == CATALOGUE else str(file), QuantityError)
    return {slug: read_quantity(slug, catalogue) for slug in catalogue.written()}


def read_quantity(slug: str, catalogue: Table) -> Quantity:
    """One quantity, or QuantityError."""
    row = catalogue.table(slug)
    row.where = f"{catalogue.where}, [{slug}]"
    if not SLUG.fullmatch(slug):
        raise row.refusal("bad_slug", value=slug)
    fr, en = row.both("name")
    wire, ucum, text = read_units(row)
    low, high = read_bounds(row)
    found = Quantity(
        slug=slug,
        name_fr=fr,
        name_en=en,
        unit_wire=wire,
        unit_ucum=ucum,
        unit_text=text,
        aggregate=row.among("aggregate", AGGREGATES),
        digits=row.whole("digits", 0, MOST_DIGITS),
        digits_wire=row.whole("digits_wire" if row.has("digits_wire") else "digits", 0, MOST_DIGITS),
        definition=read_definition(row),
        low=low,
        high=high,
        quality=read_quality(row.table("quality"), low, high),
    )
    row.close()
    return found


def read_units(row: Table) -> tuple[str, str, str]:
    """Wire, UCUM and text unit."""
    units = row.table("unit")
    wire, ucum, text = units.text("wire"), units.text("ucum"), units.text("text")
    units.close()
    if wire not in UNITS:
        raise row.refusal("unknown_unit", value=wire)
    if any(c.isspace() for c in ucum):
        raise row.refusal("bad_unit", value=ucum)
    return wire, ucum, text


def read_bounds(row: Table) -> tuple[float, float]:
    """The bounds of admission."""
    admit = row.table("admit")
    low, high = float(admit.number("low")), float(admit.number("high"))
    admit.close()
    if not low < high:
        raise row.refusal("bounds_crossed", low="admit.low", high="admit.high")
    return low, high


def read_definition(row: Table) -> str:
    """The address of the definition."""
    address = row.text("definition")
    if not address.startswith(("http://", "https://")):
        raise row.refusal("bad_definition")
    return address


def read_quality(
    quality: Table, low: float, high: float, *, beside: Mapping[str, float] = MappingProxyType({})
) -> Mapping[str, float]:
    """Thresholds, each of a known name and in its place, among themselves and among those that they stand beside.

    A recipe's own thresholds stand beside the quantity's, in place of those of the same name.
    """
    found: dict[str, float] = {}
    for key in quality.written():
        if key not in THRESHOLDS:
            raise quality.refusal("unknown_key", key=key, choices=", ".join(THRESHOLDS))
        found[key] = float(quality.number(key))
        within = key in RANGES or key in MONTHS
        if within and not low <= found[key] <= high:
            raise quality.refusal("beyond_bounds", key=key, low=low, high=high)
        if not within and found[key] <= 0:
            raise quality.refusal("not_positive", key=key)
    together = {**beside, **found}
    for rising in RISING:
        for below, above in pairwise(key for key in rising if key in together):
            if together[below] > together[above]:
                raise quality.refusal("bounds_crossed", low=below, high=above)
    return MappingProxyType(found)
