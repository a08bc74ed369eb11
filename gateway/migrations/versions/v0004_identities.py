"""Identities: each device's unguessable link, when it expires unless it is heard, when it was revoked, and its groups."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; every device that is there gets a link, none expires, and none is revoked."""
    device = "registry_device"
    op.add_column(device, sa.Column("link", sa.String, nullable=False, server_default=""))
    op.add_column(device, sa.Column("expires_s", sa.BigInteger))
    op.add_column(device, sa.Column("revoked_s", sa.BigInteger))
    rows = sa.table(device, sa.column("number", sa.Integer), sa.column("link", sa.String))
    connection = op.get_bind()
    for number in connection.execute(sa.select(rows.c.number)).scalars().all():
        connection.execute(rows.update().where(rows.c.number == number).values(link=secrets.token_urlsafe(16)))
    op.create_index(f"ix_{device}_link", device, ["link"], unique=True)
    op.create_table(
        "registry_group",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device_id", sa.String, sa.ForeignKey("registry_device.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.UniqueConstraint("device_id", "name"),
        sqlite_autoincrement=True,
    )
