"""Obeys `cmd`: each command once, answered by its id as often as it is repeated."""

import json

MOST = 8
ID_LONGEST = 64


class Commands:
    """What was asked, done and answered, as far back as eight commands."""

    def __init__(self, clock, actions: dict):
        self._clock = clock
        self._actions = actions
        self._done: list[tuple[str, dict]] = []
        self._waiting: list[dict] = []

    def heard(self, payload: bytes) -> None:
        """Take a command in; what is not one is left alone."""
        try:
            raw = json.loads(payload)
            name, do, until = raw["id"], raw["do"], raw.get("until")
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if not isinstance(name, (str, int)) or len(str(name)) > ID_LONGEST or not isinstance(do, str):
            return
        known = [answer for done, answer in self._done if done == name]
        answer = known[0] if known else self._obey(name, do, until)
        self._waiting = [a for a in self._waiting if a["id"] != name][-MOST:] + [answer]

    def answers(self) -> list[dict]:
        """The answers to send now; handed over once, since an answer that is lost is asked for again."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def _obey(self, name, do: str, until) -> dict:
        now_s = self._clock.now_s()
        if isinstance(until, (int, float)) and now_s is not None and until < now_s:
            answer = {"id": name, "ok": False, "why": "expired"}
        elif do in self._actions:
            print("# command:", do)
            self._actions[do]()
            answer = {"id": name, "ok": True}
        else:
            answer = {"id": name, "ok": False, "why": "unknown"}
        self._done = self._done[1 - MOST :] + [(name, answer)]
        return answer
