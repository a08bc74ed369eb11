"""What happens to a board from outside, by the millisecond, and what the board said meanwhile.

`session.json` beside the board's disk: `{"unix_ms", "begins_ms", "ends_ms", "seed", "events": [[at_ms, what, ...], ...]}`;
`transcript` beside it takes one JSON list a line: `[at_ms, what, ...]`. A board's life in several boots is played one
boot at a time, each from its `begins_ms`.
"""

import json
import sys
import time


class Script:
    """The events to come, and the transcript so far."""

    def __init__(self):
        self.begins_ms = 0
        self.ends_ms = 1 << 60
        self.perform_event = lambda what, rest: None
        self.each_second = lambda: None
        self.at_end = lambda: None
        self._second = 0
        self._events = []
        self._transcript = None

    def open(self, told: dict, transcript) -> None:
        """Play this session, and write down what is said."""
        self.begins_ms, self.ends_ms = told["begins_ms"], told["ends_ms"]
        self._events = [e for e in told["events"] if self.begins_ms <= e[0] < self.ends_ms]
        self._transcript = transcript

    def now_ms(self) -> int:
        """Milliseconds since the session began."""
        return self.begins_ms + time.passed_ms()

    def tell(self, what: str, *rest) -> None:
        """Write down what happened."""
        if self._transcript is not None:
            self._transcript.write(json.dumps([self.now_ms(), what] + list(rest)) + "\n")

    def perform(self) -> None:
        """Do what is due now; the end is a power cut."""
        while self._events and self._events[0][0] <= self.now_ms():
            _, what, *rest = self._events.pop(0)
            self.perform_event(what, rest)
        if self.now_ms() // 1000 > self._second:
            self._second = self.now_ms() // 1000
            self.each_second()
        if self.now_ms() >= self.ends_ms:
            self.at_end()
            if self._transcript is not None:
                self._transcript.flush()
            sys.exit(0)

    def until_next(self, patience_ms: int) -> int:
        """How long nothing happens from outside: at most as long as the board waits for something by itself."""
        next_ms = min(self._events[0][0] if self._events else self.ends_ms, (self._second + 1) * 1000)
        outside_ms = max(0, min(next_ms, self.ends_ms) - self.now_ms())
        return outside_ms if patience_ms < 0 else min(patience_ms, outside_ms)


the_script = Script()
