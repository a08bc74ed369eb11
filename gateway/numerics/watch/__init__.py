"""The watch: what is unusual of a series, against its own past and its neighbours; scores and tests grouped into events.

    watch = Watch(known, neighbours)         # one record a series, indexed by series id
    watch.take(readings)                     # READING rows, in any order
    for found in watch.due():                # a slot of five minutes at a time, once it is old enough
        found.scores, found.raised, found.events
    blobs = watch.pack(); watch.unpack(blobs)

Readings wait until their slot is LATENESS_S behind the newest time that two places reached, and are then looked at in the order of
time: what comes out does not depend on batch cuts, redelivery, restarts, nor on the order of arrival within that lateness.
"""

from gateway.numerics.watch.events import EVENT, KINDS
from gateway.numerics.watch.memory import FAMILIES, MEMORY
from gateway.numerics.watch.neighbours import Site, nearest
from gateway.numerics.watch.slots import SLOT_S
from gateway.numerics.watch.watch import LATENESS_S, Found, Watch

__all__ = ["EVENT", "FAMILIES", "KINDS", "LATENESS_S", "MEMORY", "SLOT_S", "Found", "Site", "Watch", "nearest"]
