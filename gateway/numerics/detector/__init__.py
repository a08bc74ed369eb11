"""The streaming detector: how strange each reading is, against its own series' past; causal, bounded, never trained.

    state = fresh(series)                                  # one DETECTOR record a series, indexed by series id
    told = score(state, params, columns, flag)             # state goes on in place
    told.score                                             # (n,) in [0, 1]; >= THRESHOLD is worth a look
    told.surprises[:, FEATURES.index("jump")]              # (n, 5) why: each surprise before they are summed and muted
    blob = pack(state[series]); unpack(blob)               # None where the blob is of another version

Columns come in any order, of many series at once, cut anywhere: the same readings end with the same scores. A reading that is
not newer than all its series had is late or came again: it has no score (NaN) and is not learnt, and so has a missing one.
"""

from gateway.numerics.detector.budget import SHIPPED, Tuning
from gateway.numerics.detector.memory import DETECTOR, fresh, grown, pack, unpack
from gateway.numerics.detector.scoring import FEATURES, THRESHOLD, Scored, score

__all__ = [
    "DETECTOR",
    "FEATURES",
    "SHIPPED",
    "THRESHOLD",
    "Scored",
    "Tuning",
    "fresh",
    "grown",
    "pack",
    "score",
    "unpack",
]
