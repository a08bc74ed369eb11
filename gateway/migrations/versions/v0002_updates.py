"""Updates: each device's key for them, the number of its last order, the firmware it was heard with, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what updates need; devices that were registered before have no key, and take none over the air until they do."""
    for column in (
        sa.Column("update_key", sa.String, nullable=False, server_default=""),
        sa.Column("update_serial", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("firmware", sa.String, nullable=False, server_default=""),
    ):
        op.add_column("registry_device", column)
    op.create_table(
        "registry_update",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("device_id", sa.String, sa.ForeignKey("registry_device.id"), nullable=False, index=True),
        sa.Column("at_s", sa.BigInteger, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("end", sa.String, nullable=False),
        sa.Column("why", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
