"""What the board is told, read and checked once at boot: `config.json`, and who it is. The board decides nothing of it."""

import json

import slots
from girouette.changes import changes

VERSION = 1
LONGEST_KEEPALIVE_S = 30
"""A dead line is found out within this and ten seconds more; a line that was cut for 30 s would by itself take 24 s to go on."""
GOOD = "config.good"
"""A copy of the last configuration with which the gateway was reached."""


class ConfigError(ValueError):
    """`config.json` cannot be used; the message says what to do."""

    led = rgb = None
    """The pins of the light by which the board asks for somebody, where they are known."""


class NoIdentity(ConfigError):
    """Nobody has said yet who this board is."""

    def __init__(self, raw: dict):
        super().__init__("this board has no identity yet: flash it with `girouette flash` or from the page /atelier")
        self.led, self.rgb = raw.get("led"), raw.get("rgb")


class Broker:
    """Where the board connects, and as whom."""

    def __init__(self, raw: dict):
        self.host: str = raw["host"]
        self.port: int = raw["port"]
        self.user: str = raw["user"]
        self.password: str = raw["password"]
        self.keepalive_s: int = max(2, min(LONGEST_KEEPALIVE_S, raw.get("keepalive", LONGEST_KEEPALIVE_S)))


class Channel:
    """One column of every sample: its name and unit on the wire, the driver's key, and how many decimals are sent."""

    def __init__(self, raw: dict):
        self.name: str = raw["n"]
        self.unit: str = raw["u"]
        self.key: str = raw["key"]
        self.digits: int = raw["digits"]


class Wiring:
    """One sensor: its driver, the bus it hangs on, the driver's options and the channels it feeds."""

    def __init__(self, raw: dict):
        self.driver: str = raw["driver"]
        self.bus: dict = raw["bus"]
        self.options: dict = raw.get("options") or {}
        self.channels: list[Channel] = [Channel(c) for c in raw["channels"]]


class Config:
    """Everything a board is told."""

    def __init__(self, raw: dict):
        self.device: str = raw["device"]
        self.topic: str = raw["topic"]
        self.base_name: str = raw["bn"]
        self.broker = Broker(raw["broker"])
        self.anchors: list[str] = raw.get("anchors") or []
        """Files of the authorities that the broker's certificate may come from; without any the line is not encrypted."""
        self.trusted_since: int = raw.get("trusted_since", 0)
        """From when on the newest of them exists: no date before that is true."""
        self.tls_name: str | None = raw.get("tls_name")
        self.tls_port: int | None = raw.get("tls_port")
        self.networks: list[dict] = raw.get("wifi") or []
        self.ntp: str | None = raw.get("ntp")
        self.recipe: str = raw["recipe"]
        self.firmware: str = raw["firmware"]
        self.period_s: int = raw["period_s"]
        self.sensors: list[Wiring] = [Wiring(s) for s in raw["sensors"]]
        self.led: int | None = raw.get("led")
        self.update_key: str | None = raw.get("update_key")
        self.rgb: int | None = raw.get("rgb")
        self.batch: int = raw.get("batch", 0)
        """On a battery: so many samples a transmission; 0 is a board that stays awake."""
        self.watchdog_s: int = raw.get("wdt_s", 30)
        self.spool_bytes: int = raw.get("spool_bytes", 524288)

    @property
    def channels(self) -> list[Channel]:
        """All channels, in the order in which a sample's values are kept."""
        return [c for s in self.sensors for c in s.channels]


def load_config(path: str = "config.json") -> Config:
    """Read the configuration, or raise ConfigError with a sentence that says what to do."""
    try:
        with open(path) as file:
            raw = json.load(file)
    except (OSError, ValueError) as error:
        raise ConfigError("%s cannot be read (%s): flash the board again" % (path, error))
    if not isinstance(raw, dict):
        raise ConfigError("%s is no table of settings: flash the board again" % path)
    if raw.get("v") != VERSION:
        raise ConfigError("%s is of version %s, this firmware reads %d: flash again" % (path, raw.get("v"), VERSION))
    try:
        be_someone(raw)
        raw.update(changes())
        config = Config(raw)
    except (LookupError, TypeError, AttributeError) as error:
        raise ConfigError("%s lacks %s: flash the board again" % (path, error))
    if config.period_s < 1:
        raise ConfigError("%s: period_s is %s, at least 1 is needed" % (path, config.period_s))
    return config


def be_someone(raw: dict) -> None:
    """Add who this board is, and the networks that it knows, but what an update has set (`set`)."""
    from girouette.settings import setting

    stays = raw.get("set") or ()
    try:
        told, networks = setting("identity") or {}, setting("wifi")
    except (OSError, ValueError) as error:
        raise ConfigError("NVS cannot be read (%s): flash the board again" % error)
    finally:
        slots.unload("girouette.settings")
    if networks is not None:
        told["wifi"] = networks
    for name in told:
        if name not in stays:
            raw[name] = told[name]
    if "device" not in raw:
        raise NoIdentity(raw)


def usable_config(path: str) -> Config:
    """The configuration, or the last good one where it is spoilt; that of a version on trial has to be sound itself."""
    try:
        return load_config(path)
    except ConfigError as error:
        if slots.trial or isinstance(error, NoIdentity):
            raise
        print("# config:", error)
        return load_config(GOOD)
