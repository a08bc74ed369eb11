"""A sample: what the board measured at one moment, numbered; its values are kept as the text that will be sent."""

FINITE = 3.0e38


def text_of(value: float | None, digits: int) -> str:
    """A value as it is sent, rounded to `digits` decimals without idle zeros; empty for none or what is no number.

    Rounded here, once, so that a board with single precision and a host with double send the same text.
    """
    if value is None or not -FINITE < value < FINITE:
        return ""
    text = "%.*f" % (digits, value)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class Sample:
    """One sample, in memory until a receipt covers it or it goes to the spool."""

    def __init__(self, sq: int, up_s: int, values: str):
        self.sq = sq
        self.up_s = up_s
        self.time_s: int | None = None
        self.values = values
        self.sent = False

    def said(self, ep: int, names: list[str]) -> str:
        """The console's line about a sample: what was measured when, exactly as it will be sent."""
        return said(ep, self.sq, self.time_s, self.values, names)


def said(ep: int, sq: int, time_s: int | None, values: str, names: list[str]) -> str:
    """The console's `S` line, or its `V` line while the date is not known."""
    pairs = ['"%s": %s' % (name, text) for name, text in zip(names, values.split(",")) if text]
    kind, date = ("V", "") if time_s is None else ("S", "%d " % time_s)
    return "%s %d %d %s{%s}" % (kind, ep, sq, date, ", ".join(pairs))
