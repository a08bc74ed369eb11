"""Obeys `cmd`: each command once, answered by its id as often as it is repeated."""

import json
import os

from micropython import const

MOST = 8
_ID_LONGEST = const(64)
OBEYED = "obeyed"
LATER = {}
"""What an action gives back when its answer comes later, by `Commands.answer`."""


class Refused(ValueError):
    """A command cannot be obeyed; the one word that the answer says why."""


class Commands:
    """What was asked, done and answered, as far back as eight commands.

    An action takes the command and gives what the answer says besides `ok`, None for nothing, or LATER; it raises Refused.
    """

    def __init__(self, clock, actions: dict):
        self._clock = clock
        self._actions = actions
        self._done: list[tuple] = obeyed_before()
        self._waiting: list[dict] = []

    def heard(self, payload: bytes) -> None:
        """Take a command in; what is not one is left alone."""
        try:
            raw = json.loads(payload)
            name, do, until = raw["id"], raw["do"], raw.get("until")
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if not isinstance(name, (str, int)) or len(str(name)) > _ID_LONGEST or not isinstance(do, str):
            return
        for done, answer in self._done:
            if done == name:
                break
        else:
            answer = self._obey(name, do, until, raw)
            self._done = self._done[1 - MOST :] + [(name, answer)]
        if answer is not None:
            self._send(answer)

    def answer(self, name, told: dict) -> None:
        """Answer a command whose action took its time."""
        told["id"] = name
        self._done = [(n, told if n == name else a) for n, a in self._done]
        self._send(told)

    def outlive(self, name) -> None:
        """A restart follows upon this command: it is not obeyed again when it is heard again afterwards."""
        try:
            with open(OBEYED, "w") as file:
                json.dump(name, file)
        except OSError as error:
            print("# command", name, "may be obeyed twice:", error)

    def answers(self) -> list[dict]:
        """The answers to send now; handed over once, since an answer that is lost is asked for again."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def _send(self, answer: dict) -> None:
        self._waiting = [a for a in self._waiting if a["id"] != answer["id"]][-MOST:] + [answer]

    def _obey(self, name, do: str, until, raw: dict) -> dict | None:
        now_s = self._clock.now_s()
        if isinstance(until, (int, float)) and now_s is not None and until < now_s:
            return {"id": name, "ok": False, "why": "expired"}
        if do not in self._actions:
            return {"id": name, "ok": False, "why": "unknown"}
        print("# command:", do)
        try:
            told = self._actions[do](raw)
        except Refused as refused:
            return {"id": name, "ok": False, "why": str(refused)}
        if told is LATER:
            return None
        answer = {"id": name, "ok": True}
        answer.update(told or {})
        return answer


def obeyed_before() -> list:
    """The command that led to this start, with its answer."""
    try:
        with open(OBEYED) as file:
            name = json.load(file)
        os.remove(OBEYED)
    except (OSError, ValueError):
        return []
    return [(name, {"id": name, "ok": True})]
