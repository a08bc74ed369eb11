"""What the flag of a reading means, in a plain sentence."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from devices.quantity import Quantity
from devices.words import say
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from gateway.numerics.flags import unpack_tests

VERDICTS: Mapping[int, str] = {
    GOOD: "good",
    NOT_EVALUATED: "unevaluated",
    SUSPECT: "suspect",
    FAIL: "fail",
    MISSING: "missing",
}
"""Flag -> its key in devices/words/flags.toml; with a test before it, the key of a reason: `flat_fail`."""


def sentence(row: np.void, quantity: Quantity, lang: str) -> str:
    """What the flag of a READING row says, and which tests are the reason; in `lang`, French or English."""
    flag = int(row["flag"])
    verdict = say(f"flags.{VERDICTS[flag]}", lang)
    if flag not in {SUSPECT, FAIL}:
        return verdict
    why = ""
    for test, told in unpack_tests(int(row["tests"])).items():
        if told == flag:
            reason = say(f"flags.{test}_{VERDICTS[flag]}", lang, quantity=quantity.name(lang))
            why = say("flags.and", lang, one=why, other=reason) if why else reason
    return say("flags.because", lang, verdict=verdict, why=why) if why else verdict
