"""Alembic's entry: migrates the connection that it is given, inside the transaction that is open on it."""

from alembic import context

from gateway.registry.tables import METADATA, VERSIONS

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSIONS,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
