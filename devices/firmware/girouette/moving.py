"""Another broker, authority and secret, by an order that this board alone can read; tried on probation, and the way back is kept.

NVS has it: `identity` is who the board is until the move has turned out well, `next` who it is to be, and `trial`, written last
and erased first, decides which of the two holds. An order comes over the broker, over the cable or through the portal, always
as one file; it is taken in at the next start, while the heap is empty. Loaded only when there is something to decide.
"""

import binascii
import hashlib
import json
import os

import cryptolib
from esp32 import NVS

from micropython import const

import rule
import slots
from girouette.log import note
from girouette.seal import hmac_sha256, same
from girouette.settings import SPACE, erase_setting, keep_setting, setting, still_set

ORDER = "order.json"
FORM = "gir-move 1"
CBC = 2
_IV = const(16)
BOOTS = 5
WITHIN_S = 900
MOST_ANCHORS, MOST_NETWORKS = 4, 5
IN_NVS = "nvs:"
"""How the name of an anchor begins that lies in NVS, not in a file."""


class Failed(ValueError):
    """The board cannot be moved; the one word that the answer says why."""


def accept(order: dict, config) -> None:
    """Keep a sound order for the next start. Raises Failed, or OSError where the disk refuses."""
    check(order, config.device, config.update_key)
    with open(ORDER + ".new", "w") as file:
        json.dump({name: order[name] for name in ("serial", "box", "mac")}, file)
    os.rename(ORDER + ".new", ORDER)


def check(order: dict, device: str, key: str | None) -> None:
    """Raise Failed for an order that is not from who knows this board's key, or that is not newer than the last one."""
    try:
        serial, box, told = order["serial"], order["box"], bytes.fromhex(order["mac"])
        message = "\n".join((FORM, device, str(serial), box)).encode()
        sound = isinstance(serial, int)
    except (LookupError, ValueError, TypeError):
        raise Failed("malformed")
    if not sound:
        raise Failed("malformed")
    if not key:
        raise Failed("no-key")
    if not same(hmac_sha256(bytes.fromhex(key), message), told):
        raise Failed("mac")
    if serial <= rule.read()["serial"]:
        raise Failed("replayed")


def settle(raw: dict) -> None:
    """At each start: take in an order that waits, and count this start of a move on trial.

    `raw` is who the board was until now; afterwards it is who it is in this start.
    """
    try:
        with open(ORDER) as file:
            order = json.load(file)
        take(order, raw)
    except OSError:
        pass  # no order waits, or the disk refuses: it is tried anew
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        note("move: refused,", error)
        forget()
    else:
        forget()
    key = "next" if slots.moving else count()
    if key is not None:
        become(raw, setting(key) or {})


def become(raw: dict, told: dict) -> None:
    """Be this one, with the networks of both; what an update has set stays so, but for what the move brings."""
    networks = told.pop("wifi", None)
    stays = still_set(raw, told)
    raw.update({name: told[name] for name in told if name not in stays})
    if networks:
        raw["wifi"] = joined(networks, raw.get("wifi"))


def take(order: dict, raw: dict) -> None:
    """The order is on trial from this start on. Raises Failed, ValueError or OSError; then nothing has changed."""
    check(order, raw["device"], raw.get("update_key"))
    told, anchors = opened(order["box"], bytes.fromhex(raw["update_key"]))
    within_s = told.pop("within_s", WITHIN_S)
    identity = setting("identity") or {}
    identity.update(told)
    identity["anchors"] = [keep_anchor(content) for content in anchors]
    if "wifi" in told:
        identity["wifi"] = joined(told["wifi"], raw.get("wifi"))  # an update may have set those that it knew
    identity["moved"], identity["brought"] = order["serial"], sorted(told) + ["anchors"]
    for name in ("device", "topic", "bn", "broker"):
        identity[name]  # an order that names no broker is none
    keep_setting("next", identity)
    keep_setting("trial", {"left": BOOTS, "within_s": within_s, "serial": order["serial"]})
    state = rule.read()
    state["serial"] = order["serial"]
    state.pop("back", None)
    slots.back = None
    if not rule.write(state):
        raise OSError("slots.json")
    note("move: to", identity["broker"]["host"])


def opened(box: str, key: bytes) -> tuple[dict, list]:
    """What an order says, and the authorities that it brings (DER)."""
    sealed = binascii.a2b_base64(box)
    clear = cryptolib.aes(hmac_sha256(key, FORM.encode() + b" box"), CBC, sealed[:_IV]).decrypt(sealed[_IV:])
    end = len(clear) - clear[-1]
    head = clear.find(b"\n")
    told = json.loads(clear[:head])
    lengths, at, anchors = told.pop("anchors"), head + 1, []
    for length in lengths[:MOST_ANCHORS]:
        anchors.append(clear[at : at + length])
        at += length
    if at != end:
        raise Failed("malformed")
    return told, anchors


def keep_anchor(content: bytes) -> str:
    """Keep an authority in NVS under a name that says which it is, beside those that are there."""
    name = "c" + hashlib.sha256(content).digest().hex()[:12]
    space = NVS(SPACE)
    space.set_blob(name, content)
    space.commit()
    return IN_NVS + name


def count() -> str | None:
    """Count this start of a move on trial before it begins; after too many the board is who it was.

    Under which key it lies who the board is now, where that is another one.
    """
    trial = setting("trial")
    if trial is None:
        return None
    if slots.heard:  # the start before had a receipt, and no memory to write that down here
        keep()
        return "identity"
    trial["left"] -= 1
    if trial["left"] < 0:
        give_up("boots")
        return None
    keep_setting("trial", trial)
    slots.moving = True
    return "next"


def keep() -> None:
    """The board is who it was moved to be from now on. Raises OSError where the flash refuses, ValueError where it was lost."""
    now, before = setting("next"), setting("identity") or {}
    if now is None:
        raise ValueError("next")
    networks = now.pop("wifi", None)
    if networks:
        keep_setting("wifi", joined(networks, setting("wifi")))
    keep_setting("identity", now)
    erase_setting("trial")
    erase_setting("next")
    forget_anchors(before, now)
    slots.moving = False
    note("move: kept")


def lasted(up_s: int) -> str | None:
    """Why to restart, where a move on trial had its time."""
    trial = setting("trial") or {}
    if up_s <= trial.get("within_s", WITHIN_S):
        return None
    give_up("time")
    return "move: no receipt in %d s, back to where it was" % up_s


def give_up(why: str) -> None:
    """The board is who it was; `back` says which move was given up, and why."""
    trial, later = setting("trial") or {}, setting("next") or {}
    erase_setting("trial")
    erase_setting("next")
    forget_anchors(later, setting("identity") or {})
    state = rule.read()
    state["back"] = slots.back = ["move-%d" % trial.get("serial", 0), why]
    rule.write(state)
    slots.moving = False
    note("move: given up,", why)


def joined(networks: list, others: list | None) -> list:
    """Networks, and the others that the board knew, as many as it keeps (known.py)."""
    names = [network["ssid"] for network in networks]
    return (networks + [network for network in others or [] if network["ssid"] not in names])[:MOST_NETWORKS]


def forget_anchors(of: dict, but: dict) -> None:
    """Take away authorities in NVS that nobody needs any more."""
    for name in of.get("anchors") or []:
        if name.startswith(IN_NVS) and name not in (but.get("anchors") or []):
            erase_setting(name[len(IN_NVS) :])


def forget() -> None:
    """No order waits any more."""
    try:
        os.remove(ORDER)
    except OSError:
        pass  # there was none
