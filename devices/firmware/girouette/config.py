"""What the board is told, as it is used; loading.py reads it once at boot. The board decides nothing of it."""

from micropython import const

_LONGEST_KEEPALIVE_S = const(30)
"""A dead line is found out within this and ten seconds more; a line that was cut for 30 s would by itself take 24 s to go on."""
GOOD = "config.good"
"""A copy of the last configuration with which the gateway was reached."""


class Broker:
    """Where the board connects, and as whom."""

    def __init__(self, raw: dict):
        self.host: str = raw["host"]
        self.port: int = raw["port"]
        self.user: str = raw["user"]
        self.password: str = raw["password"]
        self.keepalive_s: int = max(2, min(_LONGEST_KEEPALIVE_S, raw.get("keepalive", _LONGEST_KEEPALIVE_S)))


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
        self.page: str | None = raw.get("page")
        """The address at which its measurements are seen."""
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
