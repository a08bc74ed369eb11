"""Between the ledger, which knows devices by their position, and the journal, which knows them by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gateway.admitted import Admitted
from gateway.directory import Directory
from gateway.journal import Change, Entry
from gateway.numerics.columns import Columns
from gateway.quarantine import Refused
from gateway.receipts import NEW, Absorbed, Account, Ledger, Refusal


def change(admitted: Admitted, absorbed: Absorbed, names: Sequence[str]) -> Change:
    """What a batch changes beside its readings."""
    return Change(
        [Entry(names[a.device], a.ep, a.n, a.lo, a.dr, a.heard_s, a.edges) for a in absorbed.changed],
        [(names[device], ep) for device, ep in absorbed.forgotten],
        [_refused(refusal, names) for refusal in to_quarantine(admitted, absorbed)],
    )


def new_readings(admitted: Admitted, absorbed: Absorbed) -> Columns:
    """The readings of samples that the ledger did not have, and those without a number."""
    if not len(absorbed.fate) or not absorbed.fate.any():
        return admitted.readings
    fate = np.append(absorbed.fate, np.uint8(NEW))  # sample -1: no number
    return admitted.readings.take(fate[admitted.sample] == NEW)


def to_quarantine(admitted: Admitted, absorbed: Absorbed) -> list[Refusal]:
    """Refusals but for those of samples that the ledger had, or has no room for."""
    if not admitted.refused:
        return []
    fates: dict[tuple[int, int, int], int] = {}
    for sample, fate in zip(admitted.samples.tolist(), absorbed.fate.tolist(), strict=True):
        fates.setdefault(sample, fate)  # of a sample that came twice, the first time counts
    return [r for r in admitted.refused if fates.get((r.device, r.ep, r.sq), NEW) == NEW]


def placed(directory: Directory, entries: Iterable[Entry]) -> Iterator[Account]:
    """Entries of the journal as the ledger has them, of devices that are registered."""
    for entry in entries:
        number = directory.number(entry.device)
        if number is not None:
            yield Account(number, entry.ep, entry.n, entry.lo, entry.dr, entry.heard_s, list(entry.edges))


def heard(ledger: Ledger, directory: Directory, unplaced: Sequence[Entry]) -> dict[str, float]:
    """When each device was last heard, as the ledger remembers it."""
    found: dict[str, float] = {}
    told = [(directory.devices[a.device], a.heard_s) for a in ledger] + [(e.device, e.heard_s) for e in unplaced]
    for device, heard_s in told:
        found[device] = max(found.get(device, 0.0), float(heard_s))
    return found


def _refused(r: Refusal, names: Sequence[str]) -> Refused:
    return Refused(r.code, names[r.device] if r.device >= 0 else "", r.ep, r.sq, r.time_s, r.topic, r.payload)
