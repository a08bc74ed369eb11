"""By which date certificates are judged, why one was refused, and what of both is kept on flash.

The chip's own clock is set for certificates alone: no sample is dated by it.
"""

import errno
import os
import time

import machine

import slots

IN_NVS = "nvs:"
"""How the name of an anchor begins that came with a move, and lies in NVS."""
PLACES = ("a/anchors/", "b/anchors/")
DATE = "date.txt"
"""The last date that somebody told, kept once a day: without a time server it is what certificates are judged by."""
REFUSED = "tls.txt"
"""Why the broker was refused last: kept over a restart until it is trusted again."""
EPOCH_S = 0 if time.gmtime(0)[0] == 1970 else 946684800
"""Unix seconds at which `time` begins here: the epoch is 2000 on an ESP32."""
WORDS = (
    ("signed", "unknown-authority"),
    ("expired", "expired"),
    ("future", "not-yet"),
    ("(CN)", "wrong-name"),
)
"""What Mbed TLS says of a certificate, and our word for it. Of a stranger's certificate nothing else is worth saying."""
GONE = -0x7280
"""MBEDTLS_ERR_SSL_CONN_EOF: the other side hung up."""


def begin(trusted_since: int) -> tuple[str | None, int]:
    """Set the chip's clock to the last date that is known, where it is behind that; the last refusal, and that date."""
    kept = recall(DATE) or ""
    kept_s = int(kept) if kept.isdigit() else 0
    floor_s = max(trusted_since, kept_s)
    if time.time() + EPOCH_S < floor_s:
        set_chip(floor_s)
    return recall(REFUSED), kept_s


def files(anchors: list[str]) -> list[str]:
    """Where the anchors lie. A board that fell back to what was flashed trusts those of its updates too: its own may be over."""
    found = [path if path.startswith(IN_NVS) else slots.path(path) for path in anchors]
    moved = any(path.startswith(IN_NVS) for path in anchors)
    for place in () if slots.folder or moved else PLACES:
        try:
            found += [place + name for name in os.listdir(place)]
        except OSError:
            pass  # no update brought any
    return found


def content(name: str) -> bytes:
    """An anchor (DER), from its file or from NVS."""
    if not name.startswith(IN_NVS):
        with open(name, "rb") as file:
            return file.read()
    from girouette import settings

    found = settings.blob(name[len(IN_NVS) :])
    slots.unload("girouette.settings")
    return found or b""


def learn(unix_s: int, keeps: bool) -> None:
    """The date is known: judge by it, and keep it if it is time to."""
    set_chip(unix_s)
    if keeps:
        keep(DATE, str(unix_s))


def explain(error: Exception, before: str | None) -> str | None:
    """Why the broker was refused; the word is kept where it is another one than before. None where it was not refused."""
    word = word_of(error)
    if word is not None and word != before:
        keep(REFUSED, word)
    return word


def word_of(error: Exception) -> str | None:
    """Why TLS did not come about: one word, or None where the reason is another."""
    if isinstance(error, ValueError):
        for said, word in WORDS:
            if said in str(error):
                return word
        return "refused"
    code = error.errno if isinstance(error, OSError) and isinstance(error.errno, int) else 0
    if code == errno.ENOMEM:
        return "memory"
    return "refused" if code < -255 and code != GONE else None


def set_chip(unix_s: int) -> None:
    """Set the chip's own clock, which Mbed TLS asks."""
    year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_s - EPOCH_S)[:8]
    before = time.time()
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
    if machine.RTC().memory():  # how long a board on a battery has slept is told by this clock
        from girouette import nap

        nap.moved(time.time() - before)


def recall(path: str) -> str | None:
    """What was kept in this file, or None."""
    try:
        with open(path) as file:
            return file.read(32) or None
    except (OSError, ValueError):
        return None


def keep(path: str, told: str) -> None:
    """Replace what was kept; where the disk refuses, it is done without."""
    try:
        with open(path + ".new", "w") as file:
            file.write(told)
        os.rename(path + ".new", path)
    except OSError as error:
        print("#", path, "not kept:", error)


def forget() -> None:
    """The broker is trusted again: its refusal is kept no longer."""
    try:
        os.remove(REFUSED)
    except OSError:
        pass  # it was in memory only
