"""The registry's tables as the newest migration leaves them (gateway/migrations makes them)."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
VERSIONS = "registry_version"
"""Where alembic keeps the name of the newest migration."""


def _table(name: str, *columns: Column[object] | UniqueConstraint) -> Table:
    """A table whose numbers are never given twice, not even after rows are gone."""
    return Table(f"registry_{name}", METADATA, *columns, sqlite_autoincrement=True)


REVISION = _table(
    "revision",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", Integer, nullable=False),
)
"""One row: goes up with every change of any table."""

PILOT = _table(
    "pilot",
    Column("id", Integer, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("timezone", String, nullable=False),
    Column("licence", String, nullable=False),
    Column("attribution", String, nullable=False),
    Column("demo", Boolean, nullable=False),
)

PLACE = _table(
    "place",
    Column("id", Integer, primary_key=True),
    Column("pilot_id", Integer, ForeignKey("registry_pilot.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("lat", Float, nullable=False),
    Column("lon", Float, nullable=False),
    Column("key", String, nullable=False, unique=True),
)

DEVICE = _table(
    "device",
    Column("number", Integer, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("pilot_id", Integer, ForeignKey("registry_pilot.id"), nullable=False),
    Column("shard", String, nullable=False),
    Column("recipe", String, nullable=False),
    Column("period_s", Float, nullable=False),
    Column("stage", String, nullable=False),
    Column("user", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("added_s", BigInteger, nullable=False),
    Column("update_key", String, nullable=False, server_default=""),
    Column("update_serial", BigInteger, nullable=False, server_default="0"),
    Column("firmware", String, nullable=False, server_default=""),
    Column("link", String, nullable=False, server_default="", index=True, unique=True),
    Column("expires_s", BigInteger),
    Column("revoked_s", BigInteger),
)
"""A retired device keeps its row: that is its tombstone."""

GROUP = _table(
    "group",
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("registry_device.id"), nullable=False),
    Column("name", String, nullable=False),
    UniqueConstraint("device_id", "name"),
)
"""The groups that a device is in: any number of names, which are there as long as a device is in them."""

CHANNEL = _table(
    "channel",
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("registry_device.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("quantity", String, nullable=False),
    Column("quality", JSON, nullable=False),
    UniqueConstraint("device_id", "channel"),
)
"""What a device measures, with the thresholds of its recipe: wherever it is moved, it takes them along."""

INSTALLATION = _table(
    "installation",
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("registry_device.id"), nullable=False, index=True),
    Column("place_id", Integer, ForeignKey("registry_place.id"), nullable=False, index=True),
    Column("start_s", BigInteger, nullable=False),
    Column("end_s", BigInteger),
)

STAGE = _table(
    "stage",
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("registry_device.id"), nullable=False, index=True),
    Column("at_s", BigInteger, nullable=False),
    Column("stage", String, nullable=False),
)
"""Every change of stage, with the time it was said to hold from."""

OPENING = _table(
    "opening",
    Column("id", Integer, primary_key=True),
    Column("installation_id", Integer, ForeignKey("registry_installation.id"), nullable=False, index=True),
    Column("start_s", BigInteger, nullable=False),
    Column("end_s", BigInteger),
    Column("hidden", Boolean, nullable=False),
)
"""An interval in which an installed device was public; hidden when the device left `public` while it stood there."""

SERIES = _table(
    "series",
    Column("id", Integer, primary_key=True),
    Column("place_id", Integer, ForeignKey("registry_place.id"), nullable=False),
    Column("channel", String, nullable=False),
    Column("quantity", String, nullable=False),
    Column("generated_until_s", BigInteger),
    Column("recipe_quality", JSON, nullable=False),
    Column("own_quality", JSON, nullable=False),
    UniqueConstraint("place_id", "channel"),
)

PERIOD = _table(
    "period",
    Column("id", Integer, primary_key=True),
    Column("series_id", Integer, ForeignKey("registry_series.id"), nullable=False),
    Column("from_s", BigInteger, nullable=False),
    Column("period_s", Float, nullable=False),
    UniqueConstraint("series_id", "from_s"),
)
"""From when on a series is expected to have a reading every period."""

UPDATE = _table(
    "update",
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("registry_device.id"), nullable=False, index=True),
    Column("at_s", BigInteger, nullable=False),
    Column("version", String, nullable=False),
    Column("end", String, nullable=False),
    Column("why", String, nullable=False),
)
"""What became of each new version that a device was given: kept, back, refused or silent, and the device's own word."""

CALIBRATION = _table(
    "calibration",
    Column("id", Integer, primary_key=True),
    Column("device_id", String, ForeignKey("registry_device.id"), nullable=False, index=True),
    Column("channel", String, nullable=False),
    Column("method", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("start_s", BigInteger, nullable=False),
    Column("end_s", BigInteger),
    Column("numbers", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("added_s", BigInteger, nullable=False),
    Column("removed_s", BigInteger),
)
"""How a channel of a device is corrected in [start_s, end_s); what was taken back keeps its row and its number."""
