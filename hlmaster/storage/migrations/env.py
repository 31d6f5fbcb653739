"""Where alembic starts: on the connection that ``storage.database.migrate`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from hlmaster.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
