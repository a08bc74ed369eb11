"""The one page of the board's own network, French first: in pieces, so that it is never in memory as a whole."""

from micropython import const

TOP = (
    '<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">'
    "<title>girouette</title>%s<style>:root{color-scheme:light dark}*{box-sizing:border-box}"
    "body{font:17px/1.45 system-ui,sans-serif;max-width:30em;margin:auto;padding:1em}h1{font-size:1.4em;margin:0 0 .5em}"
    "p{margin:.6em 0}[lang=en]{display:block;font-size:.85em;opacity:.75;font-style:italic}"
    ".n{display:flex;gap:.6em;align-items:center;padding:.65em .3em;border-bottom:1px solid #8886}.n small{margin-left:auto;opacity:.75}"
    "input:not([type=radio]):not([type=checkbox]){display:block;width:100%%;font:inherit;padding:.6em;margin:.3em 0;"
    "border:1px solid #888;border-radius:.4em}button{width:100%%;font:inherit;font-weight:600;padding:.8em;margin-top:1em;"
    "border:0;border-radius:.4em;background:#0b5fa5;color:#fff}.a{border-left:.3em solid #c33;padding:.4em .8em;background:#c332}"
    "</style><h1>%s</h1>"
)
TOLD = {
    "wrong-password": (
        "Le mot de passe de « %s » n’est pas le bon, ou le signal est trop faible.",
        "The password of “%s” is not right, or the signal is too weak.",
    ),
    "not-found": ("« %s » n’est pas à portée, ou n’est pas en 2,4 GHz.", "“%s” is not within reach, or not 2.4 GHz."),
    "other-security": (
        "« %s » demande un nom d’utilisateur, ou une sécurité que la station n’a pas : choisissez un autre réseau.",
        "“%s” asks for a user name, or a security that the station lacks: choose another network.",
    ),
    "no-address": (
        "« %s » n’a pas donné d’adresse à la station : demandez à qui s’occupe de ce réseau.",
        "“%s” gave the station no address: ask whoever looks after this network.",
    ),
    "no-name": ("Choisissez un réseau, ou tapez son nom.", "Choose a network, or type its name."),
    "bad-key": (
        "Un mot de passe Wi-Fi a 8 à 63 caractères, et un nom 32 au plus.",
        "A Wi-Fi password has 8 to 63 characters, and a name 32 at most.",
    ),
    "failed": ("« %s » n’a pas accepté la station : essayez encore.", "“%s” did not accept the station: try once more."),
}
_ENTERPRISE = const(5)
"""The security of networks that ask for a user name, which the chip cannot join under MicroPython."""
ENTITIES = ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")


def safe(text: str) -> str:
    """Text that stays text in a page: the names of networks are anybody's."""
    for letter, entity in ENTITIES:
        text = text.replace(letter, entity)
    return text


def both(french: str, english: str) -> str:
    """A paragraph in both languages."""
    return "<p>%s<span lang=en>%s</span>" % (french, english)


def form(device: str, networks: list, word: str | None, ssid: str):
    """Choose a network, and give its password; above, why the last one was not joined."""
    yield TOP % ("", safe(device))
    if word is not None:
        french, english = TOLD.get(word, TOLD["failed"])
        name = safe(ssid)
        told = both(french.replace("%s", name), english.replace("%s", name))
        yield told.replace("<p>", "<p class=a role=alert>")
    yield both("À quel réseau Wi-Fi relier cette station ?", "Which Wi-Fi network should this station join?")
    yield "<form method=post action=/>"
    for name, dbm, security in networks:
        chosen = " disabled" if security == _ENTERPRISE else " checked" if name == ssid else ""
        more = "avec identifiant ✗ " if security == _ENTERPRISE else "" if security else "sans mot de passe "
        row = safe(name), chosen, safe(name), more + "●" * (1 + (dbm > -80) + (dbm > -65))
        yield '<label class=n><input type=radio name=s value="%s"%s>%s<small>%s</small></label>' % row
    yield "<p><label>Un autre nom<span lang=en>Another name</span><input name=o maxlength=32 autocapitalize=off autocorrect=off></label>"
    yield (
        "<p><label>Mot de passe<span lang=en>Password</span><input id=p name=p type=password maxlength=63 autocapitalize=off"
        " autocorrect=off></label><label><input type=checkbox onclick=\"p.type=checked?'text':'password'\"> le voir · show it</label>"
    )
    yield "<button>Relier · Connect</button></form>"
    yield "<p><a href='/?again'>Chercher encore · Search again</a><p><a href=/m>Changer de ville · Move to a town</a>"


def move(device: str):
    """Choose the file that a town has written; of its lines the one for this board is sent."""
    yield TOP % ("", safe(device))
    yield both(
        "Le fichier que la ville a écrit (passage.gir) :",
        "The file that the town has written (passage.gir):",
    )
    yield "<input type=file onchange=\"this.files[0].text().then(t=>fetch('/m',{method:'POST',body:JSON.stringify("
    yield "t.trim().split('\\n').map(l=>JSON.parse(l)).find(l=>l.device=='%s')||{})})).then(r=>r.text())" % device
    yield ".catch(()=>'✗').then(t=>o.textContent=t)\"><p><output id=o></output><p><a href=/>Wi-Fi</a>"


def moved(word: str | None) -> str:
    """What became of an order, in both languages."""
    if word is None:
        return "✔ La station redémarre et cherche la ville. · The station starts again and looks for the town."
    return (
        "✗ Cet ordre n’est pas pour cette station, ou il est ancien (%s) : demandez à la ville un nouveau fichier."
        " · This order is not for this station, or it is old: ask the town for a new file."
    ) % word


def trying(device: str, ssid: str, own: str):
    """It is being tried; the page asks again by itself."""
    yield TOP % ("<meta http-equiv=refresh content=4>", safe(device))
    name, own = safe(ssid), safe(own)
    yield both("La station essaie « %s »…" % name, "The station is trying “%s”…" % name)
    yield both(
        "Cette page se met à jour seule. Si le téléphone quitte le réseau %s, rejoignez-le." % own,
        "This page renews itself. Should the phone leave the network %s, join it again." % own,
    )


def joined(device: str, ssid: str, address: str | None):
    """It is done."""
    yield TOP % ("", safe(device))
    name = safe(ssid)
    yield both(
        "✔ C’est fait : la station est sur « %s ». Ce réseau-ci va se fermer ; le téléphone peut retourner sur le sien." % name,
        "Done: the station is on “%s”. This network is about to close; the phone may go back to its own." % name,
    )
    if address:
        link = safe(address)
        yield both("Ses mesures :", "Its measurements:") + '<p><a href="%s">%s</a>' % (link, link)
