"""Alembic starts here, with the connection that `hub.database.upgrade` made."""

from alembic import context

from hub.database.migrating import VERSION_TABLE
from hub.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    # SQLite changes a table by making it anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
