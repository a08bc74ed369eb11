"""Power cuts at every operation of the flash while a version is fetched, tried, kept and given up: each leaves a working board."""

from __future__ import annotations

from pathlib import Path

import pytest
from cuts import Swept, sweep

from devices.image import FIRMWARE

BOARD = """
import asyncio
import hashlib
import json
import os
import sys

ROOT = given["root"]
OLD = {"girouette/app.py": "VERSION = 'old'\\n", "girouette/same.py": "SAME = 1\\n" * 40, "girouette/gone.py": "G = 1\\n"}
NEW = {"girouette/app.py": "VERSION = 'new'\\n" + "X = 1\\n" * 300, "girouette/same.py": "SAME = 1\\n" * 40,
       "girouette/drivers/d.py": "D = 1\\n"}

def modules():
    # the modules that decide, as they are on every board; the versions are small ones of this test
    import rule, slots
    for name in [n for n in sys.modules if n.startswith("girouette")]:
        del sys.modules[name]
    from girouette import update, updates
    return rule, slots, update, updates

def sha(text):
    return hashlib.sha256(text.encode()).digest().hex()

def lay(folder, files, version):
    for path in files:
        whole = folder + path
        for end in [i for i, c in enumerate(whole) if c == "/"]:
            try:
                os.mkdir(whole[:end])
            except OSError:
                pass
        with open(whole, "w") as file:
            file.write(files[path])
    with open(folder + "config.json", "w") as file:
        json.dump({"firmware": version, "device": "b1", "password": "kept"}, file)

MANIFEST = "gir-update 1 b1 5 new\\nset " + json.dumps({"firmware": "new"}) + "\\n"
for path in NEW:
    MANIFEST += "file %d %s %s\\n" % (len(NEW[path]), sha(NEW[path]), path)
CONTENTS = {sha(t)[:16]: t.encode() for t in list(NEW.values()) + [MANIFEST]}
ORDER = {"id": "u1", "serial": 5, "version": "new", "size": len(MANIFEST), "sha": sha(MANIFEST), "mac": ""}

class Config:
    topic, device = "t", "b1"

class Client:
    async def publish(self, topic, payload, qos=0, retain=False):
        start = json.loads(payload)["want"]
        self.job.hear(bytes.fromhex(start[0]) + start[1].to_bytes(4, "big") + CONTENTS[start[0]][start[1]:start[1] + start[2]])

class Board:
    config, client = Config, Client()

def fetch():
    rule, slots, update, _ = modules()
    slots.folder = rule.read()["good"]
    update.keep_order(ORDER)
    Board.client.job = update.Update(Board, ORDER)
    asyncio.run(Board.client.job.run())

def whole():
    # start as boot.py does, and hold what runs against the two versions: old or new, never a mixture
    import rule, slots
    folder = rule.begin(slept=False)
    base = folder + "/" if folder else ""
    with open(base + "config.json") as file:
        config = json.load(file)
    version = config["firmware"]
    files = NEW if version == "new" else OLD
    assert config["password"] == "kept" and config["device"] == "b1"
    for path in files:
        with open(base + path) as file:
            assert file.read() == files[path], path
    return version, slots

def found():
    import rule
    return rule.read()
"""
FETCH = """
def prepare():
    lay("", OLD, "old")

def live():
    fetch()
    print("staged")

def again(said):
    if whole()[0] == "old":
        fetch()
        print("staged")

def judge(said, now):
    version, slots = whole()
    state = found()
    assert version == "new" or (version == "old" and "staged" not in said)
    assert slots.safe is None
    if version == "old":      # what was interrupted goes on, and ends well
        assert state["trial"] is None and state["serial"] == 0
        fetch()
        assert whole()[0] == "new"
    assert found()["trial"] == "a" and found()["serial"] == 5
"""
KEEP = """
def prepare():
    lay("", OLD, "old")
    fetch()

def live():
    assert whole()[0] == "new"      # its first start
    import rule, slots
    from girouette import probation
    probation.first_of_trial(77, 65)
    assert probation.receipted()
    print("kept")

def judge(said, now):
    version, slots = whole()
    assert version == "new"
    state = found()
    assert (state["trial"], state["good"]) in ([(None, "a")] if "kept" in said else [(None, "a"), ("a", "")])
    assert slots.safe is None
    if state["trial"] is not None:
        assert 0 <= state["boots"] < 5
"""
HEARD = """
def prepare():
    lay("", OLD, "old")
    fetch()

def live():
    # a receipt comes where there is no memory for the rule; the next start makes it good
    version, slots = whole()
    assert version == "new" and slots.trial
    assert slots.hear()
    print("kept")
    whole()

def judge(said, now):
    version, slots = whole()
    assert version == "new" and slots.safe is None
    state = found()
    assert (state["trial"], state["good"]) in ([(None, "a")] if "kept" in said else [(None, "a"), ("a", "")])
    assert "kept" not in said or not slots.trial
"""
BACK = """
def prepare():
    lay("", OLD, "old")
    fetch()
    import rule
    state = rule.read()
    state["boots"] = 2
    rule.write(state)

def live():
    # three starts that come to nothing: two are the new version's, the third is the old one's again
    print(whole()[0])
    print(whole()[0])
    print(whole()[0])

def judge(said, now):
    version, slots = whole()
    if "old" in said:
        assert version == "old"
    for _ in range(3):
        version, slots = whole()
    assert version == "old" and found()["back"] == ["new", "boots"]
    assert found()["serial"] == 5, "an order that was tried is not taken again"
"""
SECOND = """
def prepare():
    lay("", OLD, "older")
    lay("a/", OLD, "old")
    lay("b/", {"girouette/app.py": "half", "girouette/rest.py": "of another one"}, "torn")
    import rule
    rule.write({"good": "a", "trial": None, "serial": 4, "fails": 0})

def live():
    fetch()

def judge(said, now):
    version, slots = whole()
    assert (version, slots.folder) in (("old", "a"), ("new", "b"))
    if version == "old":
        fetch()
        version, slots = whole()
    assert (version, slots.folder) == ("new", "b")
    try:
        os.stat("b/girouette/rest.py")
        raise AssertionError("what an older version left is still there")
    except OSError:
        pass
"""
SCENARIOS = {
    "fetched": (FETCH, 800),
    "kept": (KEEP, 32),
    "kept later": (HEARD, 24),
    "given up": (BACK, 36),
    "over an older one": (SECOND, 160),
}
"""What is done to a board, and how many cuts that is at least: fewer would not be every operation of it."""


def play(name: str, directory: Path) -> Swept:
    """Cut the power everywhere in one scenario."""
    code, _ = SCENARIOS[name]
    return sweep(BOARD + code, directory, {"root": str(FIRMWARE)}, blocks=32, every=30)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow) for name in SCENARIOS])
def test_every_cut_leaves_a_board_that_starts_the_old_version_or_the_new(tmp_path: Path, name: str) -> None:
    """Whole, never a mixture; what was interrupted goes on where it was, and ends as if nothing had happened."""
    swept = play(name, tmp_path)

    assert swept.failed == 0, swept
    assert swept.points >= SCENARIOS[name][1]
    assert swept.overwritten == 0
