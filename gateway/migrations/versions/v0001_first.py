"""Pilots, places, devices with their channels and stages, installations, openings, series and their periods."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _table(name: str, *columns: sa.Column[object] | sa.UniqueConstraint) -> sa.Table:
    return op.create_table(f"registry_{name}", *columns, sqlite_autoincrement=True)


def _number(name: str = "id") -> sa.Column[object]:
    return sa.Column(name, sa.Integer, primary_key=True)


def _of(name: str, *, index: bool = False) -> sa.Column[object]:
    key = f"registry_{name}.id"
    kind = sa.String if name == "device" else sa.Integer
    return sa.Column(f"{name}_id", kind, sa.ForeignKey(key), nullable=False, index=index)


def _text(name: str, *, unique: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String, nullable=False, unique=unique)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _end(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger)


def _real(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Float, nullable=False)


def _truth(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def upgrade() -> None:
    """Make the tables of the first version, and the one row that counts changes."""
    counter = _table(
        "revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.bulk_insert(counter, [{"id": 1, "revision": 0}])
    _table(
        "pilot", _number(), _text("slug", unique=True), _text("name"), _text("timezone"), _text("licence"),
        _text("attribution"), _truth("demo"),
    )  # fmt: skip
    _table("place", _number(), _of("pilot"), _text("name"), _real("lat"), _real("lon"), _text("key", unique=True))
    _table(
        "device", _number("number"), _text("id", unique=True), _of("pilot"), _text("shard"), _text("recipe"),
        _real("period_s"), _text("stage"), _text("user"), _text("password_hash"), _time("added_s"),
    )  # fmt: skip
    _table(
        "channel", _number(), _of("device"), _text("channel"), _text("quantity"), _json("quality"),
        sa.UniqueConstraint("device_id", "channel"),
    )  # fmt: skip
    _table(
        "installation", _number(), _of("device", index=True), _of("place", index=True), _time("start_s"), _end("end_s")
    )
    _table("stage", _number(), _of("device", index=True), _time("at_s"), _text("stage"))
    _table(
        "opening", _number(), _of("installation", index=True), _time("start_s"), _end("end_s"),
        _truth("hidden"),
    )  # fmt: skip
    _table(
        "series", _number(), _of("place"), _text("channel"), _text("quantity"),
        _end("generated_until_s"), _json("recipe_quality"), _json("own_quality"),
        sa.UniqueConstraint("place_id", "channel"),
    )  # fmt: skip
    _table(
        "period", _number(), _of("series"), _time("from_s"), _real("period_s"),
        sa.UniqueConstraint("series_id", "from_s"),
    )  # fmt: skip
