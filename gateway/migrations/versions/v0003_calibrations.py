"""Calibrations: how the channels of devices are corrected, from when to when, and on what evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing is corrected until somebody says so."""
    op.create_table(
        "registry_calibration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device_id", sa.String, sa.ForeignKey("registry_device.id"), nullable=False, index=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("start_s", sa.BigInteger, nullable=False),
        sa.Column("end_s", sa.BigInteger),
        sa.Column("numbers", sa.JSON, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("added_s", sa.BigInteger, nullable=False),
        sa.Column("removed_s", sa.BigInteger),
        sqlite_autoincrement=True,
    )
