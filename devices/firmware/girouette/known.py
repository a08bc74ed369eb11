"""The networks that the board knows, as they lie in its NVS: the newest first, five at most."""

from girouette.settings import keep_setting

MOST = 5
LONGEST_SSID, SHORTEST_KEY, LONGEST_KEY = 32, 8, 63
"""Bytes that a name and a key of WPA2 Personal may have; no key is an open network."""


def sound(ssid: bytes, key: bytes) -> bool:
    """Can there be such a network? One whose name would break a line of the console is none that anybody has."""
    return 0 < len(ssid) <= LONGEST_SSID and min(ssid) >= 32 and (not key or SHORTEST_KEY <= len(key) <= LONGEST_KEY)


def keep(link, ssid: str, password: str) -> None:
    """Know this network from now on, and call it first; OSError where the flash refuses, and it is known until the next start.

    The key of a network of the same name gives way; of more than five networks the one that was given longest ago is forgotten.
    """
    networks = [{"ssid": ssid, "password": password}]
    networks.extend(n for n in link.networks if n["ssid"] != ssid)
    link.know(networks[:MOST])
    keep_setting("wifi", link.networks)


def heard(found: list) -> list:
    """What a scan has found: name, strength in dBm, security (0 is an open one); the strongest first, each name once.

    Names that nobody could type, and those that are hidden, are left out.
    """
    best: dict[str, tuple] = {}
    for ssid, _, _, dbm, security, *_ in found:
        try:
            name = ssid.decode()
        except UnicodeError:
            continue
        if name and min(ssid) >= 32 and (name not in best or best[name][1] < dbm):
            best[name] = name, dbm, security
    return sorted(best.values(), key=lambda n: -n[1])
